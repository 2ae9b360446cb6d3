"""Comparing Temporal, the ledger and the archive: each way in which they can differ is found and named."""

import asyncio
import json
import uuid
from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, delete, func, text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest

from background.archive.comparison import Comparison
from background.archive.differing import CompareFinding, Discrepancy
from background.archive.folder import FolderArchive
from background.archive.lacking import Older
from background.archive.repairing import repair
from background.archive.store import HistoryArchive
from cli.checks.engine import cases_check
from cli.checks.moment import moment_check, told
from configuration.settings import Settings
from domain.naming import request_id_for
from domain.words import ProcedureName, Role
from embedded.simulate.sandbox import Sandbox
from ledger.archive_tables import unarchived
from ledger.engine import Engine, connect
from ledger.queries.archive import archived_runs
from ledger.queries.events import events_of
from ledger.reader import Reader
from ledger.schema import migrate
from ledger.tables import cases, outbox
from protocol.connecting import TemporalClient
from protocol.histories import ToldRun, told_run
from starter.engine_client import ShareflowClient
from tests.engine.cases import WHY, application, command, write_behind
from tests.engine.commands import typed
from tests.engine.looking import C, P, R, filed, handle_of, in_step, until
from tests.engine.test_archive import archived, closed, forgetful

D = Discrepancy


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


@pytest.fixture
def archive(folder: Path) -> HistoryArchive:
    return HistoryArchive(FolderArchive(folder))


@pytest.fixture(autouse=True)
def nothing_waits(client: ShareflowClient) -> None:
    """Cases of other tests are not archived here."""
    with client.reader.engine.begin() as connection:
        connection.execute(delete(unarchived))


@pytest.fixture
def other_ledger(ground: Sandbox) -> Iterator[Engine]:
    """An empty ledger beside that of the cases."""
    url = ground.engine.url
    with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS compared"))
        connection.execute(text("CREATE DATABASE compared"))
    engine = connect(url.set(database="compared").render_as_string(hide_password=False))
    migrate(engine)
    yield engine
    engine.dispose()


async def found_by(comparison: Comparison) -> Mapping[str, list[CompareFinding]]:
    """What a comparison finds, by case."""
    found: dict[str, list[CompareFinding]] = {}
    async for each in comparison.findings():
        found.setdefault(each.request_id, []).append(each)
    return found


def kinds(found: Mapping[str, list[CompareFinding]], request_id: str) -> list[Discrepancy]:
    return [each.kind for each in found.get(request_id, [])]


def at_once(client: ShareflowClient, archive: HistoryArchive, quick: bool = False) -> Comparison:
    """A comparison that gives nobody time."""
    none = timedelta()
    return Comparison(client.temporal, client.reader, archive, quick, quiet=none, within=none)


def as_owner(engine: Engine, statement: str, **values: object) -> None:
    """What the owner of the database can do, whatever the database refuses to others."""
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE events DISABLE TRIGGER ALL"))
        connection.execute(text(statement), values)
        connection.execute(text("ALTER TABLE events ENABLE TRIGGER ALL"))
        connection.execute(text("ALTER TABLE events ENABLE ALWAYS TRIGGER events_only_grow"))
        connection.execute(text("ALTER TABLE events ENABLE ALWAYS TRIGGER events_chain"))


async def test_what_differs_between_temporal_and_the_ledger(client: ShareflowClient, archive: HistoryArchive) -> None:
    engine = client.reader.engine
    well, ended, ahead, behind, rewritten = [await filed(client) for _ in range(5)]
    kept = await closed(client)
    await archived(client, archive)
    for request_id in (well, ended, ahead, behind, rewritten):
        await in_step(client, request_id)
    await handle_of(client, ended).terminate("an operator's mistake")
    write_behind(engine, ahead, command(P, C.REFUSE, WHY))
    await client.command(behind, command(P, C.REFUSE, WHY))
    last = "(SELECT max(seq) FROM events WHERE request_id = :case)"
    with engine.begin() as connection:
        aside = "CREATE TABLE set_aside AS SELECT * FROM events WHERE request_id IN (:one, :other)"
        connection.execute(text(aside), {"one": behind, "other": rewritten})
    as_owner(engine, f"DELETE FROM events WHERE request_id = :case AND seq = {last}", case=behind)
    as_owner(
        engine, f"UPDATE events SET digest = sha256(digest) WHERE request_id = :case AND seq = {last}", case=rewritten
    )
    found = await found_by(at_once(client, archive))
    assert {each: kinds(found, each) for each in (well, kept, ended, ahead, behind, rewritten)} == {
        well: [],
        kept: [],
        ended: [D.ENDED],
        ahead: [D.AHEAD],
        behind: [D.BEHIND],
        rewritten: [D.REWRITTEN],
    }
    assert found[ended][0].says == "The case is open in the ledger; its workflow has ended (terminated)."
    assert (await found_by(at_once(client, archive, quick=True))).keys() & {ahead, behind, rewritten} == set()
    # What is on its way is given time.
    with_time = Comparison(client.temporal, client.reader, archive)
    assert kinds(await found_by(with_time), ahead) == []
    # Others look at this ledger too: what was taken from it is put back.
    as_owner(engine, "DELETE FROM events WHERE request_id IN (SELECT request_id FROM set_aside)")
    as_owner(engine, "INSERT INTO events SELECT * FROM set_aside ORDER BY request_id, seq")
    as_owner(engine, "DROP TABLE set_aside")
    assert (await found_by(at_once(client, archive))).keys() & {behind, rewritten} == set()


