"""Holds and disposal: what may go goes after its time and by a recorded act, and the proofs of all else stay."""

import asyncio
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from audit.dossier.contents import ACTS, FILING, INDEX
from audit.dossier.documents import read_index
from audit.dossier.packing import unpacked
from audit.findings.finding import FindingKind
from audit.findings.found import findings_in
from audit.page.facts import PAGE
from audit.replay.from_dossier import case_in
from audit.verification.verify import DISPOSED, Trusted, conclusion_of, verify
from background.archive.archiving import archive_next
from background.archive.comparison import Comparison
from background.archive.differing import Discrepancy
from background.archive.folder import FolderArchive
from background.archive.settling import settling, to_settle
from background.archive.store import HistoryArchive
from cli.program import app
from domain.evidence import canonical_json
from domain.log.acts import Acting, ActKind
from domain.retention import Keepsake, packaged_retention
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from ledger.queries.archive import ArchivedRun, archived_runs
from ledger.queries.attachments import Attachment
from ledger.queries.views import CaseFilter
from protocol.asking import WorkflowGone
from starter.attachments import AttachmentStore, store_in
from starter.dossiers import dossier_of, papers_in
from starter.engine_client import ShareflowClient
from starter.errors import NotFound, Unavailable
from starter.findings import all_findings
from starter.retention import Disposer, NotDisposable, due_cases, hold, release, told_in_temporal
from tests.audit.dossiers import packed, resealed
from tests.audit.logs import LOG_KEY
from tests.audit.test_in_chinese import english_in
from tests.engine.cases import REQUESTER, WHY, application, command
from tests.engine.looking import C, P, R, events_in, filed, handle_of, key
from tests.engine.test_archive import forgetful
from tests.engine.test_archive_comparison import as_owner, found_by

DISPOSED_EARLY = FindingKind.DISPOSED_EARLY
ANNA = Acting(subject="anna")
LATER = date.today() + timedelta(days=3 * 366 + 2)  # noqa: DTZ011 - any day long after
OWN, SHARED = b"of this case alone", b"of two cases"


@pytest.fixture
def papers(tmp_path: Path) -> AttachmentStore:
    return store_in(tmp_path / "attachments", tmp_path)


@pytest.fixture
def archive(tmp_path: Path) -> HistoryArchive:
    return HistoryArchive(FolderArchive(tmp_path / "archive"))


@pytest.fixture
def disposer(client: ShareflowClient, archive: HistoryArchive, papers: AttachmentStore) -> Disposer:
    return Disposer(client.reader, client.writer, archive, papers, packaged_retention())


def brought(client: ShareflowClient, papers: AttachmentStore, content: bytes) -> str:
    digest = sha256(content).hexdigest()
    paper = Attachment(digest, "0" * 64, len(content), "application/pdf", "申请表.pdf")
    client.writer.note_attachment(paper, REQUESTER, "somebody", lambda: papers.put(digest, io.BytesIO(content)))
    return digest


async def ended(client: ShareflowClient, archive: HistoryArchive, *digests: str) -> str:
    """A case that names these papers, closed and archived."""
    documents = [{"name": "申请表.pdf", "sha256": digest, "sealed": True} for digest in digests]
    request_id = (await client.file("cn-809-2025", application(documents=documents), key=key())).request_id
    await client.command(request_id, command(P, C.REFUSE, WHY))
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    await handle_of(client, request_id).result()
    while not archived_runs(client.reader.engine, request_id):
        await archive_next(client.temporal, client.reader.engine, archive, timedelta(days=1))
    return request_id


