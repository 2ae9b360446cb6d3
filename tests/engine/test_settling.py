"""What differs and nothing can repair is settled by an operator's act, and told no more."""

import hashlib
import io
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from background.archive.archiving import archive_next
from background.archive.comparison import Comparison
from background.archive.differing import Discrepancy
from background.archive.folder import FolderArchive
from background.archive.repairing import repair
from background.archive.settling import settling
from background.archive.store import HistoryArchive
from domain.calendar import CHINA
from domain.log.acts import Acting
from ledger.queries.archive import archived_runs, note_archived
from ledger.queries.attachments import Attachment
from ledger.tables import attachments, brought_papers, named_papers
from starter.attachments import store_in
from starter.dossier_folder import papers_lost
from starter.dossiers import dossier_of, papers_in
from starter.engine_client import ShareflowClient
from tests.engine.cases import REQUESTER, application
from tests.engine.commands import typed
from tests.engine.looking import filed, in_step
from tests.engine.test_archive import closed


@pytest.mark.usefixtures("at_the_ground")
async def test_what_nothing_repairs_is_settled_by_an_act_with_its_reason(
    client: ShareflowClient, tmp_path: Path
) -> None:
    engine, request_id = client.reader.engine, await filed(client)
    await in_step(client, request_id)
    settle = ("settle", request_id, "--reason", "已逐家电话告知", "--difference")
    archive = HistoryArchive(FolderArchive(tmp_path / "archive"))
    comparison = Comparison(client.temporal, client.reader, archive, within=timedelta())
    lose = "DELETE FROM outbox WHERE request_id = :case AND seq = :seq"

    def unsent() -> list[tuple[int | str, ...]]:
        return [each.of for each in comparison.of_one(request_id) if each.kind is Discrepancy.UNSENT]

    assert await typed(*settle, "unsent") == (1, f"{request_id} has nothing unsent to settle.\n")
    with engine.begin() as connection:
        connection.execute(text(lose), {"case": request_id, "seq": 2})
    assert unsent() == [(2,)]
    code, said = await typed(*settle, "unsent", "--by", "王五")
    act = client.reader.acts(request_id)[-1]
    found = "The outbox has no message of 1 of its events, of 2 to 2."
    assert (code, said) == (0, f"{request_id}: {found} Settled by act {act.number}.\n")
    assert (act.kind, act.by.subject, act.reason) == ("settle", "王五", "已逐家电话告知")
    assert act.details == {"difference": "unsent", "of": [2], "says": found}
    assert unsent() == []
    # Nothing else is settled by it: neither what is lost later, nor what can be repaired or must be looked into.
    with engine.begin() as connection:
        connection.execute(text(lose), {"case": request_id, "seq": 1})
    assert unsent() == [(1,)]
    assert (await typed(*settle, "altered"))[0] == 2
    assert await typed("settle", "CN-NONE", "--reason", "x", "--difference", "unsent") == (
        1, "There is no case CN-NONE.\n"
    )  # fmt: skip
    assert (await typed(*settle, "unsent", "--json"))[0] == 0
    assert unsent() == []


async def test_a_run_that_came_before_an_archived_one_and_is_not_archived(
    client: ShareflowClient, tmp_path: Path
) -> None:
    request_id, archive = await closed(client), HistoryArchive(FolderArchive(tmp_path / "archive"))
    comparison = Comparison(client.temporal, client.reader, archive, within=timedelta())
    while not archived_runs(comparison.engine, request_id):
        await archive_next(client.temporal, comparison.engine, archive, timedelta(days=1))
    assert comparison.of_one(request_id) == []
    [run] = archived_runs(comparison.engine, request_id)
    later, lost = str(uuid.uuid4()), str(uuid.uuid4())
    archive.keep(f"{later}.json.gz", archive.read(run))
    note_archived(comparison.engine, replace(run, run_id=later, previous_run_id=lost, stored_as=f"{later}.json.gz"))
    [found] = comparison.of_one(request_id)
    assert (found.kind, found.run_id) == (Discrepancy.LOST, lost)
    assert not await repair(comparison, found)
    client.writer.note_act(settling([found], "备份中也没有", Acting(subject="王五")))
    assert comparison.of_one(request_id) == []


