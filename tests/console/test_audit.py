"""审计, over HTTP: a case stepped event by event, two instants compared, findings as files, checkpoints and acts."""

import io
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from time import time
from typing import Any

import httpx
import pytest
from limits import parse

from api.context import AppContext
from audit.findings.texts import COLUMNS, headings
from domain.log.acts import Acting, ActKind, NewAct
from domain.log.checkpoints import Checkpoint
from domain.log.keys import Ed25519Signer, Witness
from domain.log.notes import NoteSignature
from domain.messages import label
from domain.words import Role
from ledger.queries.log import KeptCheckpoint
from tests.api.callers import Bearer, People
from tests.console.conftest import THE_SCRIPT, Enter, Person
from tests.engine.cases import PROVIDER, application

PAGES = ("/audit", "/audit/findings", "/audit/checkpoints", "/audit/acts")


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="module")
async def request_id(people: People) -> str:
    """A case that was accepted, and refused by the provider for a reason with markup."""
    request_id = await people.file()
    for who, command, said in (
        ("bureau", "accept", {}),
        ("provider", "refuse", {"reason": "<b>不符</b>", "legal_basis": "条例第二十条"}),
    ):
        answer = await people.give(who, request_id, command, **said)
        assert answer.status_code == 200, answer.text
    return request_id


@pytest.fixture(scope="module")
async def events(people: People, request_id: str) -> list[dict[str, Any]]:
    return list((await people.get("auditor", f"/v1/requests/{request_id}/events")).json()["items"])


@pytest.fixture(scope="module")
async def auditor(enter: Enter) -> Person:
    return await enter(Role.AUDITOR)


async def test_all_of_it_is_for_auditors_alone(enter: Enter, request_id: str) -> None:
    below = (f"/audit/cases/{request_id}", f"/audit/cases/{request_id}/dossier")
    files = ("/audit/findings.csv", "/audit/findings.xlsx", "/audit/log/ocel")
    for other in (await enter(Role.BUREAU, "bureau"), await enter(Role.OPERATOR), await enter(Role.PROVIDER, PROVIDER)):
        for path in (*PAGES, *below, *files):
            assert (await other.get(path)).status_code == 403, path
        assert 'href="/audit"' not in (await other.get("/desk")).text


async def test_every_page_has_its_heading_and_no_script_of_its_own(auditor: Person, request_id: str) -> None:
    for path in (*PAGES, f"/audit/cases/{request_id}"):
        page = await auditor.get(path)
        assert page.status_code == 200, path
        assert page.text.count("<h1>") == 1
        assert "style=" not in page.text
        assert "<script" not in page.text.replace(THE_SCRIPT, "")


async def test_a_case_is_found_by_its_id_and_by_its_department(auditor: Person, request_id: str) -> None:
    assert (await auditor.get(f"/audit?case=+{request_id}+")).headers["location"] == f"/audit/cases/{request_id}"
    listed = (await auditor.get(f"/audit?department={PROVIDER}")).text
    assert f"<bdi>{application().resource.name}</bdi> <small>{request_id}</small>" in listed
    assert f"/audit/cases/{request_id}" not in (await auditor.get("/audit?to=2020-01-01")).text
    assert (await auditor.get("/audit/cases/NANTONG-NONE")).status_code == 404


@pytest.mark.parametrize(
    "query", ["from=2026-02-02&to=2026-02-01", "from=yesterday", "department=%3Cb%3E", "statute=nowhere-2020"]
)
async def test_what_cannot_be_chosen_is_told_and_what_was_typed_kept(auditor: Person, query: str) -> None:
    for path in ("/audit", "/audit/findings"):
        page = await auditor.get(f"{path}?{query}")
        assert page.status_code == 422
        assert 'role="alert"' in page.text
    assert (await auditor.get(f"/audit/findings.csv?{query}")).status_code == 422


