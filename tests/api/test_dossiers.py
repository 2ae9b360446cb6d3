"""Dossiers over HTTP: packed as the command line packs them, and checked in a process of their own."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from limits import parse

from api.app import create_app
from api.context import AppContext, open_context
from api.settings import ApiSettings
from audit.dossier.packing import unpacked
from audit.dossier.persons import CannotWithhold
from audit.verification.record import events_in
from audit.verification.verify import Trusted, failed, verify
from configuration.log_key import signer_there
from starter.dossier_checks import DossierChecks, TooMuch
from starter.tokens import Issuer
from tests.api.callers import People
from tests.audit.devices import named_in
from tests.audit.logs import LOG_KEY, MemoryLog
from tests.audit.test_withholding import everything_in

CHECK = "/v1/audit/verify"
ZIP = {"Content-Type": "application/zip"}


@pytest.fixture(scope="module")
async def dossier(people: People) -> bytes:
    """The dossier of a case, as the API packs it."""
    request_id = await people.file()
    before = (await people.get("auditor", f"/v1/requests/{request_id}/events")).json()
    answer = await people.get("auditor", f"/v1/audit/cases/{request_id}/dossier?checkpoint=1")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip"), answer.text
    assert answer.headers["content-disposition"] == f'attachment; filename="{request_id}.zip"'
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert unpacked(io.BytesIO(answer.content)).manifest.request_id == request_id
    assert (await people.get("auditor", f"/v1/requests/{request_id}/events")).json() == before
    return answer.content


def forged(dossier: bytes) -> bytes:
    """Somebody else has accepted it, and whoever forges has packed it anew."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(dossier)) as there, zipfile.ZipFile(made, "w") as other:
        for name in there.namelist():
            content = there.read(name)
            other.writestr(name, content.replace(b"filed", b"filled") if name == "events.jsonl" else content)
    return made.getvalue()


async def check(people: People, content: bytes, **headers: str) -> httpx.Response:
    return await people.api.post(CHECK, content=content, headers={**people.headers["auditor"], **ZIP, **headers})


async def check_form(people: People, **files: Any) -> httpx.Response:
    return await people.api.post(CHECK, files=files, headers=people.headers["auditor"])


async def test_a_dossier_is_packed_and_checked(people: People, dossier: bytes) -> None:
    answer = await check(people, dossier)
    assert answer.status_code == 200, answer.text
    here = await asyncio.to_thread(lambda: verify(unpacked(io.BytesIO(dossier))))
    assert answer.json() == [each.model_dump(mode="json") for each in here]
    assert not failed(here)


async def test_one_without_persons_names_nobody_and_holds(people: People, dossier: bytes) -> None:
    whole = unpacked(io.BytesIO(dossier))
    names = {event.actor.person for event in events_in(whole) if event.actor.person}
    assert names
    there = everything_in(dossier)
    assert all(name in there for name in names), "the search finds names where there are some"
    address = f"/v1/audit/cases/{whole.manifest.request_id}/dossier"
    answer = await people.get("auditor", f"{address}?without_persons=true&checkpoint=1")
    assert answer.status_code == 200, answer.text
    rest = everything_in(answer.content)
    assert not [name for name in names if name in rest]
    without = unpacked(io.BytesIO(answer.content))
    assert (without.manifest.withheld, without.papers) == (("persons",), {})
    assert not failed(await asyncio.to_thread(lambda: verify(without)))
    assert unpacked(io.BytesIO((await people.get("auditor", address)).content)).manifest.withheld is None


