"""The sweep asks those of whom no door has heard, and nobody else; whoever lags behind is found."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select
from temporalio.client import Client

from background.reconciliation import Sweep, keep_reconciling, look_back, reconcile
from domain.words import Stage
from ledger.engine import Engine
from ledger.queries.confirmed import confirm
from ledger.tables import confirmed
from ledger.writer import Writer
from starter.answered_heads import AnsweredHeads
from starter.engine_client import ShareflowClient
from tests.engine.cases import WHY, command, write_behind
from tests.engine.looking import C, P, filed, handle_of, in_step, until

LONG_AFTER = datetime.now(UTC) + timedelta(days=1)


def known_of(engine: Engine, request_id: str) -> int | None:
    """Up to which event Temporal is known to have a case."""
    query = select(confirmed.c.seq).where(confirmed.c.request_id == request_id)
    with engine.connect() as connection:
        found: int | None = connection.execute(query).scalar()
        return found


async def heard_of(client: ShareflowClient, request_id: str) -> int:
    """The head of a case, once the ledger knows that Temporal has it."""
    head = client.get(request_id).seq

    async def told() -> bool:
        return await asyncio.to_thread(known_of, client.reader.engine, request_id) == head

    await until(told)
    return head


def a_moment_ago() -> datetime:
    return datetime.now(UTC) - timedelta(seconds=5)


@pytest.fixture
def client(client: ShareflowClient) -> ShareflowClient:
    """A door that soon tells of its answers."""
    client._answered = AnsweredHeads(client.writer, every=timedelta(seconds=0.2))
    return client


@pytest.fixture
def forgetful(client: ShareflowClient, monkeypatch: pytest.MonkeyPatch) -> ShareflowClient:
    """A door that ends before it has told of any answer."""
    monkeypatch.setattr(AnsweredHeads, "note", lambda *_: None)
    return client


async def test_what_a_door_was_answered_is_not_asked(client: ShareflowClient) -> None:
    since, engine = a_moment_ago(), client.reader.engine
    request_id = await filed(client)
    filing = await heard_of(client, request_id)
    await client.command(request_id, command(P, C.REFUSE, WHY))
    assert await heard_of(client, request_id) > filing
    assert request_id not in (await reconcile(client.temporal, engine, since)).asked


async def test_what_no_door_has_told_is_asked_once(forgetful: ShareflowClient) -> None:
    since, engine = a_moment_ago(), forgetful.reader.engine
    request_id = await filed(forgetful)
    assert known_of(engine, request_id) is None
    sweep = await reconcile(forgetful.temporal, engine, since)
    assert request_id in sweep.asked
    assert request_id not in sweep.nudged
    assert known_of(engine, request_id) == forgetful.get(request_id).seq
    assert request_id not in (await reconcile(forgetful.temporal, engine, since)).asked


async def test_a_case_in_motion_is_left_alone_until_it_is_quiet(forgetful: ShareflowClient) -> None:
    since, engine = a_moment_ago(), forgetful.reader.engine
    request_id = await filed(forgetful)
    sweep = await reconcile(forgetful.temporal, engine, since, quiet=timedelta(minutes=1))
    assert request_id not in sweep.asked
    assert sweep.until < forgetful.get(request_id).updated_at
    assert request_id in (await reconcile(forgetful.temporal, engine, sweep.until)).asked


async def test_who_lags_behind_is_asked_until_it_has_caught_up(client: ShareflowClient) -> None:
    since, engine = a_moment_ago(), client.reader.engine
    request_id = await filed(client)
    before = await heard_of(client, request_id)
    head = write_behind(engine, request_id, command(P, C.REFUSE, WHY)).head
    sweep = await reconcile(client.temporal, engine, since)
    assert request_id in sweep.nudged
    assert request_id in sweep.left
    assert known_of(engine, request_id) == before
    assert (await in_step(client, request_id)).stage is Stage.REFUSED
    # Its change is long past by then: what was left is asked all the same, and then is over.
    later = await reconcile(client.temporal, engine, LONG_AFTER, left=sweep.left)
    assert request_id in later.asked
    assert request_id not in (*later.nudged, *later.left)
    assert known_of(engine, request_id) == head


async def test_what_was_confirmed_before_temporal_was_set_back_is_asked_again(client: ShareflowClient) -> None:
    since, engine = a_moment_ago(), client.reader.engine
    request_id, well = await filed(client), await filed(client)
    for each in (request_id, well):
        await heard_of(client, each)
    head = write_behind(engine, request_id, command(P, C.REFUSE, WHY)).head
    await asyncio.to_thread(confirm, engine, {request_id: head})  # by a door, while Temporal still had it
    assert request_id not in (await reconcile(client.temporal, engine, since)).asked
    behind = await look_back(client.temporal, engine)
    assert request_id in behind
    assert well not in behind
    assert (await in_step(client, request_id)).stage is Stage.REFUSED
    assert request_id in (await reconcile(client.temporal, engine, LONG_AFTER, left=behind)).asked
    assert request_id not in await look_back(client.temporal, engine)
    assert known_of(engine, request_id) == head


async def test_of_many_that_were_left_each_gets_its_turn(
    forgetful: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("background.reconciliation.AGAIN_AT_MOST", 1)
    cases = [await filed(forgetful) for _ in range(3)]
    left, asked = list(cases), []
    for _ in cases:
        sweep = await reconcile(forgetful.temporal, forgetful.reader.engine, LONG_AFTER, left=left)
        asked += [each for each in sweep.asked if each in cases]
        left = sweep.left
    assert (asked, left) == (cases, [])


async def test_a_case_that_is_gone_is_not_confirmed(forgetful: ShareflowClient) -> None:
    since, engine = a_moment_ago(), forgetful.reader.engine
    request_id = await filed(forgetful)
    await handle_of(forgetful, request_id).terminate("an operator's mistake")
    write_behind(engine, request_id, command(P, C.REFUSE, WHY))
    for _ in range(2):
        assert request_id in (await reconcile(forgetful.temporal, engine, since)).missing
    assert known_of(engine, request_id) is None


async def test_answered_heads_are_told_in_batches_and_when_the_door_closes(client: ShareflowClient) -> None:
    engine = client.reader.engine
    first, second = await filed(client), await filed(client)
    await heard_of(client, second)
    door = AnsweredHeads(Writer(engine), every=timedelta(seconds=0.2))
    door.note(first, 8)
    door.note(first, 7)

    async def told() -> bool:
        return await asyncio.to_thread(known_of, engine, first) == 8

    await until(told)
    closing = AnsweredHeads(Writer(engine), every=timedelta(hours=1))
    closing.note(second, 9)
    await closing.close()
    assert known_of(engine, second) == 9
    await asyncio.to_thread(confirm, engine, {first: 3})
    assert known_of(engine, first) == 8


async def test_a_ledger_that_is_away_fails_no_door() -> None:
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    door = AnsweredHeads(Writer(away), every=timedelta(seconds=0.05))
    for number in range(3):
        door.note(f"R-{number}", 1)
        await asyncio.sleep(0.1)
    await door.close()


async def test_one_process_sweeps_and_another_takes_over_when_it_ends(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept = list[int]()
    doors = [Client(client.temporal.service_client) for _ in range(2)]

    async def counted(door: Client, *_: object) -> Sweep:
        swept.append(doors.index(door))
        return Sweep(datetime.now(UTC))

    monkeypatch.setattr("background.reconciliation.reconcile", counted)
    for pause in ("EVERY", "TAKEN_OVER_WITHIN"):
        monkeypatch.setattr(f"background.reconciliation.{pause}", timedelta(seconds=0.05))
    both = [asyncio.create_task(keep_reconciling(door, client.reader.engine)) for door in doors]

    async def sweeps(number: int, times: int) -> bool:
        return swept.count(number) >= times

    try:
        await until(lambda: sweeps(swept[0] if swept else 0, 3))
        [first] = set(swept)
        both[first].cancel()
        await asyncio.gather(both[first], return_exceptions=True)
        await until(lambda: sweeps(1 - first, 3))
        assert swept == sorted(swept, key=lambda number: number != first), "never both at a time"
    finally:
        for task in both:
            task.cancel()
        await asyncio.gather(*both, return_exceptions=True)