async def test_every_page_of_an_audit_leads_to_the_check_of_dossiers(
    auditor: Person, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(context, "settings", replace(context.settings, verify_page=parse("3/minute")))
    for path in PAGES:
        assert 'href="/audit/verify"' in (await auditor.get(path)).text, path


async def test_a_case_is_stepped_event_by_event(
    auditor: Person, people: People, request_id: str, events: list[dict[str, Any]]
) -> None:
    path = f"/audit/cases/{request_id}"
    for event in events:
        page = (await auditor.get(f"{path}?event={event['seq']}")).text
        assert re.search(f'type="range"[^>]*max="{len(events)}" value="{event["seq"]}"', page)
        [step] = re.findall(f'<option value="{event["seq"]}" label="([^"]*)">', page)
        assert f'<output id="step" for="event">{step}</output>' in page
        assert page.count("<time ") == event["seq"]
        assert (f'href="{path}?event={event["seq"] + 1}"' in page) is (event["seq"] < len(events))
        told = (await people.get("auditor", f"/v1{path}/replay?event={event['seq']}")).json()
        assert told["events"] == events[: event["seq"]]
        assert f">{told['stage_label']}<" in page
    first = (await auditor.get(f"{path}?event=1")).text
    assert f"{label('console', 'audit_replay', 'zh')}：<bdi>{application().resource.name}</bdi>" in first
    assert label("role", "bureau", "zh") in first.partition(label("console", "audit_held_by", "zh"))[2]
    assert "<b>不符" not in (await auditor.get(path)).text
    begun = next(each for each in events if each["type"] == "clock_started")
    told = (await auditor.get(path)).text.partition('<ol class="timeline">')[2].split("<li")[begun["seq"]]
    assert f"</b> {label('clock', 'completeness_check', 'zh')} " in told
    assert '<dd><p class="own"><bdi>条例第二十条</bdi></p>' in unescape((await auditor.get(path)).text)
    assert "&lt;b&gt;不符" in (await auditor.get(path)).text
    assert (await people.get("auditor", f"/v1{path}/replay?event={len(events) + 1}")).status_code == 404


async def test_a_case_at_an_instant_and_two_instants_compared(
    auditor: Person, context: AppContext, request_id: str, events: list[dict[str, Any]]
) -> None:
    path = f"/audit/cases/{request_id}"
    at = httpx.QueryParams({"at": events[0]["at"]})
    assert label("stage", "completeness_check", "zh") in (await auditor.get(f"{path}?{at}")).text
    both = httpx.QueryParams({"from": events[0]["at"], "to": events[-1]["at"]})
    compared = (await auditor.get(f"{path}?{both}")).text.partition('id="difference"')[2]
    assert label("console", "audit_gained", "zh") in compared
    assert label("event", "forwarded", "zh") in compared
    early = (context.known_on() - timedelta(days=4000)).strftime("%Y-%m-%dT%H:%M")
    for wrong in (f"at={early}", "at=noon", "event=0", "event=99999999999999", "from=x", f"from={early}&to={early}"):
        page = await auditor.get(f"{path}?{wrong}")
        assert page.status_code == 422, wrong
        assert 'role="alert"' in page.text


async def test_findings_and_logs_are_files_of_the_chosen_cases(auditor: Person, people: People) -> None:
    book = await auditor.get(f"/audit/findings.xlsx?department={PROVIDER}")
    assert zipfile.ZipFile(io.BytesIO(book.content)).testzip() is None
    api = await people.get("auditor", f"/v1/audit/findings.xlsx?department={PROVIDER}")
    assert api.headers["content-type"] == book.headers["content-type"]
    table = await auditor.get(f"/audit/findings.csv?department={PROVIDER}")
    path = f"/v1/audit/findings.csv?department={PROVIDER}&in_words=true"
    assert table.text == (await people.get("auditor", path)).text
    for form in ("ocel", "xes", "csv"):
        log = await auditor.get(f"/audit/log/{form}?department={PROVIDER}")
        assert log.status_code == 200, form
        assert "attachment" in log.headers["content-disposition"]
    assert (await auditor.get("/audit/log/pdf")).status_code == 404


async def test_a_table_is_in_words_for_people_and_in_codes_for_programs(
    auditor: Person, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    english = bearer(Role.AUDITOR, "audit", accept_language="en")
    tables = [
        (await auditor.get("/audit/findings.csv?to=2001-01-01"), headings("zh")),
        (await api.get("/v1/audit/findings.csv?to=2001-01-01&in_words=true", headers=english), headings("en")),
        (await api.get("/v1/audit/findings.csv?to=2001-01-01", headers=english), COLUMNS),
    ]
    for told, columns in tables:
        assert told.text == f"\ufeff{','.join(columns.values())}\r\n"


async def test_what_operators_did_is_told_in_words(auditor: Person, context: AppContext) -> None:
    by = Acting(subject="zhang-3", roles=(Role.OPERATOR,))
    for target in ("webhook/wh_1", "duty/nantong-2020/catalogue_survey"):
        context.writer.note_act(NewAct(kind=ActKind.WEBHOOK_REPLAY, by=by, target=target))
    page = (await auditor.get("/audit/acts")).text
    assert "<bdi>推送订阅 wh_1</bdi>" in page
    assert "定期工作“目录全面普查”（南通市政务信息资源共享实施细则）" in page
    assert f'<bdi>zhang-3</bdi> <small class="hint">{label("role", "operator", "zh")}</small>' in page


async def test_a_dossier_comes_as_a_file(auditor: Person, request_id: str) -> None:
    answer = await auditor.get(f"/audit/cases/{request_id}/dossier")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as packed:
        assert "manifest.json" in packed.namelist()


class FakeLog:
    """A log with one checkpoint that a witness has cosigned: the tests' own ledger has a key of its own."""

    def __init__(self) -> None:
        signer, witness = Ed25519Signer("shareflow/test", b"\x01" * 32), Witness("witness.example", b"\x02" * 32, time)
        note = Checkpoint("shareflow/test", 7, b"\x03" * 32, b"\x04" * 32).note().signed(signer)
        line = NoteSignature(witness.key.name, witness.key.id, witness.sign(note.text.encode())).line()
        made_at = datetime(2026, 11, 28, tzinfo=UTC)
        self.kept = KeptCheckpoint(7, note.written(), signer.key.written(), made_at, (line,))

    def checkpoints(self, *_: object) -> tuple[list[KeptCheckpoint], None]:
        return [self.kept], None

    def newest_checkpoint(self) -> KeptCheckpoint:
        return self.kept


async def test_checkpoints_are_shown_to_be_copied(
    auditor: Person, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = FakeLog()
    monkeypatch.setattr(context.reader, "log", known)
    page = unescape((await auditor.get("/audit/checkpoints")).text)
    assert known.kept.cosigned in page
    assert known.kept.key in page
    assert ("03" * 32 in page, "04" * 32 in page, "witness.example" in page) == (True, True, True)
