"""Cases of the demonstration on a real engine: they live on, also over a restart, and the stuck ones can be mended."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.released import texts_here
from background.stuck import note_what_is_held_up
from domain.clocks import ClockId
from domain.engine.commands import Command
from domain.engine.records import Actor, RecordedEvent
from domain.log.acts import Acting
from domain.naming import request_id_for
from domain.stuck import BatchState, RemedyResult
from domain.words import ClockState, CommandName, EventType, ProcedureName, Role, Stage
from embedded.demo.filling import Filling, fill
from embedded.demo.stories import SeededCase, key_of, seeded_cases, suspended_cases
from embedded.demo.troubles import SURVEY, rectification_of
from embedded.simulate.sandbox import SKIPPING, Sandbox, skipper_of
from embedded.simulate.skipped_case import SkippedCase
from embedded.stack.temporal import Ports, TemporalOptions, start_temporal
from protocol.connecting import connect_to
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.engine_client import ShareflowClient
from starter.stuck import StuckDesk
from tests.pure_play import play_purely
from worker.building import build_worker, working

REQUEST = ProcedureName.SHARE_REQUEST
CAUSE = "other_case_unavailable:workflow_without_case"
OPEN = key_of(REQUEST, "checked-and-to-be-answered", "nantong-2020+809")
DUE_TODAY = key_of(REQUEST, "due-today-of-five", "yima-2021+809")
CLOSED = key_of(REQUEST, "granted-by-the-local-text", "changshu-2019+jiangsu")


@asynccontextmanager
async def as_up_runs_it(ground: Sandbox, folder: Path) -> AsyncIterator[Sandbox]:
    """A server that keeps its workflows in a folder, and an ordinary worker: what ``up --demonstration`` has."""
    options = TemporalOptions(Ports(0, None), folder / "temporal.db", None, SEARCH_ATTRIBUTES, SKIPPING)
    server = await start_temporal(options)
    try:
        client = await connect_to(server.address)
        async with working(build_worker(client, ground.engine)):
            skipper = skipper_of(client)
            yield Sandbox(skipper.client, skipper, ground.engine, ground.calendar)
    finally:
        await server.stop()


def three(now: datetime) -> list[SeededCase]:
    return [case for case in seeded_cases(now) if case.key in (OPEN, DUE_TODAY, CLOSED)]


def id_of(case: SeededCase) -> str:
    return request_id_for(case.scenario.statute, case.key, case.scenario.procedure)


def events(ground: Sandbox, case: SeededCase) -> list[RecordedEvent]:
    return list(ShareflowClient(ground.temporal, ground.engine).reader.events(id_of(case)))


def on_paper(case: SeededCase, until: datetime) -> list[EventType]:
    steps = tuple(step.model_copy(update={"person": None}) for step in case.scenario.steps)
    played = play_purely(case.scenario.model_copy(update={"steps": steps, "until": until})).played
    return [event.type for event in played.events]


async def test_seeded_cases_live_on_in_real_time_and_over_a_restart(ground: Sandbox, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    cases = {case.key: case for case in three(now)}
    async with as_up_runs_it(ground, tmp_path) as before:
        first = asyncio.Event()
        killed = asyncio.create_task(fill(before, now, lambda _: first.set(), list(cases.values()), ()))
        await first.wait()
        killed.cancel()
        await asyncio.gather(killed, return_exceptions=True)
        told: list[Filling] = []
        filled = await fill(before, now, told.append, list(cases.values()), ())
        assert (filled.all, filled.there, filled.failed, len(told)) == (3, 3, [], 3)
        there = {key: [event.digest for event in events(before, case)] for key, case in cases.items()}
        for case in cases.values():
            assert [event.type for event in events(before, case)] == on_paper(case, now)
        await fill(before, now, told.append, list(cases.values()), ())
        assert there == {key: [event.digest for event in events(before, case)] for key, case in cases.items()}
        # Some seconds before its limit ends; what follows is up to real time.
        pressing = SkippedCase(before, id_of(cases[DUE_TODAY]))
        [clock] = [clock for clock in (await pressing.view()).clocks if clock.state is ClockState.RUNNING]
        shift = await pressing.shift()
        assert abs(await pressing.now() + shift - datetime.now(UTC)) < timedelta(seconds=5)
        await pressing.forward(clock.due_at - (await pressing.now() + shift) + timedelta(seconds=45))

    async with as_up_runs_it(ground, tmp_path) as after:
        client = ShareflowClient(after.temporal, ground.engine, patience=timedelta(seconds=60))
        case = cases[OPEN]
        grant = Command(
            name=CommandName.GRANT,
            actor=Actor(role=Role.PROVIDER, org=case.scenario.request.provider.code),  # type: ignore[attr-defined]
            key="the-grant",
            received_at=None,
        )
        answer = await client.command(id_of(case), grant)
        assert answer.stage is Stage.DELIVERY
        clocks = {clock.id: clock for clock in client.get(id_of(case)).clocks}
        assert clocks[ClockId.PROVIDER_ANSWER].state is ClockState.MET
        granted = next(event for event in events(after, case) if event.type is EventType.GRANTED)
        assert abs(granted.at - datetime.now(UTC)) < timedelta(minutes=2)
        days = ground.calendar.as_known_on(granted.at.date())
        assert clocks[ClockId.DELIVERY].due_date == days.add_working_days(granted.at.date(), 20)

        async def breached() -> bool:
            return EventType.CLOCK_BREACHED in [event.type for event in events(after, cases[DUE_TODAY])]

        await eventually(breached)
        [breach] = [e for e in events(after, cases[DUE_TODAY]) if e.type is EventType.CLOCK_BREACHED]
        assert breach.at == clock.due_at


async def test_those_that_are_stuck_share_a_cause_and_go_on_when_told(ground: Sandbox) -> None:
    now = datetime.now(UTC)
    survey = [case for case in seeded_cases(now) if case.key == SURVEY]
    filled = await fill(ground, now, lambda _: None, survey)
    assert (filled.there, filled.failed) == (4, [])
    again = await fill(ground, now, lambda _: None, survey)
    assert (again.there, again.failed) == (4, [])
    client = ShareflowClient(ground.temporal, ground.engine)
    stuck = [id_of(case) for case in suspended_cases(now)]
    for case in suspended_cases(now):
        [opening, *_] = events(ground, case)
        assert opening.data["statute_digest"] == texts_here()[case.scenario.statute]
    await note_what_is_held_up(ground.temporal, ground.engine)
    assert {each.cause for it in stuck for each in client.reader.troubles_of(it)} == {CAUSE}

    desk, operator = StuckDesk(client), Acting(subject="op-1")
    assert (await desk.retry(stuck[0], operator, "编号已让出", CAUSE)).result is RemedyResult.RECOVERED
    batch = await desk.prepare(CAUSE, operator, "编号已让出")
    assert {item.subject for item in batch.items} == {*stuck[1:]}
    await desk.move(batch.id, "confirm", operator)

    async def finished() -> bool:
        return (await desk.batch(batch.id)).state is BatchState.FINISHED

    await eventually(finished)
    assert {item.result for item in (await desk.batch(batch.id)).items} == {RemedyResult.RECOVERED}
    for case in suspended_cases(now):
        opened = client.get(rectification_of(case.scenario.statute, id_of(case)))
        assert opened.opened_by == id_of(case)


async def eventually(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(120):
        while not await true():  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.3)