async def test_who_has_access_to_papers_is_held_to_what_the_case_names(client: ShareflowClient, tmp_path: Path) -> None:
    """Whoever adds a digest to the list of a case's papers gives its parties the paper of somebody else."""
    documents = [{"name": "a.pdf", "sha256": "a" * 64, "sealed": True}]
    request_id = (await client.file("cn-809-2025", application(documents=documents), key=uuid.uuid4().hex)).request_id
    await in_step(client, request_id)
    archive = HistoryArchive(FolderArchive(tmp_path / "archive"))
    comparison = Comparison(client.temporal, client.reader, archive, within=timedelta())
    assert comparison.of_one(request_id) == []
    with comparison.engine.begin() as connection:  # as the role of workers and the API may
        connection.execute(named_papers.update().values(sha256="b" * 64).where(named_papers.c.request_id == request_id))
    [found] = comparison.of_one(request_id)
    assert [each.as_data for each in found.alterations] == [
        {"field": f"papers.{'a' * 64}", "was": False, "gives": True},
        {"field": f"papers.{'b' * 64}", "was": True, "gives": False},
    ]
    assert f"the paper {'b' * 64} is listed, and nothing names it" in found.says
    assert await repair(comparison, found)
    assert comparison.of_one(request_id) == []


async def test_a_paper_that_the_ledger_or_the_store_has_lost_is_found(client: ShareflowClient, tmp_path: Path) -> None:
    store, content = store_in(tmp_path / "attachments", tmp_path), uuid.uuid4().bytes
    digest = hashlib.sha256(content).hexdigest()
    paper = Attachment(digest, "0" * 64, len(content), "text/plain", "a.txt")
    named = [{"name": "a.txt", "sha256": digest, "sealed": True}, {"name": "kept elsewhere", "sha256": "c" * 64}]
    client.writer.note_attachment(paper, REQUESTER, "somebody", lambda: store.put(digest, io.BytesIO(content)))
    filed = await client.file("cn-809-2025", application(documents=named), key=uuid.uuid4().hex)
    await in_step(client, filed.request_id)
    archive = HistoryArchive(FolderArchive(tmp_path / "archive"))
    comparison = Comparison(
        client.temporal, client.reader, archive, within=timedelta(), paper_there=store.exists
    )  # fmt: skip

    def found() -> list[str]:
        return [each.says for each in comparison.of_one(filed.request_id) if each.kind is Discrepancy.PAPER]

    assert found() == []
    store.remove(digest)
    day = datetime.now(CHINA).date()
    brought = f"The paper {digest}, which event 1 names and {REQUESTER} brought on {day}, "
    assert found() == [f"{brought}is not in the store of papers."]
    store.put(digest, io.BytesIO(content))
    with comparison.engine.begin() as connection:  # as the role of workers and the API may, for disposals
        connection.execute(attachments.delete().where(attachments.c.sha256 == digest))
    assert found() == [f"{brought}is no longer in the ledger, and no act disposed of it."]
    dossier = await dossier_of(client.reader, client.temporal, filed.request_id, find=papers_in(store))
    assert papers_lost(dossier) == [], "it is packed all the same"
    store.remove(digest)
    dossier = await dossier_of(client.reader, client.temporal, filed.request_id, find=papers_in(store))
    assert papers_lost(dossier) == [digest]
    store.put(digest, io.BytesIO(content))
    # Brought again, or settled, it is well; an act that disposed of it explains it.
    client.writer.note_attachment(paper, REQUESTER, "somebody", lambda: None)
    assert found() == []
    with comparison.engine.begin() as connection:
        connection.execute(attachments.delete().where(attachments.c.sha256 == digest))
    client.writer.note_act(settling(comparison.of_one(filed.request_id), "原件已取回存卷", Acting(subject="王五")))
    assert found() == []
    assert client.reader.papers.disposed_by([digest]) == {}
    with pytest.raises(DBAPIError, match="brought_papers"), comparison.engine.begin() as connection:
        connection.execute(brought_papers.delete())
