"""What a case has left in Temporal is archived, and makes its dossier when Temporal has long let go of it."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import delete, select
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from audit.dossier.contents import CaseDossier
from audit.verification.verify import verify
from background.archive.archiving import GONE, ArchivingRound, archive_next, ask_temporal, keep_archiving
from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from ledger.archive_tables import unarchived
from ledger.engine import Engine
from ledger.queries.archive import archived_runs
from protocol.asking import WorkflowGone
from protocol.histories import CaseHistory, history_of
from protocol.payloads import data_converter
from starter.dossiers import dossier_of
from starter.engine_client import ShareflowClient
from starter.errors import NeedsOperator, NotFound, Unavailable
from tests.engine.cases import WHY, command
from tests.engine.looking import B, C, P, R, filed, handle_of, in_step, until

ALL = timedelta(days=1)


@pytest.fixture
def archive(tmp_path: Path) -> HistoryArchive:
    return HistoryArchive(FolderArchive(tmp_path / "archive"))


@pytest.fixture(autouse=True)
def nothing_waits(client: ShareflowClient) -> None:
    """Cases of other tests are not archived here."""
    with client.reader.engine.begin() as connection:
        connection.execute(delete(unarchived))


def waiting(engine: Engine) -> dict[str, str | None]:
    """The cases that are still to be archived, each with its problem."""
    with engine.connect() as connection:
        rows = connection.execute(select(unarchived.c.request_id, unarchived.c.problem))
        return {row.request_id: row.problem for row in rows}


def lease_is_over(engine: Engine) -> None:
    """What others had taken, or put off, may be taken now."""
    with engine.begin() as connection:
        connection.execute(unarchived.update().values(due_at=unarchived.c.asked_at))


async def closed(client: ShareflowClient) -> str:
    request_id = await filed(client)
    await client.command(request_id, command(P, C.REFUSE, WHY))
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    await handle_of(client, request_id).result()
    return request_id


async def archived(client: ShareflowClient, archive: HistoryArchive) -> ArchivingRound:
    return await archive_next(client.temporal, client.reader.engine, archive, ALL)


def forgetful(client: ShareflowClient) -> ShareflowClient:
    """A door to a Temporal that has none of these cases: as it is when the time for which it keeps them is over."""
    temporal = Client(client.temporal.service_client, namespace="temporal-system", data_converter=data_converter)
    return ShareflowClient(temporal, client.reader.engine)


def away(client: ShareflowClient) -> ShareflowClient:
    """A door to a Temporal that does not answer."""

    def ask(*_: object, **__: object) -> NoReturn:
        raise RPCError("connection refused", RPCStatusCode.UNAVAILABLE, b"")

    temporal = Client(client.temporal.service_client, namespace=client.temporal.namespace)
    temporal.get_workflow_handle = temporal.list_workflows = ask  # type: ignore[method-assign]
    return ShareflowClient(temporal, client.reader.engine)


def gone_are(runs: Collection[str]) -> Callable[..., Awaitable[CaseHistory]]:
    """How Temporal is asked for a run when it has let go of these."""

    async def ask(client: Client, workflow_id: str, run_id: str) -> CaseHistory:
        if run_id in runs:
            raise WorkflowGone
        return await history_of(client, workflow_id, run_id)

    return ask


class Died(BaseException):
    """The worker's end."""


async def dossier(client: ShareflowClient, request_id: str, archive: HistoryArchive | None) -> CaseDossier:
    return await dossier_of(client.reader, client.temporal, request_id, archive=archive)