async def test_after_its_time_a_case_is_let_go_of_and_proofs_stay(
    client: ShareflowClient, archive: HistoryArchive, papers: AttachmentStore, disposer: Disposer
) -> None:
    own, shared = brought(client, papers, OWN), brought(client, papers, SHARED)
    first, other = await ended(client, archive, own, shared), await ended(client, archive, shared)
    [run] = archived_runs(client.reader.engine, first)
    checkpoint = client.reader.log.checkpoint(LOG_KEY, datetime.now(UTC))
    events = await events_in(client, first)

    [due] = [case for case in due_cases(client.reader, LATER) if case.request_id == first]
    assert due.due == {Keepsake.HISTORY: 1, Keepsake.PAPERS: 2}
    assert {each.clause.article for each in due.kept_until if each.clause} == {"29"}
    early = LATER - timedelta(days=30)
    with pytest.raises(NotDisposable, match=r"must be kept until .* cn-809-2025 art. 29"):
        disposer.dispose(first, "期满", ANNA, early)
    assert papers.exists(own)

    done = disposer.dispose(first, "期满", ANNA, LATER)
    assert (done.histories, done.papers) == (1, 1)
    assert (papers.exists(own), papers.exists(shared)) == (False, True)
    assert done.act.details["papers"] == [own]
    assert done.act.details["histories"] == [
        {"run_id": run.run_id, "sha256": run.sha256, "sm3": run.sm3, "stored_as": run.stored_as}
    ]
    assert client.reader.acts(first)[-1].kind == ActKind.DISPOSE
    assert first not in {case.request_id for case in due_cases(client.reader, LATER)}
    again = disposer.dispose(first, "期满", ANNA, LATER)
    assert (again.act, again.histories, again.papers) == (done.act, 0, 0)

    # Nothing in the ledger went, and what others prove still holds, from the checkpoint of before.
    assert await events_in(client, first) == events
    client.reader.log.checkpoint(LOG_KEY, datetime.now(UTC))
    dossier = await dossier_of(client.reader, forgetful(client).temporal, other, archive=archive)
    results = await asyncio.to_thread(verify, dossier, Trusted([LOG_KEY.key], checkpoint))
    assert {each.check: each.result for each in results if each.check in ("log", "signature", "checkpoint")} == {
        "log": "ok",
        "signature": "ok",
        "checkpoint": "ok",
    }
    # Of the case itself all that is kept for ever is packed, and says by which act the rest went.
    temporal = forgetful(client).temporal
    kept = await dossier_of(client.reader, temporal, first, find=papers_in(papers), archive=archive)
    assert (kept.manifest.disposed, kept.histories, FILING in kept.files) == (("history",), [], True)
    found = {each.check: each for each in await asyncio.to_thread(verify, kept, Trusted([LOG_KEY.key], checkpoint))}
    assert {name: each.detail for name, each in found.items() if each.result == "FAIL"}.keys() == {"seal"}
    gone = (
        rf"the history was disposed of by act {done.act.number} of .*, 1 history by digest; it had to be kept until .*"
    )
    assert re.fullmatch(gone, found["history"].detail)
    assert found["documents"].detail.endswith("; 1 paper disposed of by a recorded act")
    assert all(found[name].detail.startswith(DISPOSED) for name in ("ledger", "dates"))
    assert {found[name].result for name in ("log", "acts", "checkpoint", "page", "texts", "deadlines")} == {"ok"}
    assert conclusion_of(await asyncio.to_thread(verify, kept)) == "early"
    assert not english_in(found["history"].said("zh"))
    nobody = await dossier_of(client.reader, temporal, first, archive=archive, with_persons=False)
    assert conclusion_of(await asyncio.to_thread(verify, nobody)) == "early"
    assert case_in(kept)[0].application["documents"]
    # Findings tell of it, by the dossier and by the ledger, in the period in which it was done.
    recorded, calendar = case_in(kept)
    told = [each for each in findings_in(recorded, calendar, datetime.now(UTC)) if each.kind == DISPOSED_EARLY]
    assert [(each.facts["keepsake"], each.facts["act"], each.article) for each in told] == [
        ("history", done.act.number, "29"),
        ("papers", done.act.number, "29"),
    ]
    wanted = CaseFilter(since=done.act.at, before=done.act.at + timedelta(seconds=1))
    assert [*all_findings(client.reader, wanted, datetime.now(UTC), DISPOSED_EARLY)] == told
    wanted = CaseFilter(since=done.act.at + timedelta(seconds=1))
    assert [*all_findings(client.reader, wanted, datetime.now(UTC), DISPOSED_EARLY)] == []

    # Without that act, and without what was filed, something was dropped.
    def wrong(files: Mapping[str, bytes]) -> Mapping[str, str]:
        return {each.check: each.detail for each in verify(resealed(kept, files)) if each.result == "FAIL"}

    without_act = {name: content for name, content in kept.files.items() if name != ACTS}
    assert wrong(without_act)["history"].startswith("history.json is missing, and no act says that")
    another = json.loads(kept.files[FILING])
    another["application"]["purpose"] = "另一用途"
    assert wrong({**kept.files, FILING: f"{canonical_json(another)}\n".encode()})["history"].startswith(FILING)
    dropped = {name: content for name, content in kept.files.items() if name != FILING}
    assert wrong(dropped)["structure"] == "history.json is missing"
    for name in ("history.json", "put-aside-1.json"):
        assert wrong({**kept.files, name: b"{}"})["structure"].startswith(f"{FILING} stands beside a history")
    found = await found_by(Comparison(client.temporal, client.reader, archive, within=timedelta()))
    assert first not in found
    # The last case that names a paper takes it along.
    last = disposer.dispose(other, "期满", ANNA, LATER)
    assert last.papers == 1
    assert not papers.exists(shared)
    # A dossier of the first says which act took it, and not of which case.
    kept = await dossier_of(client.reader, temporal, first, find=papers_in(papers), archive=archive)
    index = {each.sha256: each.disposed_by for each in read_index(kept.files[INDEX]).papers}
    assert index == {own: None, shared: last.act.number}
    again = unpacked(io.BytesIO(packed(kept)))
    found = {each.check: each for each in await asyncio.to_thread(verify, again)}
    assert (found["documents"].result, found["page"].result) == ("ok", "ok")
    assert (
        "; 1 paper disposed of by an act on another case, as the index says; 1 paper disposed of by a recorded act"
        in (found["documents"].detail)
    )
    assert not english_in(found["documents"].said("zh"))
    assert other not in "".join(content.decode() for content in kept.files.values())
    assert f"已随另一事项销毁（运维操作{last.act.number}）" in kept.files[PAGE].decode()


