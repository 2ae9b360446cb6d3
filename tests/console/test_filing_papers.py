"""Papers that are chosen in the form of a filing, without a script: kept once, and never chosen twice."""

import hashlib
import re
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from api.app import create_app
from api.context import AppContext
from console.app import add_console
from console.filing_papers import CHOOSERS, MOST
from domain.messages import label
from domain.words import Role
from ledger.tables import attachments
from starter.attachments.folder import FolderStore
from tests.console.conftest import Enter, Person
from tests.console.test_case_filing import FILLED, form_of
from tests.documents.papers import pdf, png
from tests.engine.cases import REQUESTER

AT_MOST = 50_000
SEALED, OTHER = CHOOSERS


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> FolderStore:
    return FolderStore(tmp_path_factory.mktemp("papers"), AT_MOST)


@pytest.fixture(scope="module")
async def requester(context: AppContext, store: FolderStore, enter: Enter) -> AsyncIterator[Person]:
    """A requester before the form of a door whose store takes small papers."""
    small = replace(context, attachments=store)
    app = create_app(small)
    add_console(app, small, demonstration=True)
    headers = (await enter(Role.REQUESTER, REQUESTER)).headers
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1:8080") as client:
        person = Person(client, "")
        person.headers = headers
        yield person


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def kept(store: FolderStore) -> list[Path]:
    return [path for path in store.folder.rglob("*") if path.is_file()]


def told(page: httpx.Response) -> str:
    return page.text.partition('role="alert"')[2].partition("</div>")[0]


def typed_rows(page: httpx.Response) -> dict[str, str]:
    """What stands in the rows of papers, and which are ticked as sealed."""
    rows = dict(re.findall(r'name="(documents\.\d+\.(?:name|sha256))" value="([^"]+)"', page.text))
    return rows | dict.fromkeys(re.findall(r'name="(documents\.\d+\.sealed)" value="true" checked', page.text), "true")


async def test_papers_that_were_chosen_are_kept_through_a_complaint_and_filed_once(
    requester: Person, store: FolderStore, context: AppContext
) -> None:
    form, before = {**await form_of(requester), **FILLED, "purpose": ""}, len(kept(store))
    sheet, plan = pdf(uuid.uuid4().hex), png(uuid.uuid4().bytes)
    chosen = ((SEALED, "申请表.pdf", sheet), (OTHER, "方案.png", plan))
    back = await requester.choose("/file", form, *chosen)
    assert back.status_code == 422
    rows = typed_rows(back)
    assert rows == {
        "documents.0.name": "申请表.pdf",
        "documents.0.sha256": digest(sheet),
        "documents.0.sealed": "true",
        "documents.1.name": "方案.png",
        "documents.1.sha256": digest(plan),
    }
    assert label("console", "papers_here", "zh") in back.text
    # Whoever chooses one again none the less has it there once; so has whoever presses the button again.
    mended = {**form, **rows, "purpose": "用途", **await form_of(requester)}
    answers = [await requester.choose("/file", mended, chosen[1]) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [303, 303], answers[0].text
    (case,) = {answer.headers["location"].removesuffix("?done=1") for answer in answers}
    assert len(kept(store)) == before + 2
    for content in (sheet, plan):
        assert f'href="{case}/attachments/{digest(content)}"' in (await requester.get(case)).text
        assert (await requester.get(f"{case}/attachments/{digest(content)}")).content == content
    noted = select(func.count()).where(attachments.c.sha256.in_([digest(sheet), digest(plan)]))
    with context.reader.engine.connect() as connection:
        assert connection.execute(noted).scalar_one() == 2


async def test_what_is_not_taken_is_told_by_its_name_and_nothing_is_filed(
    requester: Person, store: FolderStore
) -> None:
    form, good, before = {**await form_of(requester), **FILLED}, pdf(uuid.uuid4().hex), len(kept(store))
    back = await requester.choose(
        "/file",
        form,
        (OTHER, "空.pdf", b""),
        (OTHER, "程序.exe", b"MZ\0\0"),
        (OTHER, "大.pdf", pdf("x" * AT_MOST)),
        (OTHER, "好.pdf", good),
    )
    assert back.status_code == 422
    for name, why in (
        ("空.pdf", label("attachment", "empty", "zh")),
        ("程序.exe", label("attachment", "unknown_type", "zh")),
        ("大.pdf", label("console", "paper_too_large", "zh").format(size="48.83 KB")),
    ):
        assert label("console", "paper_not_taken", "zh").format(name=name, reason=why) in told(back)
    assert "好.pdf" not in told(back)
    assert len(kept(store)) == before + 1
    assert digest(good) in typed_rows(back).values()
    more = await requester.choose("/file/form", {**form, **typed_rows(back), "more": "documents"})
    assert (more.status_code, digest(good) in typed_rows(more).values()) == (200, True)


async def test_too_many_or_far_too_large_are_not_taken_and_what_was_typed_stays(
    requester: Person, store: FolderStore
) -> None:
    form, before = {**await form_of(requester), **FILLED}, len(kept(store))
    many = [(OTHER, f"{number}.pdf", pdf(str(number))) for number in range(MOST + 1)]
    most = label("console", "papers_too_many", "zh").format(most=MOST)
    large = label("console", "papers_too_large", "zh").format(size="146.5 KB")
    for files, sentence in ((many, most), ([(SEALED, "大.pdf", b"x" * 2_000_000)], large)):
        back = await requester.choose("/file", form, *files)
        assert (back.status_code, sentence in told(back)) == (422, True), back.text
        assert 'value="常住人口&lt;b&gt;"' in back.text
    assert (await requester.choose("/file", form, (SEALED, "大.pdf", b"x" * 10_000_000))).status_code == 413
    assert len(kept(store)) == before


async def test_nothing_is_kept_for_a_form_of_another_session(requester: Person, store: FolderStore) -> None:
    before = len(kept(store))
    foreign = await requester.choose("/file", {**FILLED, "csrf_token": "x"}, (OTHER, "a.pdf", pdf("foreign")))
    assert (foreign.status_code, len(kept(store))) == (403, before)
    assert "低保资格核验" in foreign.text  # what was typed can be copied