async def test_persons_that_cannot_be_left_out_are_told_in_one_sentence(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(name: str, _content: bytes) -> Any:
        raise CannotWithhold(f"{name} is no JSON.")

    monkeypatch.setattr("audit.withholding.read_history", unreadable)
    address = f"/v1/audit/cases/{await people.file()}/dossier"
    for language, title in (("zh", "不能隐去个人信息"), ("en", "persons cannot be left out of its dossier")):
        answer = await people.get("auditor", f"{address}?without_persons=true", **{"Accept-Language": language})
        assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
        assert answer.json()["code"] == "persons_stay"
        assert title in answer.json()["title"]
    assert (await people.get("auditor", address)).status_code == 200


async def test_where_the_device_that_seals_is_away_nothing_goes_out_unsealed(
    people: People, dossier: bytes, context: AppContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address = f"/v1/audit/cases/{unpacked(io.BytesIO(dossier)).manifest.request_id}/dossier"
    monkeypatch.setattr(context, "signer", signer_there(named_in(tmp_path / "device.key", "/no/such/program")))
    answer = await people.get("auditor", address)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable"), answer.text
    monkeypatch.setattr(context, "signer", LOG_KEY)
    sealed = unpacked(io.BytesIO((await people.get("auditor", address)).content))
    assert (await asyncio.to_thread(lambda: verify(sealed, Trusted([LOG_KEY.key]))))[-1].result == "ok"


async def test_a_forged_one_is_found_out_with_what_the_auditor_trusts(people: People, dossier: bytes) -> None:
    answer = await check_form(
        people,
        dossier=forged(dossier),
        key=LOG_KEY.key.written().encode(),
        checkpoint=MemoryLog().checkpoint().encode(),
    )
    assert answer.status_code == 200, answer.text
    found = {each["check"]: each["result"] for each in answer.json()}
    assert (found["structure"], found["digests"], found["seal"]) == ("ok", "FAIL", "FAIL"), found


async def test_what_is_no_dossier_is_told_in_one_sentence(people: People, dossier: bytes) -> None:
    for content in (b"", b"%PDF-1.7", dossier[: len(dossier) // 2], packed_alone("evil.txt")):
        answer = await check(people, content)
        assert (answer.status_code, answer.json()["code"]) == (422, "dossier_unusable"), answer.text
        assert answer.json()["detail"].count(".") >= 1
    path_up = await check(people, packed_alone("../evil.txt"))
    assert "which no dossier has" in path_up.json()["detail"]


def packed_alone(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as other:
        other.writestr(name, b"x")
    return made.getvalue()


async def test_a_call_that_cannot_be_is_told_what_is_wrong(people: People, dossier: bytes) -> None:
    other = await check(people, dossier, **{"Content-Type": "application/json"})
    assert (other.status_code, other.json()["code"]) == (415, "wrong_type")
    for files, field in (
        ({"key": b"x"}, "dossier"),
        ({"dossier": b""}, "dossier"),
        ({"dossier": b"x", "key": b"x"}, "key"),
        ({"dossier": b"x", "key": b"\xff"}, "key"),
        ({"dossier": b"x", "checkpoint": b"x" * (1 << 20) + b"x"}, "checkpoint"),
        ({"dossier": b"x", "checkpoint": b"not a checkpoint"}, "checkpoint"),
        ({"dossier": b"x", "more": b"x"}, "more"),
    ):
        answer = await check_form(people, **files)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
        assert [each["path"] for each in answer.json()["errors"]] == [field]
        assert not re.search("[a-z] [a-z]", answer.json()["errors"][0]["reason"]), "Chinese is asked for"
    twice = [("dossier", b"x"), ("dossier", b"x")]
    answer = await people.api.post(CHECK, files=twice, headers=people.headers["auditor"])
    assert [each["path"] for each in answer.json()["errors"]] == ["dossier"]


async def test_one_that_is_too_large_is_given_up(
    people: People, context: AppContext, dossier: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(vars(context.settings), "dossier_limit", len(dossier) - 1)

    async def piece_by_piece() -> Any:
        for start in range(0, len(dossier), 1000):
            yield dossier[start : start + 1000]

    for content in (dossier, piece_by_piece()):
        answer = await check(people, content)
        assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


async def test_one_is_checked_at_a_time_and_others_are_answered_meanwhile(people: People, dossier: bytes) -> None:
    first = asyncio.create_task(check(people, dossier))
    await asyncio.sleep(0)
    refused = (await asyncio.gather(*(check(people, dossier) for _ in range(3))))[1]
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")
    assert (await people.get("auditor", "/v1/statutes")).status_code == 200
    assert not first.done()
    assert (await first).status_code == 200


async def test_checking_ends_with_its_time(dossier: bytes, tmp_path: Path) -> None:
    file = tmp_path / "case.zip"
    file.write_bytes(dossier)
    checks = DossierChecks(patience=0.01)
    for _ in range(2):  # nothing is left of the first that would be in the way
        with pytest.raises(TooMuch):
            await checks.check(file, (), None)


async def test_a_case_that_is_not_there_has_no_dossier(people: People) -> None:
    answer = await people.get("auditor", "/v1/audit/cases/NANTONG-NONE/dossier")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


PAGE = "/audit/verify"


@pytest.fixture
async def page(context: AppContext, issuer: Issuer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A door to the same engine that serves the page, twice a minute."""
    settings = ApiSettings(verify_page=parse("2/minute"), public_url="https://share.example/engine")
    async with open_context(context.client, settings, issuer, tmp_path) as other:
        transport = httpx.ASGITransport(create_app(other), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://shareflow") as door:
            yield door


async def test_a_page_checks_what_is_dropped_without_a_script(page: httpx.AsyncClient, dossier: bytes) -> None:
    empty = await page.get(PAGE)
    assert (empty.status_code, empty.headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = empty.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for address in (f'action="/engine{PAGE}"', f'href="/engine{PAGE}.css"'):
        assert address in empty.text
    assert (await page.get(f"{PAGE}.css")).headers["content-type"].startswith("text/css")
    assert "<script" not in empty.text
    assert "style=" not in empty.text

    # What browsers send for a field that was left empty.
    left_empty = {name: ("", b"", "application/octet-stream") for name in ("key", "checkpoint")}
    told = await page.post(PAGE, files={"dossier": ("a.zip", forged(dossier)), **left_empty})
    all_checks = await asyncio.to_thread(lambda: verify(unpacked(io.BytesIO(dossier))))
    assert (told.status_code, told.text.count("<tr class=")) == (200, len(all_checks))
    assert '<tr class="FAIL"><th scope="row">digests</th>' in told.text
    evil = await page.post(PAGE, files={"dossier": ("a.zip", packed_alone("../<b>x"))})
    assert (evil.status_code, "<b>" in evil.text, "&lt;b&gt;x" in evil.text) == (422, False, True), evil.text
    often = await page.post(PAGE, files={"dossier": ("a.zip", dossier)})
    assert (often.status_code, often.headers["retry-after"]) == (429, "60")


async def test_there_is_no_page_unless_the_operator_wants_one(people: People) -> None:
    for answer in (
        await people.api.get(PAGE),
        await people.api.get(f"{PAGE}.css"),
        await people.api.post(PAGE, files={"dossier": b"x"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
