"""Kills of every machine while cases are driven, fifty in the whole form: nothing is lost, nothing happens twice."""

import asyncio
import itertools
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable
from tests.engine.cases import PROCEDURES
from tests.engine.driving import Driven, check, no_workflow_failed_and_none_is_there_twice, parked, until_in_step
from tests.engine.machines import Database, EngineProcess, Machine, TemporalServer, worker_process
from tests.forms import either

T = TypeVar("T")

CASES, KILLS, AT_LEAST = either((len(PROCEDURES), 5, 4), (50, 36, 30))
EACH_AT_LEAST = either(1, 5)
"""Kills of each machine."""
SEED = 20260918
PATIENCE = timedelta(seconds=5)
ALL_DRIVEN_WITHIN = 400.0
"""No measure of speed, only an end to waiting: something hangs."""
PAUSE_BEFORE_KILL = (0.2, 1.4)
TOGETHER = 0.25
"""How often a second machine is killed with the first: a worker that dies with the server it reports to."""


@dataclass
class Engineroom:
    """The machines, and how their killing goes."""

    database: Database
    temporal: TemporalServer
    worker: EngineProcess
    in_flight: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    kills_in_flight: int = 0
    progress: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def killed(self) -> int:
        return self.kills.total()


@pytest.fixture
async def room() -> AsyncIterator[Engineroom]:
    with tempfile.TemporaryDirectory(prefix="shareflow-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        database, temporal = Database(folder / "pg"), TemporalServer(folder)
        await asyncio.gather(database.start(), temporal.start())
        await asyncio.to_thread(database.migrate)
        worker = worker_process(folder, temporal.address, database.url)
        try:
            await worker.start()
            yield Engineroom(database, temporal, worker)
        finally:
            await worker.stop()
            await temporal.stop()
            await database.stop()


@pytest.mark.long
async def test_cases_survive_kills_of_every_machine(room: Engineroom) -> None:
    begun = time.monotonic()
    engine = await asyncio.to_thread(connect, room.database.url)
    temporal = await connect_to(room.temporal.address)
    client = ShareflowClient(temporal, engine, patience=PATIENCE)
    cases = [Driven(p, f"crash-{n}") for n, p in zip(range(CASES), itertools.cycle(PROCEDURES), strict=False)]
    async with asyncio.timeout(ALL_DRIVEN_WITHIN), asyncio.TaskGroup() as group:
        for number, case in enumerate(cases):
            group.create_task(drive(client, case, room, random.Random(SEED + number)))
        group.create_task(kill_at_random(room, random.Random(SEED)))
    driven = time.monotonic() - begun
    await until_in_step(client, cases)
    for case in cases:
        await check(client, case)
    async with asyncio.timeout(60):  # a worker looks every few seconds
        while any(await asyncio.gather(*(asyncio.to_thread(parked, engine, case.request_id) for case in cases))):  # noqa: ASYNC110
            await asyncio.sleep(0.5)
    await no_workflow_failed_and_none_is_there_twice(temporal, cases)
    print(
        f"\n{room.killed} kills ({dict(room.kills)}), {room.kills_in_flight} with calls in flight; "
        f"{sum(1 + len(c.answers) for c in cases)} calls answered after {sum(c.asked_again for c in cases)} repeats; "
        f"the worker could not start {room.worker.failed_starts} times (no database yet); driven in {driven:.0f} s, "
        f"checked after {time.monotonic() - begun:.0f} s"
    )
    assert room.killed >= AT_LEAST
    assert room.kills_in_flight >= AT_LEAST
    assert all(room.kills[machine.name] >= EACH_AT_LEAST for machine in machines(room))
    assert sum(c.asked_again for c in cases) > 0, "no call was ever hit: this test has proved nothing"
    engine.dispose()


# Driving


async def drive(client: ShareflowClient, case: Driven, room: Engineroom, chance: random.Random) -> None:
    """File a case and give its commands, one after another, spread over all the kills."""
    commands = case.procedure.commands()
    turns = sorted(chance.randrange(KILLS) for _ in range(1 + len(commands)))
    await after_kill(room, turns[0], chance)
    case.filed = await answered(
        room,
        case,
        lambda: client.file(case.procedure.statute, case.procedure.application(), key=case.key),
    )
    assert case.filed.request_id == case.request_id
    for turn, command in zip(turns[1:], commands, strict=True):
        await after_kill(room, turn, chance)
        given = partial(client.command, case.request_id, command)
        case.answers[command.key] = await answered(room, case, given)


async def after_kill(room: Engineroom, number: int, chance: random.Random) -> None:
    async with room.progress:
        await room.progress.wait_for(lambda: room.killed >= number)
    await asyncio.sleep(chance.uniform(0, 1.5))


async def answered(room: Engineroom, case: Driven, call: Callable[[], Awaitable[T]]) -> T:
    """What the engine answers, asked again with the same key as long as it cannot answer."""
    while True:
        room.in_flight += 1
        try:
            return await call()
        except Unavailable:
            case.asked_again += 1
        finally:
            room.in_flight -= 1
        await asyncio.sleep(0.1)


# Killing


def machines(room: Engineroom) -> Sequence[Machine]:
    return (room.worker, room.temporal, room.database)


async def kill_at_random(room: Engineroom, chance: random.Random) -> None:
    """Kill a machine, sometimes two at once, and start them again; never one that is not up."""
    up = {machine.name: asyncio.Event() for machine in machines(room)}
    for event in up.values():
        event.set()
    async with asyncio.TaskGroup() as restarts:
        while room.killed < KILLS:
            await asyncio.sleep(chance.uniform(*PAUSE_BEFORE_KILL))
            targets = chance.sample(machines(room), 2 if chance.random() < TOGETHER else 1)
            for target in targets:
                await up[target.name].wait()
            for target in targets:
                room.kills[target.name] += 1
                room.kills_in_flight += room.in_flight > 0
                up[target.name].clear()
            await asyncio.gather(*(target.kill() for target in targets))
            for target in targets:
                restarts.create_task(start_again(target, up[target.name]))
            async with room.progress:
                room.progress.notify_all()


async def start_again(machine: Machine, up: asyncio.Event) -> None:
    await machine.start()
    up.set()
