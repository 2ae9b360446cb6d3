"""One case while the ledger is away, and when a new calendar edition is published."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.client import WorkflowExecutionStatus, WorkflowFailureError, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from domain.calendar import CalendarError
from domain.engine.records import Step, StepResult
from domain.words import ClockState, EventType, Stage, Urgency
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.recording import record_step
from procedures.registry import decide
from protocol.errors import KEY_REUSED
from protocol.messages import Answer, CalendarNews, CaseView
from protocol.names import TASK_QUEUE, workflow_id
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable
from tests.engine.cases import WHY, application, command, entered, rebuilt, resolved, sealed, write_behind
from tests.engine.looking import (
    B,
    C,
    P,
    R,
    events_in,
    filed,
    handle_of,
    history_of,
    in_step,
    key,
    types_in,
    until,
    view_of,
)
from tests.engine.machines import Database, engine_apart
from workflows.case import CaseWorkflow
from workflows.recording import Recorder
from workflows.retries import PATIENT

# The ledger is away


@pytest.fixture
async def apart() -> AsyncIterator[tuple[ShareflowClient, Database]]:
    async with engine_apart() as engine:
        yield engine


async def stuck_cases(client: ShareflowClient, reason: str) -> list[str]:
    held = f"StuckReason = '{reason}'" if reason else "StuckReason IS NULL"
    query = f"{held} AND ExecutionStatus = 'Running'"
    return [run.id async for run in client.temporal.list_workflows(query)]


async def test_a_case_waits_for_a_ledger_that_is_away(
    apart: tuple[ShareflowClient, Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.retries.PATIENT", replace(PATIENT, maximum_interval=timedelta(seconds=1)))
    client, database = apart
    request_id = await filed(client)
    other_key, refuse = key(), command(P, C.REFUSE, WHY)
    handle, given = handle_of(client, request_id), sealed(refuse)
    await database.kill()
    # At the door nothing begins that could not be looked up first.
    doors = client.command(request_id, refuse), client.file("cn-809-2025", application(), key=other_key)
    assert [type(said) for said in await asyncio.gather(*doors, return_exceptions=True)] == [Unavailable] * 2
    # What is under way already is parked where operators look: a command, and a filing.
    sent = asyncio.create_task(handle.execute_update("command", given, id=given.key, result_type=Answer))
    filing = entered("cn-809-2025", application(), client.policy, other_key).opening
    filing_sent = asyncio.create_task(client._start(filing))
    both = {workflow_id(request_id), workflow_id(filing.request_id)}

    async def both_parked() -> bool:
        return set(await stuck_cases(client, "ledger_unavailable")) == both

    await until(both_parked)
    assert (await view_of(client, request_id)).stuck == ["ledger_unavailable"]
    with pytest.raises(WorkflowUpdateFailedError) as busy:
        await handle.execute_update("command", command(R, C.WITHDRAW, WHY), id="meanwhile")
    assert isinstance(busy.value.cause, ApplicationError)
    assert busy.value.cause.type == "busy"
    await database.start()
    answer: Answer = await asyncio.wait_for(sent, 60)
    assert answer.stage is Stage.REFUSED
    await asyncio.wait([filing_sent])  # its caller may have had less patience than the case
    assert (await until(lambda: _filed_again(client, other_key))).request_id == filing.request_id
    assert (await client.command(request_id, refuse)).head == answer.head
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1
    assert (await types_in(client, filing.request_id))[EventType.FILED] == 1
    assert not (await view_of(client, request_id)).stuck

    async def none_parked() -> bool:
        return not await stuck_cases(client, "ledger_unavailable") and len(await stuck_cases(client, "")) == 2

    await until(none_parked)


async def _filed_again(client: ShareflowClient, filing_key: str) -> CaseView | None:
    try:
        return await client.file("cn-809-2025", application(), key=filing_key)
    except Unavailable:
        return None


async def test_a_step_that_contradicts_the_ledger_waits_for_an_operator(client: ShareflowClient) -> None:
    """Nothing is written, the case is parked and says why."""
    filing = entered("cn-809-2025", application(), client.policy, key()).opening
    # A filing without a key can never be recorded.
    name = "CN-OTHER-" + uuid.uuid4().hex[:6].upper()
    other = filing.model_copy(update={"request_id": name, "key": ""})
    handle = await client.temporal.start_workflow(
        CaseWorkflow.run, other, id=workflow_id(other.request_id), task_queue=TASK_QUEUE
    )
    assert await until(lambda: _is_stuck(client, other.request_id, "LedgerConflict"))
    assert await asyncio.to_thread(get_case, client.reader.engine, other.request_id) is None
    tries = (await history_of(handle))["ACTIVITY_TASK_SCHEDULED"]
    await handle.signal("retry_step")

    async def tried_again() -> bool:
        return (await history_of(handle))["ACTIVITY_TASK_SCHEDULED"] == tries + 1

    await until(tried_again)
    assert await until(lambda: _is_stuck(client, other.request_id, "LedgerConflict"))
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.terminate("the test is over")


async def test_a_filing_under_the_key_of_another_ends_and_its_id_stays_usable(client: ShareflowClient) -> None:
    filing = entered("cn-809-2025", application(), client.policy, key()).opening
    await client._start(filing)
    name = "CN-OTHER-" + uuid.uuid4().hex[:6].upper()
    other = filing.model_copy(update={"request_id": name})
    handle = await client.temporal.start_workflow(CaseWorkflow.run, other, id=workflow_id(name), task_queue=TASK_QUEUE)
    with pytest.raises(WorkflowFailureError) as ended:
        await handle.result()
    assert isinstance(ended.value.cause, ApplicationError)
    assert ended.value.cause.type == KEY_REUSED
    assert await asyncio.to_thread(get_case, client.reader.engine, name) is None
    await client._start(other.model_copy(update={"key": key()}))
    assert await asyncio.to_thread(get_case, client.reader.engine, name) is not None


async def test_a_command_under_the_key_of_another_is_refused(client: ShareflowClient) -> None:
    """Also by a run that does not know the key: the ledger does."""
    request_id = await filed(client)
    given = command(B, C.URGE, {"level": Urgency.NOTICE}, key="mine")
    write_behind(client.reader.engine, request_id, given)
    other = sealed(command(B, C.URGE, {"level": Urgency.RED}, key="mine"))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle_of(client, request_id).execute_update("command", other, id=other.key, result_type=Answer)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == KEY_REUSED
    assert (await types_in(client, request_id))[EventType.URGED] == 1


async def _is_stuck(client: ShareflowClient, request_id: str, reason: str) -> bool:
    return list((await view_of(client, request_id)).stuck) == [reason]


# A new calendar edition


SPRING_FESTIVAL = CalendarNews(edition="2020-amended", published_at=datetime.fromisoformat("2020-01-26T00:00:00+08:00"))


async def filed_before_the_epidemic(client: ShareflowClient) -> str:
    at = datetime.fromisoformat("2020-01-20T10:00:00+08:00")
    view = await client.file("changshu-2019", application(), key=key(), received_at=at, shift=at - datetime.now(UTC))
    return view.request_id


async def test_a_new_edition_supersedes_running_clocks_once(ground: Sandbox, client: ShareflowClient) -> None:
    request_id = await filed_before_the_epidemic(client)
    handle = handle_of(client, request_id)
    (before,) = (await view_of(client, request_id)).clocks
    await ground.skipper.fast_forward(handle, timedelta(days=6, hours=-10, seconds=2))
    await asyncio.gather(*(handle.signal("calendar_published", SPRING_FESTIVAL) for _ in range(3)))

    async def superseded() -> bool:
        return len((await view_of(client, request_id)).clocks) > 1

    await until(superseded)
    await handle.signal("calendar_published", SPRING_FESTIVAL)
    # An update is handled after all signals before it: whatever they did is done.
    await client.command(request_id, command(B, C.URGE))
    old, new = (await view_of(client, request_id)).clocks
    assert (old.state, new.state, new.supersedes) == (ClockState.SUPERSEDED, ClockState.RUNNING, old.number)
    assert (old.due_date, old.started_at, old.quote) == (before.due_date, new.started_at, new.quote)
    assert new.due_date > old.due_date
    types = await types_in(client, request_id)
    assert (types[EventType.CLOCK_SUPERSEDED], types[EventType.CLOCK_STARTED]) == (1, 2)
    reasons = [e.data["reason"] for e in await events_in(client, request_id) if e.type is EventType.CLOCK_SUPERSEDED]
    assert reasons == ["calendar:2020-amended"]


async def test_news_and_a_command_at_once_do_not_mix_up_the_case(ground: Sandbox, client: ShareflowClient) -> None:
    """Both are recorded through the same head: whoever is second takes the first one's events over, once."""
    for _ in range(5):
        request_id = await filed_before_the_epidemic(client)
        handle = handle_of(client, request_id)
        await ground.skipper.fast_forward(handle, timedelta(days=6, hours=-10, seconds=2))
        refuse = command(P, C.REFUSE, WHY)
        _, answer = await asyncio.gather(
            handle.signal("calendar_published", SPRING_FESTIVAL), client.command(request_id, refuse)
        )
        assert answer.stage is Stage.REFUSED
        view = await in_step(client, request_id)
        there = await asyncio.to_thread(client.get, request_id)
        assert list(view.clocks) == list(there.clocks)
        await events_in(client, request_id)


