"""A case outlives the runs of its workflow: one hands over to the next in time, and nothing is left behind in it.

The limits are lowered, so that a run is long soon: the server's own (it takes so many updates in a run and then none),
and the number of commands after which a run hands over by itself.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowExecutionStatus

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.words import ClockState, EventType, ProcedureName, Stage
from embedded.simulate.sandbox import Sandbox
from protocol.messages import Answer, CalendarNews
from starter.engine_client import ShareflowClient
from starter.errors import NeedsOperator
from tests.engine.cases import WHY, application, command, rebuilt, sealed
from tests.engine.looking import B, C, P, R, events_in, handle_of, types_in, until, view_of
from tests.engine.machines import engine_apart
from tests.procedures.grants import grant, in_days, opened, renewal, use
from tests.procedures.held_up import opened_by, refuses, torn

MOST = 20
"""So many commands make a run long in these tests."""
OF_THE_SERVER = 40
"""So many updates the server takes in one run in these tests."""


@pytest.fixture
def long_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workflows.this_run.MOST_UPDATES", MOST)


def urge(number: int) -> Command:
    return command(B, C.URGE, key=f"urge-{number}")


async def runs(client: ShareflowClient, request_id: str) -> int:
    """How many runs the workflow of a case has had."""
    handle = handle_of(client, request_id)
    count, run = 1, await handle.describe()
    while run.raw_description.workflow_execution_info.first_run_id != run.run_id:
        history = await client.temporal.get_workflow_handle(handle.id, run_id=run.run_id).fetch_history()
        before = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
        run = await client.temporal.get_workflow_handle(handle.id, run_id=before).describe()
        count += 1
    return count


async def handed_over(client: ShareflowClient, request_id: str) -> bool:
    return await runs(client, request_id) > 1


# A share request


@pytest.fixture(scope="module")
async def apart() -> AsyncIterator[ShareflowClient]:
    """An engine on a server that takes few updates in one run, and then none for ever."""
    async with engine_apart((f"history.maxTotalUpdates={OF_THE_SERVER}",)) as (client, _):
        client.patience = timedelta(seconds=60)
        yield client


async def test_a_share_request_takes_more_commands_than_a_run(apart: ShareflowClient) -> None:
    client = apart
    request_id = (await client.file("cn-809-2025", application(), key=uuid.uuid4().hex)).request_id
    before = await view_of(client, request_id)
    first = [await client.command(request_id, urge(number)) for number in range(3)]
    await asyncio.gather(*(client.command(request_id, urge(number)) for number in range(3, 3 * OF_THE_SERVER)))
    assert await runs(client, request_id) >= 3
    events = await events_in(client, request_id)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (await types_in(client, request_id))[EventType.URGED] == 3 * OF_THE_SERVER
    # Its clocks are what they were, and it goes on as any case does.
    view = await view_of(client, request_id)
    assert [(c.number, c.due_at, c.state) for c in view.clocks] == [
        (c.number, c.due_at, c.state) for c in before.clocks
    ]
    assert rebuilt(client.reader.engine, request_id).head == view.head
    # What was said in the first run is known in the last.
    again = await client.command(request_id, urge(0))
    assert (again.repeated, again.head, again.events) == (True, first[0].head, first[0].events)
    assert (await client.command(request_id, command(P, C.REFUSE, WHY))).stage is Stage.REFUSED
    closed = await client.command(request_id, command(R, C.WITHDRAW, WHY))
    assert closed.stage is Stage.CLOSED
    described = await handle_of(client, request_id).describe()
    assert described.status is WorkflowExecutionStatus.COMPLETED


@pytest.mark.usefixtures("long_soon")
async def test_limits_and_what_is_shown_go_over_to_the_next_run(ground: Sandbox) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    at = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
    filed = await client.file(
        "cn-809-2025", application(), key=uuid.uuid4().hex, received_at=at, shift=at - datetime.now(UTC)
    )
    request_id = filed.request_id
    for number in range(MOST + 5):
        await client.command(request_id, urge(number))
    assert await runs(client, request_id) == 2
    handle = handle_of(client, request_id)
    shown = {pair.key.name: pair.value for pair in (await handle.describe()).typed_search_attributes}
    assert (shown["Procedure"], shown["Statute"]) == ("share_request", "cn-809-2025")
    (clock,) = (await view_of(client, request_id)).clocks
    await ground.skipper.fast_forward(handle, timedelta(days=15))

    async def breached() -> bool:
        return (await view_of(client, request_id)).clocks[0].state is ClockState.BREACHED

    await until(breached)
    events = await events_in(client, request_id)
    [breach] = [event for event in events if event.type is EventType.CLOCK_BREACHED]
    assert breach.at == clock.due_at


@pytest.mark.usefixtures("long_soon")
async def test_a_command_that_reaches_the_next_run_again_is_done_once(ground: Sandbox) -> None:
    """Temporal knows an update by its id within one run alone; a client that lost the answer asks the next one."""
    client = ShareflowClient(ground.temporal, ground.engine)
    request_id = (await client.file("cn-809-2025", application(), key=uuid.uuid4().hex)).request_id
    handle, given = handle_of(client, request_id), sealed(urge(0))
    asked = sealed(command(P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}))
    first, once = [await handle.execute_update("command", it, id=it.key, result_type=Answer) for it in (given, asked)]
    for number in range(1, 2 * MOST + 5):
        await client.command(request_id, urge(number))
    assert await runs(client, request_id) == 3
    before = await types_in(client, request_id)
    # That one may be given again and again, the other once: both answer as they did.
    again = await handle.execute_update("command", given, id=given.key, result_type=Answer)
    assert (again.head, again.events) == (first.head, first.events)
    with pytest.raises(Exception, match="Workflow update failed"):
        await handle.execute_update("command", asked.model_copy(update={"key": "other~1"}), result_type=Answer)
    assert (await client.command(request_id, command(P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}))).head == (
        once.head
    )
    assert await types_in(client, request_id) == before


# Every other procedure


@pytest.mark.usefixtures("long_soon")
async def test_the_last_command_of_a_run_opens_what_follows_from_it(ground: Sandbox) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    now = datetime.now(CHINA)
    request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
    for number in range(MOST - 2):  # the opening was one
        await client.command(request_id, use(f"use-{number}", now))
    assert await runs(client, request_id) == 1
    await client.command(request_id, renewal(now))
    assert await until(lambda: handed_over(client, request_id))
    follows = await until(lambda: opened_by(client, request_id))
    assert follows.procedure == ProcedureName.SHARE_REQUEST
    # The next run takes commands, and knows those of the first.
    assert not (await client.command(request_id, use("after", now))).repeated
    assert (await client.command(request_id, renewal(now))).repeated


@pytest.mark.usefixtures("long_soon")
async def test_what_a_case_waits_for_keeps_no_run_from_handing_over(
    ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A case that cannot be opened, a calendar that cannot be counted with: the next run waits for them as well."""
    client = ShareflowClient(ground.temporal, ground.engine)
    now = datetime.now(CHINA)
    request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
    handle = handle_of(client, request_id)
    both = {"other_case_unavailable: application_incomplete", "calendar_unavailable"}

    async def waits_for_both() -> bool:
        return set((await view_of(client, request_id)).stuck) == both

    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._opening", refuses)
        broken.setattr("activities.ledger_steps.resolve", torn)
        await client.command(request_id, renewal(now))
        await handle.signal("calendar_published", CalendarNews(edition="2026", published_at=now))
        await until(waits_for_both)
        for number in range(2 * MOST + 5):
            await client.command(request_id, use(f"use-{number}", now))
        assert await runs(client, request_id) == 3
        await until(waits_for_both)
    await handle.signal("retry_step")
    assert (await until(lambda: opened_by(client, request_id))).procedure == ProcedureName.SHARE_REQUEST

    async def waits_for_nothing() -> bool:
        return not (await view_of(client, request_id)).stuck

    await until(waits_for_nothing)


# What is final is told as final


async def test_a_run_that_takes_nothing_more_is_not_told_as_busy(
    apart: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were a run ever to take all the updates that it may: nobody is told to ask again."""
    monkeypatch.setattr("workflows.this_run.ThisRun.should_continue_as_new", property(lambda _: False))
    request_id = (await apart.file("cn-809-2025", application(), key=uuid.uuid4().hex)).request_id
    for number in range(OF_THE_SERVER - 1):  # the filing was one
        await apart.command(request_id, urge(number))
    async with asyncio.timeout(30):
        with pytest.raises(NeedsOperator, match="asking again does not help"):
            await apart.command(request_id, urge(OF_THE_SERVER))