async def test_a_closed_case_is_archived_once_and_its_dossier_is_made_without_temporal(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    engine, request_id = client.reader.engine, await closed(client)
    assert waiting(engine) == {request_id: None}
    done = await archived(client, archive)
    assert ([run.request_id for run in done.archived], done.problems) == ([request_id], {})
    assert waiting(engine) == {}
    assert (await archived(client, archive)).archived == []

    while_there, later = await dossier(client, request_id, archive), forgetful(client)
    with pytest.raises(NeedsOperator, match="the archive does not have it"):
        await dossier(later, request_id, None)
    years_later = await dossier(later, request_id, archive)
    assert years_later.files["history.json"] == while_there.files["history.json"]
    found = {each.check: each.result for each in await asyncio.to_thread(verify, years_later)}
    assert (found["digests"], found["history"], found["ledger"]) == ("ok", "ok", "ok")


async def test_a_closed_case_that_is_archived_makes_its_dossier_while_temporal_is_away(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    done, still_open = await closed(client), await filed(client)
    with pytest.raises(Unavailable, match="connection refused"):
        await dossier(away(client), done, archive)
    await archived(client, archive)
    whole = await dossier(away(client), done, archive)
    assert whole.files["history.json"] == (await dossier(client, done, archive)).files["history.json"]
    with pytest.raises(Unavailable, match="connection refused"):
        await dossier(away(client), still_open, archive)


async def test_archiving_waits_while_temporal_is_away(client: ShareflowClient, archive: HistoryArchive) -> None:
    engine, request_id = client.reader.engine, await closed(client)
    unreachable = away(client).temporal
    with pytest.raises(RPCError):
        await archive_next(unreachable, engine, archive, ALL)
    problem = waiting(engine)[request_id]
    assert problem is None or "connection refused" in problem
    assert archived_runs(engine, request_id) == ()
    lease_is_over(engine)
    await archived(client, archive)
    assert (waiting(engine), len(archived_runs(engine, request_id))) == ({}, 1)


async def test_a_history_that_was_changed_in_the_archive_makes_no_dossier(
    client: ShareflowClient, archive: HistoryArchive, tmp_path: Path
) -> None:
    request_id = await closed(client)
    [run] = (await archived(client, archive)).archived
    later = forgetful(client)
    file = tmp_path / "archive" / run.stored_as
    text = gzip.decompress(file.read_bytes())
    for forged in (text.replace(b'"eventId":"2"', b'"eventId":"3"'), text + b" ", b"", text[:-1]):
        assert forged != text
        file.unlink()
        file.write_bytes(gzip.compress(forged))
        with pytest.raises(NeedsOperator, match="not what was archived"):
            await dossier(later, request_id, archive)
    file.unlink()
    with pytest.raises(NeedsOperator, match="is gone from the archive"):
        await dossier(later, request_id, archive)


async def test_the_runs_of_an_open_case_are_archived_as_they_hand_over(
    client: ShareflowClient, archive: HistoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.this_run.MOST_UPDATES", 3)
    engine, request_id = client.reader.engine, await filed(client)
    for number in range(6):
        await client.command(request_id, command(B, C.URGE, key=f"urge-{number}"))

    async def listed() -> bool:
        """Temporal's list lags behind a little."""
        await ask_temporal(client.temporal, engine, None)
        return request_id in waiting(engine)

    await until(listed)
    first = await archived(client, archive)
    assert {run.request_id for run in first.archived} >= {request_id}
    assert request_id not in waiting(engine)
    early = archived_runs(engine, request_id)
    assert [run.ended for run in early] == ["continued_as_new"] * len(early)
    assert len(early) >= 2
    assert early[1].previous_run_id == early[0].run_id

    monkeypatch.setattr("starter.histories.history_of", gone_are({run.run_id for run in early}))
    assert len((await dossier(client, request_id, archive)).histories) == len(early) + 1
    await client.command(request_id, command(P, C.REFUSE, WHY))
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    await handle_of(client, request_id).result()
    assert (await archived(client, archive)).problems == {}
    assert [run.ended for run in archived_runs(engine, request_id)][-1] == "completed"
    whole = await dossier(client, request_id, archive)
    found = {each.check: each.result for each in await asyncio.to_thread(verify, whole)}
    assert (found["history"], found["ledger"]) == ("ok", "ok")


async def test_a_case_that_was_terminated_is_found_in_temporal(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    engine, request_id = client.reader.engine, await filed(client)
    await in_step(client, request_id)
    await handle_of(client, request_id).terminate("an operator's mistake")

    async def listed() -> bool:
        await ask_temporal(client.temporal, engine, None)
        return request_id in waiting(engine)

    await until(listed)
    await archived(client, archive)
    assert [run.ended for run in archived_runs(engine, request_id)] == ["terminated"]
    # Found once: what is kept is not asked for again.
    await ask_temporal(client.temporal, engine, None)
    assert request_id not in waiting(engine)


async def test_what_dies_between_the_file_and_the_register_is_finished_by_the_next(
    client: ShareflowClient, archive: HistoryArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine, request_id = client.reader.engine, await closed(client)

    def dies(*_: object) -> None:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr("background.archive.archiving.note_archived", dies)
        with pytest.raises(Died):
            await archived(client, archive)
    [file] = (tmp_path / "archive").rglob("*.json.gz")
    before = file.read_bytes(), file.stat().st_ino
    assert archived_runs(engine, request_id) == ()
    lease_is_over(engine)
    await asyncio.gather(*(archived(client, archive) for _ in range(2)))
    assert [run.request_id for run in archived_runs(engine, request_id)] == [request_id]
    assert (file.read_bytes(), file.stat().st_ino) == before
    assert waiting(engine) == {}


async def test_two_workers_share_the_work(client: ShareflowClient, archive: HistoryArchive) -> None:
    cases = sorted([await closed(client) for _ in range(4)])
    rounds = await asyncio.gather(*(archived(client, archive) for _ in range(3)))
    assert sorted(run.request_id for done in rounds for run in done.archived) == cases
    assert waiting(client.reader.engine) == {}


async def test_an_archive_that_is_away_is_waited_for(
    client: ShareflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await closed(client)
    (tmp_path / "archive").write_text("a file stands where the folder should be")
    archive = HistoryArchive(FolderArchive(tmp_path / "archive"))
    engine = client.reader.engine
    with pytest.raises(OSError, match="archive"):
        await archived(client, archive)
    assert "NotADirectoryError" in (waiting(engine)[request_id] or "") or "FileExistsError" in (
        waiting(engine)[request_id] or ""
    )
    monkeypatch.setattr("background.archive.archiving.EVERY", timedelta(seconds=0.3))
    monkeypatch.setattr("background.archive.archiving.FIRST_PAUSE", timedelta(seconds=0.05))
    lease_is_over(engine)
    task = asyncio.create_task(keep_archiving(client.temporal, engine, archive))
    try:
        await asyncio.sleep(0.3)
        (tmp_path / "archive").unlink()

        async def kept() -> bool:
            return bool(archived_runs(engine, request_id))

        await until(kept)
    finally:
        task.cancel()


async def test_what_is_in_neither_is_told(client: ShareflowClient, archive: HistoryArchive) -> None:
    request_id = await closed(client)
    later = forgetful(client)
    done = await archived(later, archive)
    assert done.problems == {request_id: GONE}
    assert waiting(client.reader.engine) == {request_id: GONE}
    with pytest.raises(NotFound, match="Neither Temporal nor the archive"):
        await dossier(later, request_id, archive)
    with pytest.raises(NotFound, match=r"^There is no case ZHEJIANG-NONE\.$"):
        await dossier(later, "ZHEJIANG-NONE", archive)