async def test_what_is_held_open_or_rested_on_does_not_go(
    client: ShareflowClient, archive: HistoryArchive, disposer: Disposer, tmp_path: Path
) -> None:
    closed, still_open = await ended(client, archive), await filed(client)
    hold(client.writer, client.reader, closed, "信访调查", ANNA)
    with pytest.raises(NotDisposable, match="held already: 信访调查"):
        hold(client.writer, client.reader, closed, "again", ANNA)
    [due] = [case for case in due_cases(client.reader, LATER) if case.request_id == closed]
    assert due.held == "信访调查"
    with pytest.raises(NotDisposable, match="is held: 信访调查"):
        disposer.dispose(closed, "期满", ANNA, LATER)
    with pytest.raises(NotDisposable, match="is open"):
        disposer.dispose(still_open, "期满", ANNA, LATER)
    with pytest.raises(NotFound):
        disposer.dispose("CN-NONE", "期满", ANNA, LATER)
    release(client.writer, client.reader, closed, "查结", ANNA)
    with pytest.raises(NotDisposable, match="is not held"):
        release(client.writer, client.reader, closed, "查结", ANNA)
    # A history that contradicts the ledger is the only trace of that.
    told = await told_in_temporal(client.temporal, closed)
    assert told is not None
    altered = "UPDATE events SET digest = decode(:digest, 'hex') WHERE request_id = :case AND seq = :seq"
    by_event = {"case": closed, "seq": told.head.seq}
    as_owner(client.reader.engine, altered, digest="0" * 64, **by_event)
    for in_temporal in (None, told):
        archived = archive if in_temporal is None else HistoryArchive(FolderArchive(tmp_path / "empty"))
        with pytest.raises(NotDisposable, match=r"与台账不符.* was told other events than the ledger has"):
            replace(disposer, archive=archived).dispose(closed, "期满", ANNA, LATER, in_temporal)
    as_owner(client.reader.engine, altered, digest=told.head.digest, **by_event)
    with client.reader.engine.begin() as connection:
        connection.execute(text("ALTER TABLE cases DISABLE TRIGGER cases_as_filed"))
        update = text("UPDATE cases SET opened_by = :other WHERE request_id = :case")
        connection.execute(update, {"other": closed, "case": still_open})
        connection.execute(text("ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_as_filed"))
    with pytest.raises(NotDisposable, match="1 open case rests on"):
        disposer.dispose(closed, "期满", ANNA, LATER)
    await client.command(still_open, command(R, C.WITHDRAW, WHY))
    assert disposer.dispose(closed, "期满", ANNA, LATER).histories == 1
    assert [act.kind for act in client.reader.acts(closed)] == [ActKind.HOLD, ActKind.RELEASE, ActKind.DISPOSE]


async def test_a_disposal_that_was_broken_off_is_finished(
    client: ShareflowClient, archive: HistoryArchive, papers: AttachmentStore, disposer: Disposer, tmp_path: Path
) -> None:
    own = brought(client, papers, b"a third paper")
    request_id = await ended(client, archive, own)

    class LockedArchive(HistoryArchive):
        """An archive from which nothing can be removed now."""

        def remove(self, run: ArchivedRun) -> bool:
            raise OSError(f"{run.stored_as} cannot be removed")

    locked = LockedArchive(FolderArchive(tmp_path / "archive"))
    with pytest.raises(OSError, match="cannot be removed"):
        replace(disposer, archive=locked).dispose(request_id, "期满", ANNA, LATER)
    # Meanwhile somebody has brought the paper again: that one stays.
    brought(client, papers, b"a third paper")
    done = disposer.dispose(request_id, "期满", ANNA, LATER)
    assert (done.histories, done.papers) == (1, 0)
    assert papers.exists(own)
    assert len([act for act in client.reader.acts(request_id) if act.kind == ActKind.DISPOSE]) == 1