async def test_what_everybody_reads_of_a_case_is_held_to_its_events(
    ground: Sandbox, client: ShareflowClient, archive: HistoryArchive
) -> None:
    request_id = await filed(client)
    await in_step(client, request_id)
    before = client.reader.case(request_id)
    assert before is not None
    by_case = {"case": request_id}
    with ground.engine.begin() as connection:  # as the role of workers and the API may
        rewritten = "stage = 'granted', outcome = 'refused', provider_name = 'Another'"
        connection.execute(text(f"UPDATE cases SET {rewritten} WHERE request_id = :case"), by_case)
        connection.execute(text("UPDATE clocks SET state = 'met' WHERE request_id = :case AND number = 1"), by_case)
        taken = text("DELETE FROM outbox WHERE request_id = :case AND seq = 2 RETURNING *")
        message = dict(connection.execute(taken, by_case).mappings().one())
    check = await cases_check(client.reader, client.temporal)
    assert (check.state, check.says.startswith("A case's row in the ledger has a word")) == ("problem", True)
    comparison = at_once(client, archive)
    found = (await found_by(comparison))[request_id]
    assert [each.kind for each in found] == [D.ALTERED, D.UNSENT]
    assert found[0].says == (
        "Its row is not what its events give: stage is granted, and the events give provider_answer; "
        f"outcome is refused, and the events give None; provider_name is 'Another', and was {before.provider_name!r}; "
        "clock 1: state is met, and the events give running."
    )
    assert [each.as_data for each in found[0].alterations] == [
        {"field": "stage", "was": "granted", "gives": "provider_answer"},
        {"field": "outcome", "was": "refused", "gives": None},
        {"field": "provider_name", "was": "Another", "gives": before.provider_name},
        {"field": "clocks.1.state", "was": "met", "gives": "running"},
    ]
    assert found[1].says == "The outbox has no message of 1 of its events, of 2 to 2."
    assert await repair(comparison, found[0])
    assert not await repair(comparison, found[1])
    after = client.reader.case(request_id)
    assert after is not None
    assert after.model_copy(update={"updated_at": before.updated_at}) == before
    assert kinds(await found_by(comparison), request_id) == [D.UNSENT]
    # What nobody may change, the owner of the database mends.
    with ground.engine.begin() as connection:
        connection.execute(text("UPDATE cases SET seq = seq + 7 WHERE request_id = :case"), by_case)
    [spoilt] = [each for each in (await found_by(comparison))[request_id] if each.kind is D.ALTERED]
    assert "seq is" in spoilt.says
    assert not await repair(comparison, spoilt)
    with ground.engine.begin() as connection:  # others look at this ledger, too
        connection.execute(text("ALTER TABLE cases DISABLE TRIGGER cases_as_filed"))
        connection.execute(text("UPDATE cases SET seq = seq - 7 WHERE request_id = :case"), by_case)
        connection.execute(text("ALTER TABLE cases ENABLE ALWAYS TRIGGER cases_as_filed"))
        connection.execute(outbox.insert().values(message))
    assert request_id not in await found_by(comparison)


