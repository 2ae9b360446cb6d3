"""核验卷宗 within the console: in its frame, in the reader's language, for whoever is signed in or not."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from limits import parse

from api.app import create_app
from api.context import AppContext
from audit.verification.results import CheckResult
from console.app import add_console
from console.door import LANGUAGE
from console.dossier_said import altered_event, finding_said
from console.verify import BROUGHT
from domain.messages import label, words
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.api.test_dossiers import PAGE, forged
from tests.console.conftest import THE_SCRIPT, Enter

LEFT_EMPTY = {name: ("", b"", "application/octet-stream") for name in BROUGHT[1:]}
"""What browsers send for a field that was left empty."""


@pytest.fixture(scope="module")
async def dossier(api: httpx.AsyncClient, bearer: Bearer) -> bytes:
    """The dossier of a case that was just filed."""
    people = People(api, bearer)
    return (await people.get("auditor", f"/v1/audit/cases/{await people.file()}/dossier")).content


@pytest.fixture(scope="module")
async def desk(context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """The console where the operator wants the page, four times a minute."""
    over_it = replace(context, settings=replace(context.settings, verify_page=parse("4/minute")))
    app = create_app(over_it)
    add_console(app, over_it, demonstration=True)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        yield client


async def test_a_dossier_is_checked_within_the_frame(desk: httpx.AsyncClient, dossier: bytes, enter: Enter) -> None:
    auditor = (await enter(Role.AUDITOR)).headers
    empty = await desk.get(PAGE, headers=auditor)
    assert (empty.status_code, empty.text.count('aria-current="page"')) == (200, 2)  # in the menu and among the tabs
    assert THE_SCRIPT in empty.text
    assert 'data-sends="dossier"' in empty.text
    assert label("verify_page", "submit", "zh") in empty.text  # the button, where no script runs
    assert "unsafe" not in empty.headers["content-security-policy"]
    told = await desk.post(PAGE, files={"dossier": ("a.zip", forged(dossier)), **LEFT_EMPTY}, headers=auditor)
    assert told.status_code == 200
    assert 'data-conclusion="fails"' in told.text.partition('class="wrong"')[2].partition(">")[0]
    assert told.text.index('data-result="FAIL"') < told.text.index("<details") < told.text.index('data-result="ok"')
    assert label("verify_page", "refuted", "zh") in told.text
    assert "不是当时打包的文件" in told.text
    assert set(re.findall(r"<code|--\w+|changshu-\d+", told.text)) == set()
    for check, means in words("audit_check_means").items():
        assert (f'data-check="{check}"' in told.text) <= (f"核对：{means['zh']}<" in told.text)
    assert words("audit_check_means").keys() == words("audit_check").keys()
    english = {"Cookie": f"{LANGUAGE}=en"}
    held = await desk.post(PAGE, files={"dossier": ("a.zip", dossier)}, headers=english)
    assert label("verify_page", "holds", "en") in held.text
    assert '<nav class="menu"' not in held.text  # nobody is signed in
    wrong = await desk.post(PAGE, files={"dossier": ("a.zip", b"no zip <b>")}, headers=auditor)
    assert (wrong.status_code, 'role="alert"' in wrong.text) == (422, True)
    assert label("problem", "dossier_unusable", "zh") in wrong.text
    assert "这不是可以读取的 zip 文件。" in wrong.text
    empty = await desk.post(PAGE, files={"dossier": ("a.zip", b""), **LEFT_EMPTY}, headers=auditor)
    assert f"{label('verify_page', 'dossier', 'zh')}：{label('brought_dossier', 'empty', 'zh')}" in empty.text
    often = await desk.post(PAGE, files={"dossier": ("a.zip", dossier)}, headers=auditor)
    assert (often.status_code, often.headers["retry-after"]) == (429, "60")


def test_what_was_found_is_told_in_the_words_of_the_page() -> None:
    data = {name: json.dumps({"reason": f"涉及{name}"}, ensure_ascii=False) for name in ("商业秘密", "个人信息")}
    ledger = CheckResult(
        check="ledger",
        result="FAIL",
        detail="event 4: the ledger says of data: {}; the history gives: {}".format(*data.values()),
    )
    said = "第4号事件：台账的所述内容为 理由：涉及商业秘密；历史得出 理由：涉及个人信息"
    assert finding_said(ledger, "zh") == said
    key = CheckResult(check="signature", result="skipped", detail="no key was given: --key FILE")
    assert [finding_said(key, each) for each in ("zh", "en")] == ["未提供公钥", "no key was given"]
    chain = CheckResult(check="chain", result="FAIL", detail="Event 4: its content does not match its digest")
    assert (altered_event([key, ledger, chain]), altered_event([ledger])) == (4, None)


async def test_there_is_none_unless_the_operator_wants_one(enter: Enter) -> None:
    assert (await (await enter(Role.AUDITOR)).get(PAGE)).status_code == 404