async def test_a_history_that_nobody_can_read_any_more_goes_only_once_that_is_settled(
    client: ShareflowClient, archive: HistoryArchive, disposer: Disposer, tmp_path: Path
) -> None:
    """It may have told of other events than the ledger has: whoever rewrote one could have spoilt it."""
    damaged, gone = [await ended(client, archive) for _ in range(2)]
    [spoilt], [removed] = (archived_runs(client.reader.engine, each) for each in (damaged, gone))
    (tmp_path / "archive" / spoilt.stored_as).write_bytes(b"garbage")
    archive.remove(removed)
    comparison = Comparison(client.temporal, client.reader, archive, within=timedelta())
    for request_id, run, kind in ((damaged, spoilt, Discrepancy.DAMAGED), (gone, removed, Discrepancy.GONE)):
        with pytest.raises(NotDisposable, match=rf"已不可读.* of {request_id} cannot be read .*settle it"):
            disposer.dispose(request_id, "期满", ANNA, LATER)
        assert [act.kind for act in client.reader.acts(request_id)] == []
        found = to_settle(comparison, request_id, kind)
        assert [each.of for each in found] == [(run.run_id,)]
        client.writer.note_act(settling(found, "磁盘损坏，无备份", ANNA))
        assert to_settle(comparison, request_id, kind) == []
        disposer.dispose(request_id, "期满", ANNA, LATER)
        told = [(act.kind, act.reason) for act in client.reader.acts(request_id)]
        assert told == [("settle", "磁盘损坏，无备份"), ("dispose", "期满")]
    folder = tmp_path / "archive"
    folder.rename(tmp_path / "aside")
    folder.write_text("a file stands where the folder should be")
    another = await ended(client, HistoryArchive(FolderArchive(tmp_path / "other")))
    with pytest.raises(Unavailable, match="cannot be read"):
        disposer.dispose(another, "期满", ANNA, LATER)
    assert client.reader.acts(another) == ()


async def test_the_commands(
    ground: Sandbox,
    client: ShareflowClient,
    archive: HistoryArchive,
    api: httpx.AsyncClient,
    bearer: Callable[..., dict[str, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path))
    request_id = await ended(client, archive)

    async def told(*words: str) -> tuple[int, str]:
        said = await asyncio.to_thread(CliRunner().invoke, app, ["audit", *words], "", None, True)
        return said.exit_code, said.stdout + said.stderr

    code, out = await told("hold", request_id, "--reason", "信访调查", "--json")
    assert (code, json.loads(out)["kind"]) == (0, "hold")
    code, out = await told("dispose", request_id, "--reason", "期满")
    assert (code, "is held: 信访调查" in out) == (1, True)
    assert (await told("release", request_id, "--reason", "查结"))[0] == 0
    code, out = await told("dispose", request_id, "--reason", "期满")
    assert (code, "must be kept until" in out) == (1, True)
    assert (await told("release", request_id, "--reason", "查结"))[0] == 1
    code, out = await told("due-for-disposal")
    assert (code, request_id in out) == (0, False)
    monkeypatch.setattr("cli.audit_retention.today", lambda: LATER)
    code, out = await told("due-for-disposal")
    assert (code, f"{request_id}: 1 history; closed on" in out) == (0, True)
    code, out = await told("dispose", request_id, "--reason", "期满")
    assert (code, out.startswith(f"{request_id}: 1 history and 0 papers removed. Act ")) == (0, True)

    # Temporal has let go of it as well: over HTTP and into a folder what is left is packed.
    async def gone(*_: object) -> None:
        raise WorkflowGone

    monkeypatch.setattr("starter.histories.latest_run", gone)
    monkeypatch.setattr("starter.histories.history_of", gone)
    answer = await api.get(f"/v1/audit/cases/{request_id}/dossier", headers=bearer(Role.AUDITOR))
    assert (answer.status_code, unpacked(io.BytesIO(answer.content)).manifest.disposed) == (200, ("history",))
    folder = tmp_path / "folder"
    code, out = await told("export", request_id, "--with-related", "-o", str(folder))
    assert (code, "1 dossier packed" in out, "Left out" in out) == (0, True, False)
    code, out = await told("verify", str(folder))
    assert (code, "; something of it was disposed of too early" in out) == (0, True)