async def test_a_filing_that_waits_to_be_recorded_is_lacking_nowhere(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    """As while the disk of the database is full: nobody was told that it was filed, so nothing is to be put back."""
    key = f"waits-{uuid.uuid4().hex}"
    request_id = request_id_for("nantong-2020", key, ProcedureName.SHARE_REQUEST)
    with client.reader.engine.begin() as connection:
        connection.execute(text("LOCK TABLE cases IN SHARE ROW EXCLUSIVE MODE"))
        filing = asyncio.create_task(client.file("nantong-2020", application(), key=key))

        async def found() -> list[CompareFinding]:
            latest = await at_once(client, archive).of_latest(3)
            return [each for each in latest if each.request_id == request_id]

        await until(found)
        (waiting,) = await found()
    assert (waiting.kind, waiting.lacking) == (D.UNRECORDED, None)
    doctor = told([waiting])
    assert (doctor.state, doctor.mend) == ("warning", waiting.to_do)
    assert request_id in doctor.says
    await filing
    assert await found() == []


async def test_what_one_has_and_the_other_has_not(
    client: ShareflowClient, archive: HistoryArchive, other_ledger: Engine
) -> None:
    open_here, ended = await filed(client), await closed(client)
    await archived(client, archive)
    found = await found_by(at_once(forgetful(client), archive))
    assert (kinds(found, open_here), kinds(found, ended)) == ([D.MISSING], [])
    none = timedelta()
    lost = await found_by(Comparison(client.temporal, Reader(other_ledger), archive, quiet=none))
    assert (kinds(lost, open_here), kinds(lost, ended)) == ([D.EXTRA], [D.EXTRA])
    with_time = await found_by(Comparison(client.temporal, Reader(other_ledger), archive))
    assert kinds(with_time, open_here) == kinds(with_time, ended) == [D.EXTRA], "acknowledged, if a moment ago"


async def test_a_step_of_the_last_minute_may_be_on_its_way_to_temporal_and_is_counted(
    client: ShareflowClient, archive: HistoryArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await filed(client)
    before = await told_run(client.temporal, handle_of(client, request_id).id)
    await client.command(request_id, command(P, C.REFUSE, WHY))

    async def of_before(_: TemporalClient, workflow_id: str) -> ToldRun | None:
        return before if workflow_id == handle_of(client, request_id).id else None

    monkeypatch.setattr("background.archive.comparison.told_run", of_before)
    [lacking] = await at_once(client, archive).of_latest(1)
    assert (lacking.request_id, lacking.kind) == (request_id, D.AHEAD)
    with_time = Comparison(client.temporal, client.reader, archive)
    assert (await with_time.of_latest(1), with_time.on_their_way) == ([], 1)
    monkeypatch.setattr("cli.checks.moment.LOOKED_AT", 1)
    doctor = await moment_check(Settings({}), client.reader, client.temporal)
    assert (doctor.state, doctor.says.startswith("Of 1 case the ledger has a step of the last")) == ("warning", True)


async def test_what_temporal_has_lost_is_begun_anew_from_the_ledger_where_that_is_asked_for(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    request_id, engine = await filed(client), client.reader.engine
    await client.command(request_id, command(P, C.REFUSE, WHY))
    lost = WorkflowExecution(workflow_id=handle_of(client, request_id).id)
    asked = DeleteWorkflowExecutionRequest(namespace=client.temporal.namespace, workflow_execution=lost)
    await client.temporal.workflow_service.delete_workflow_execution(asked)

    async def missing() -> list[CompareFinding]:
        found = (await found_by(at_once(client, archive, quick=True))).get(request_id, [])
        return [each for each in found if each.kind is D.MISSING]

    [found] = await until(missing)
    assert found.lacking is not None
    assert (found.lacking.side, found.lacking.calls, found.lacking.whole) == (Older.TEMPORAL, 2, True)
    before = events_of(engine, request_id)
    comparison = at_once(client, archive)
    assert not await repair(comparison, found)
    assert await repair(comparison, found, anew=True)
    assert events_of(engine, request_id) == before
    assert not await repair(comparison, found, anew=True), "it is there by now"
    await client.command(request_id, command(R, C.WITHDRAW, WHY))
    await handle_of(client, request_id).result()
    assert kinds(await found_by(comparison), request_id) == [D.UNARCHIVED]


async def test_what_is_missing_in_the_archive_is_written_there_and_nothing_else(
    client: ShareflowClient, archive: HistoryArchive, folder: Path
) -> None:
    engine = client.reader.engine
    gone, changed = await closed(client), await closed(client)
    stored = {run.request_id: folder / run.stored_as for run in (await archived(client, archive)).archived}
    missing, ended = await closed(client), await filed(client)
    await handle_of(client, ended).terminate("an operator's mistake")
    before = stored[gone].read_bytes()
    stored[gone].unlink()
    stored[changed].write_bytes(b"")
    comparison = at_once(client, archive)
    found = await found_by(comparison)
    here = (gone, changed, missing, ended)
    assert [kinds(found, each) for each in here] == [[D.GONE], [D.DAMAGED], [D.UNARCHIVED], [D.ENDED]]
    assert [await repair(comparison, found[each][0]) for each in here] == [True, False, True, False]
    assert stored[gone].read_bytes() == before
    assert [run.ended for run in archived_runs(engine, missing)] == ["completed"]
    again = await found_by(at_once(client, archive))
    assert [kinds(again, each) for each in here] == [[], [D.DAMAGED], [], [D.ENDED]]


async def test_an_event_that_was_rewritten_when_temporal_had_let_go_of_the_case(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    """Auditors come later than that: the archived history was told of the event as it was, and so was the log."""
    engine, request_id = client.reader.engine, await closed(client)
    [run] = (await archived(client, archive)).archived
    later = Comparison(forgetful(client).temporal, client.reader, archive, within=timedelta())
    assert kinds(await found_by(later), request_id) == []
    last = events_of(engine, request_id)[-1]
    at = {"case": request_id, "seq": last.seq}
    written = "UPDATE events SET digest = decode(:digest, 'hex') WHERE request_id = :case AND seq = :seq"
    as_owner(engine, written, digest="0" * 64, **at)
    [found] = (await found_by(later))[request_id]
    assert found.kind is D.REWRITTEN
    assert found.says == (
        f"Event {last.seq} of the ledger has another digest than its history was told: it was changed since "
        f"(archived run {run.run_id})."
    )
    as_owner(engine, written, digest=last.digest, **at)
    # Where nobody has a history of it, the log does, whose entries are those of before.
    client.reader.log.extend()
    as_owner(engine, written, digest="0" * 64, **at)
    assert client.reader.log.changed_since([request_id]) == {request_id: last.seq}
    [run_again] = archived_runs(engine, request_id)
    stored = archive.read(run_again)
    archive.remove(run_again)
    gone, logged = (await found_by(later))[request_id]
    assert [gone.kind, logged.kind] == [D.GONE, D.REWRITTEN]
    assert logged.says == (
        f"Event {last.seq} of the ledger is not the one that was entered in the log: it was changed since."
    )
    archive.keep(run_again.stored_as, stored)
    as_owner(engine, written, digest=last.digest, **at)
    as_owner(engine, "CREATE TABLE set_aside AS SELECT * FROM events WHERE request_id = :case AND seq = :seq", **at)
    as_owner(engine, "DELETE FROM events WHERE request_id = :case AND seq = :seq", **at)
    [behind] = (await found_by(later))[request_id]
    assert behind.kind is D.BEHIND
    assert f"has {last.seq - 1} events; its history was told of {last.seq}" in behind.says
    as_owner(engine, "INSERT INTO events SELECT * FROM set_aside")
    as_owner(engine, "DROP TABLE set_aside")
    assert request_id not in await found_by(later)


async def test_a_workflow_that_runs_on_after_its_case_was_closed(
    client: ShareflowClient, archive: HistoryArchive
) -> None:
    request_id = await filed(client)
    await in_step(client, request_id)
    with client.reader.engine.begin() as connection:
        connection.execute(cases.update().values(closed_at=func.now()).where(cases.c.request_id == request_id))
    found = await found_by(at_once(client, archive, quick=True))
    assert D.RUNNING in kinds(found, request_id)
    [running] = [each for each in found[request_id] if each.kind is D.RUNNING]
    assert running.says == "The case is closed in the ledger; its workflow still runs."
    comparison = at_once(client, archive)
    assert not await repair(comparison, running)
    with_time = Comparison(client.temporal, client.reader, archive, quick=True)
    assert D.RUNNING not in kinds(await found_by(with_time), request_id)


@pytest.mark.usefixtures("at_the_ground")
async def test_the_command_tells_repairs_and_says_so_by_its_exit_code(
    client: ShareflowClient,
) -> None:
    request_id = await closed(client)
    with client.reader.engine.begin() as connection:
        connection.execute(unarchived.update().values(asked_at=text("asked_at - interval '1 hour'")))

    code, out = await typed("reconcile", "--quick")
    assert code == 1
    [line] = [line for line in out.splitlines() if request_id in line]
    assert line == (
        f"unarchived  {request_id}: Not archived: no history of it is archived. "
        "shareflow audit reconcile --repair archives it, as workers do by themselves."
    )
    with client.reader.engine.begin() as connection:
        connection.execute(cases.update().values(rung=3).where(cases.c.request_id == request_id))
    code, out = await typed("reconcile", "--repair", "--by", "王五", "--json")
    assert code == 1
    act, row = sorted(client.reader.acts(request_id), key=lambda each: each.kind)
    assert (row.kind, row.by.subject) == ("row_repair", "王五")
    assert row.details["repaired"][0]["fields"] == [{"field": "rung", "was": 3, "gives": 0}]
    assert (act.kind, act.target, act.by.roles) == ("archive_repair", request_id, (Role.OPERATOR,))
    assert act.details["repaired"] == [{"request_id": request_id, "difference": "unarchived", "run_id": None}]
    mine = [each for each in json.loads(out) if each["request_id"] == request_id]
    assert [(each["difference"], each["repaired"], each["to_do"]) for each in mine] == [
        ("unarchived", True, None),
        ("altered", True, None),
    ]
    assert [each["fields"] for each in mine] == [[], row.details["repaired"][0]["fields"]]
    assert request_id not in (await typed("reconcile", "--quick"))[1]
    await typed("reconcile", "--repair", "--quick", "--by", "赵六")
    assert "赵六" not in {act.by.subject for act in client.reader.all_acts(limit=500)[0]}  # there was nothing to repair