async def test_two_steps_from_one_head_change_the_case_once(client: ShareflowClient) -> None:
    """What the second finds in the ledger is what the first has just made of the case."""
    request_id = await filed(client)
    await client.command(request_id, command(P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}))
    filing = entered("cn-809-2025", application(), client.policy, key()).opening
    both_asked, first_written = asyncio.Barrier(2), asyncio.Event()

    async def write(step: Step) -> StepResult:
        assert step.head == head
        await both_asked.wait()
        if step.key != "first":
            await first_written.wait()
        written = await asyncio.to_thread(record_step, client.reader.engine, step, resolved, "sm3")
        first_written.set()
        return written

    opening = filing.model_copy(update={"request_id": request_id})
    it = Recorder(opening, rebuilt(client.reader.engine, request_id), write, lambda _: None, lambda: None)
    head, at = it.case.head, it.case.last_at
    assert at is not None
    approved = decide(it.case, command(B, C.APPROVE_EXTENSION), at)
    urged = decide(it.case, command(B, C.URGE), at)
    results = await asyncio.gather(it.step(approved, "first"), it.step(urged, "second"))
    assert [result.applied for result in results] == [True, False]
    assert it.case.extension_days == 5
    assert it.case == rebuilt(client.reader.engine, request_id)


async def test_a_recount_that_fails_waits_for_an_operator_and_commands_do_not(
    ground: Sandbox, client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    request_id = await filed_before_the_epidemic(client)
    handle = handle_of(client, request_id)
    await ground.skipper.fast_forward(handle, timedelta(days=6, hours=-10, seconds=2))

    def broken(*_: Any) -> None:
        raise CalendarError("the calendar is torn")

    with monkeypatch.context() as patch:
        patch.setattr("activities.ledger_steps.resolve", broken)
        await handle.signal("calendar_published", SPRING_FESTIVAL)
        assert await until(lambda: _is_stuck(client, request_id, "calendar_unavailable"))
    await client.command(request_id, command(B, C.URGE))
    assert (await types_in(client, request_id))[EventType.CLOCK_SUPERSEDED] == 0
    await handle.signal("retry_step")

    async def superseded() -> bool:
        view = await view_of(client, request_id)
        return not view.stuck and len(view.clocks) == 2

    await until(superseded)
    assert (await types_in(client, request_id))[EventType.CLOCK_SUPERSEDED] == 1
