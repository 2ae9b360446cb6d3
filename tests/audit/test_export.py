"""Dossiers of cases that were played on the real engine: packed, read again, and every check holds."""

import asyncio
import hashlib
import io
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import delete

from audit.dossier.contents import INDEX, CaseDossier
from audit.dossier.packing import read_dossier, unpacked
from audit.dossier.seal import seal_of
from audit.verification.verify import Trusted, failed, verify
from cli import audit_export
from domain.calendar import day_of
from embedded.demo.forgery import checked_and_forged
from embedded.simulate.player import PlayedCase
from embedded.simulate.sandbox import Sandbox
from ledger.queries.attachments import Attachment
from ledger.reader import Reader
from ledger.tables import attachments
from ledger.writer import Writer
from starter.attachments import store_in
from starter.audit_selection import selected
from starter.dossier_folder import DossierFolder, cases_of, papers_lost
from starter.dossiers import dossier_of, no_papers, papers_in, papers_of_others
from starter.errors import NotFound
from tests.audit.dossiers import packed
from tests.audit.logs import LOG_KEY
from tests.covering import few
from tests.forms import either


@pytest.fixture
def exporting(ground: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> audit_export.ExportOptions:
    """The command for exports, at the ledger of the plays."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path / "state"))
    return audit_export.ExportOptions(None, None, with_persons=True, as_json=True)


@pytest.mark.long
async def test_the_dossier_of_every_played_case_holds(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    """In the short form of as few as show every procedure, text, outcome and type of event."""
    reader = Reader(ground.engine)
    wrong: dict[str, list[str]] = {}
    filed = {name: played for name, played in real_plays.items() if played.request_id and played.case}
    for name in either(few({name: shown(played) for name, played in filed.items()}), list(filed)):
        played = filed[name]
        assert played.request_id is not None
        dossier = await dossier_of(reader, ground.temporal, played.request_id)
        again = unpacked(io.BytesIO(packed(dossier)))
        results = await asyncio.to_thread(verify, again)
        bad = [f"{result.check}: {result.detail}" for result in results if result.result == "FAIL"]
        if bad:
            wrong[name] = bad
    assert wrong == {}
    assert len(filed) > 10


def shown(played: PlayedCase) -> set[tuple[object, ...]]:
    """What a play shows of its procedure that its dossier has to hold."""
    assert played.case is not None
    of = played.scenario
    what = {("text", of.statute), ("procedure", of.procedure), ("outcome", played.case.outcome)}
    return what | {("event", event.type) for event in played.events}


async def test_a_case_under_a_checkpoint(ground: Sandbox, real_plays: dict[str, PlayedCase]) -> None:
    reader = Reader(ground.engine)
    case = next(played.request_id for played in real_plays.values() if played.request_id and played.case)
    first = await asyncio.to_thread(reader.log.checkpoint, LOG_KEY, datetime.now(UTC))
    dossier = await dossier_of(reader, ground.temporal, case)
    dossier = replace(dossier, seal=seal_of(dossier.manifest, LOG_KEY))
    results = {
        each.check: each.result for each in await asyncio.to_thread(verify, dossier, Trusted([LOG_KEY.key], first))
    }
    assert results == {**dict.fromkeys(results, "ok"), "dates": "skipped", "timestamp": "skipped"}


async def test_the_demonstration_ends_with_a_forged_dossier_refused(
    ground: Sandbox, real_plays: dict[str, PlayedCase]
) -> None:
    played = max(real_plays.values(), key=lambda each: len(each.events))
    twice = await checked_and_forged(ground, str(played.request_id), LOG_KEY)
    assert {result.check for result in twice.checked if result.result != "ok"} == {"dates", "timestamp"}
    assert {result.check for result in twice.checked_again if result.result == "FAIL"} == {
        "ledger", "dates", "page", "log", "checkpoint", "seal",
    }  # fmt: skip


async def test_no_dossier_of_a_case_that_is_not_there(ground: Sandbox) -> None:
    with pytest.raises(NotFound, match="NANTONG-NONE"):
        await dossier_of(Reader(ground.engine), ground.temporal, "NANTONG-NONE")


async def test_a_department_in_a_period_into_a_folder(
    ground: Sandbox, real_plays: dict[str, PlayedCase], tmp_path: Path
) -> None:
    """With the real ledger: every case of the department that was open then, and no other."""
    reader = Reader(ground.engine)
    played = next(each for name, each in real_plays.items() if each.request_id and each.case and "yima" in name)
    assert played.request_id is not None
    case = reader.case(played.request_id)
    assert case is not None
    wanted = selected(case.requester_code, day_of(case.filed_at), day_of(case.filed_at))
    there = [each async for each in cases_of(reader, wanted)]
    assert played.request_id in {each.request_id for each in there}
    assert {case.requester_code} <= {each.requester_code for each in there} | {each.provider_code for each in there}

    async def pack(request_id: str) -> CaseDossier:
        return await dossier_of(reader, ground.temporal, request_id)

    folder = DossierFolder(tmp_path, {}, pack, no_papers, reader.acts)
    for each in there[:3]:
        await folder.add(each)
    made = folder.finish()
    assert [entry.request_id for entry in made.dossiers] == sorted(each.request_id for each in there[:3])
    for entry in made.dossiers:
        results = await asyncio.to_thread(verify, read_dossier(tmp_path / entry.file))
        assert [result for result in results if result.result == "FAIL"] == []


async def test_a_paper_that_the_store_keeps_comes_along(
    ground: Sandbox,
    real_plays: dict[str, PlayedCase],
    tmp_path: Path,
    exporting: audit_export.ExportOptions,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader, store, paper = Reader(ground.engine), store_in(tmp_path / "state" / "attachments", tmp_path), b"test"
    digest = hashlib.sha256(paper).hexdigest()
    filed = (reader.case(each.request_id) for each in real_plays.values() if each.request_id)
    case = next(each.request_id for each in filed if each and digest in str(each.application.get("documents")))
    without = await dossier_of(reader, ground.temporal, case, find=papers_in(store))
    assert without.papers == {}
    assert not papers_lost(without), "nobody has brought it: it is kept elsewhere"
    brought, writer = Attachment(digest, "0" * 64, len(paper), "text/plain", "a.txt"), Writer(ground.engine)
    try:
        writer.note_attachment(
            brought, "113206000140009999", "a stranger", lambda: store.put(digest, io.BytesIO(paper))
        )
        named = await dossier_of(reader, ground.temporal, case, find=papers_in(store))
        assert (named.papers, papers_lost(named)) == ({}, []), "its digest is named, by whoever knows it"
        assert named.files[INDEX] == without.files[INDEX], "whoever named it does not learn that it was brought"
        await audit_export.export(case, tmp_path / "case.zip", None, exporting)
        assert f"{case}: the paper {digest} is another department's" in capsys.readouterr().err
        assert read_dossier(tmp_path / "case.zip").papers == {}
        writer.note_attachment(brought, "113206000140000015", "somebody", lambda: None)
        dossier = await dossier_of(reader, ground.temporal, case, find=papers_in(store))
        assert list(dossier.papers) == [f"documents/{digest}"]
        assert papers_of_others(reader, dossier) == []
        again = unpacked(io.BytesIO(packed(dossier, [paper])))
        results = {each.check: each.result for each in await asyncio.to_thread(verify, again)}
        assert (results["documents"], results["page"]) == ("ok", "ok")
        nobody = await dossier_of(reader, ground.temporal, case, find=papers_in(store), with_persons=False)
        assert nobody.papers == {}, "nobody knows whom a paper names"
        assert not failed(await asyncio.to_thread(verify, nobody))
        store.remove(digest)
        lost = await dossier_of(reader, ground.temporal, case, find=papers_in(store))
        found = {each.check: each for each in await asyncio.to_thread(verify, lost)}
        assert papers_lost(lost) == [digest]
        assert found["documents"].detail.endswith(
            "; 1 paper brought to the engine and not to be had when this was packed"
        )
        assert (found["documents"].result, found["page"].result) == ("ok", "ok")
        store.put(digest, io.BytesIO(paper))
        [kept] = (tmp_path / "state").rglob(digest)
        kept.write_bytes(b"another")
        damaged = await dossier_of(reader, ground.temporal, case, find=papers_in(store))
        assert papers_lost(damaged) == [digest]
    finally:
        with ground.engine.begin() as connection:
            connection.execute(delete(attachments).where(attachments.c.sha256 == digest))


async def test_a_case_with_those_that_it_names(
    ground: Sandbox,
    real_plays: dict[str, PlayedCase],
    tmp_path: Path,
    exporting: audit_export.ExportOptions,
    capsys: pytest.CaptureFixture[str],
) -> None:
    reader = Reader(ground.engine)
    played = {each.request_id for each in real_plays.values() if each.request_id}
    opened = next(case for case in reader.cases(limit=500).cases if case.opened_by in played)
    assert opened.opened_by is not None
    for case, other in ((opened.request_id, opened.opened_by), (opened.opened_by, opened.request_id)):
        to = tmp_path / case
        await audit_export.export_related(case, to, exporting)
        told = json.loads(capsys.readouterr().out)
        assert told["asked"] == {"with_related": case}
        assert {case, other} <= {each["request_id"] for each in told["dossiers"]}
        assert {f"{each['request_id']}.zip" for each in told["dossiers"]} == {path.name for path in to.glob("*.zip")}
    asked = {"department": None, "from": "2000-01-01", "to": "2000-01-02", "statute": None}
    await audit_export.export_period(asked, tmp_path / "none", exporting)
    assert json.loads(capsys.readouterr().out)["dossiers"] == []
    with pytest.raises(NotFound, match="no case NANTONG-NONE"):
        await audit_export.export_related("NANTONG-NONE", tmp_path / "absent", exporting)
    assert not (tmp_path / "absent").exists()
