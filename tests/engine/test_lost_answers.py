"""What a crash leaves behind: a ledger that knows more than the workflow, and a reset."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError

from background.reconciliation import reconcile
from background.stuck import WORKFLOW_MISSING
from domain.clocks import ClockId
from domain.words import EventType, Outcome, Stage, Urgency
from embedded.simulate.sandbox import Sandbox
from protocol.errors import OVERTAKEN, PASSED_OVER
from protocol.messages import Answer
from starter.engine_client import ShareflowClient
from starter.errors import EngineError, NeedsOperator, RequestRefused, Unavailable
from starter.failures import known_error
from tests.engine.cases import DUTY, TERMS, WHY, command, sealed, write_behind
from tests.engine.conftest import client_of
from tests.engine.looking import B, C, P, R, events_in, filed, handle_of, in_step, types_in, until, view_of

# The ledger knows more than the workflow (after a crash)


async def test_a_look_at_the_ledger_takes_over_a_step_whose_answer_was_lost(client: ShareflowClient) -> None:
    request_id = await filed(client)
    refuse = command(P, C.REFUSE, WHY)
    written = write_behind(client.reader.engine, request_id, refuse)
    assert (await view_of(client, request_id)).stage is Stage.PROVIDER_ANSWER
    await handle_of(client, request_id).signal("sync_from_ledger")
    view = await in_step(client, request_id)
    assert (view.stage, view.head) == (Stage.REFUSED, written.head)
    assert [clock.id for clock in view.clocks if clock.open] == [ClockId.DISPUTE_WINDOW]
    assert view.next_at is not None
    answer = await client.command(request_id, refuse)
    assert (answer.repeated, answer.head) == (True, view.head)
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_reconciliation_finds_and_mends_what_lags_behind(client: ShareflowClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    behind, level = await filed(client), await filed(client)
    write_behind(client.reader.engine, behind, command(P, C.REFUSE, WHY))
    sweep = await reconcile(client.temporal, client.reader.engine, since)
    assert behind in sweep.nudged
    assert level not in sweep.nudged
    assert behind in sweep.asked
    view = await in_step(client, behind)
    assert view.stage is Stage.REFUSED
    assert (await reconcile(client.temporal, client.reader.engine, since)).nudged == []


async def test_a_closing_step_that_was_lost_closes_the_workflow_too(client: ShareflowClient) -> None:
    request_id = await filed(client)
    write_behind(client.reader.engine, request_id, command(R, C.WITHDRAW, WHY))
    with pytest.raises(RequestRefused) as refusal:
        await client.command(request_id, command(P, C.GRANT, TERMS))
    assert refusal.value.code == "case_closed"
    await handle_of(client, request_id).result()
    assert (await view_of(client, request_id)).outcome is Outcome.WITHDRAWN


async def test_reconciliation_names_a_case_whose_workflow_is_gone(client: ShareflowClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    request_id = await filed(client)
    await handle_of(client, request_id).terminate("an operator's mistake")
    write_behind(client.reader.engine, request_id, command(P, C.REFUSE, WHY))
    sweep = await reconcile(client.temporal, client.reader.engine, since)
    assert request_id in sweep.missing
    assert [each.reason for each in client.get(request_id).parked] == [WORKFLOW_MISSING]


async def test_the_same_command_after_a_lost_answer_is_recognised_by_its_key(client: ShareflowClient) -> None:
    request_id = await filed(client)
    given = sealed(command(P, C.REFUSE, WHY))
    written = write_behind(client.reader.engine, request_id, command(P, C.REFUSE, WHY))
    answer: Answer = await handle_of(client, request_id).execute_update(
        "command", given, id=given.key, result_type=Answer
    )
    assert answer.head == written.head
    events = await events_in(client, request_id)
    assert answer.events == [event.type.value for event in events if event.key == given.key] != []
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_a_recognised_command_answers_with_its_own_events_alone(client: ShareflowClient) -> None:
    """Two steps behind: what came before it and what came after it is not what it did."""
    request_id = await filed(client)
    urges = [command(B, C.URGE, {"level": level}, key=level.value) for level in Urgency]
    heads = [write_behind(client.reader.engine, request_id, urge).head for urge in urges]
    given = sealed(urges[1])
    answer: Answer = await handle_of(client, request_id).execute_update(
        "command", given, id=given.key, result_type=Answer
    )
    assert (answer.head, answer.events) == (heads[1], ["urged"])
    assert (await view_of(client, request_id)).head == heads[2]
    assert (await types_in(client, request_id))[EventType.URGED] == 3


async def test_a_command_that_only_the_lost_step_allows_is_not_refused(client: ShareflowClient) -> None:
    """The refusal's author was answered from the ledger; the requester may act on it at once."""
    request_id = await filed(client)
    write_behind(client.reader.engine, request_id, command(P, C.REFUSE, WHY))
    answer = await client.command(request_id, command(R, C.OPEN_NEGOTIATION, DUTY))
    assert answer.stage is Stage.NEGOTIATION
    assert answer.head == (await in_step(client, request_id)).head
    types = await types_in(client, request_id)
    assert (types[EventType.REFUSED], types[EventType.NEGOTIATION_OPENED]) == (1, 1)


async def test_a_command_that_the_lost_step_forbids_is_refused(client: ShareflowClient) -> None:
    request_id = await filed(client)
    write_behind(client.reader.engine, request_id, command(P, C.REFUSE, WHY))
    grant = command(P, C.GRANT, TERMS)
    for _ in range(2):
        with pytest.raises(RequestRefused) as refusal:
            await client.command(request_id, grant)
        assert refusal.value.code == "wrong_stage"
    view = await in_step(client, request_id)
    assert view.stage is Stage.REFUSED
    assert (await types_in(client, request_id))[EventType.GRANTED] == 0


async def test_a_command_beside_the_lost_step_comes_after_it(client: ShareflowClient) -> None:
    request_id = await filed(client)
    write_behind(client.reader.engine, request_id, command(B, C.URGE, {"level": Urgency.NOTICE}, key="first"))
    await client.command(request_id, command(B, C.URGE, {"level": Urgency.RED}, key="second"))
    urged = [e.data["level"] for e in await events_in(client, request_id) if e.type is EventType.URGED]
    assert urged == [Urgency.NOTICE, Urgency.RED]


# Reset


async def task_ends(handle: WorkflowHandle[Any, Any]) -> list[int]:
    """Where a history can be reset to."""
    history = await handle.fetch_history()
    return [e.event_id for e in history.events if e.event_type == HistoryEvent.EVENT_TYPE_WORKFLOW_TASK_COMPLETED]


async def reset(client: ShareflowClient, request_id: str, to: int) -> None:
    described = await handle_of(client, request_id).describe()
    await client.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=described.id, run_id=described.run_id),
            reason="a test",
            workflow_task_finish_event_id=to,
            request_id=uuid.uuid4().hex,
        )
    )


WHERE = ("FirstWorkflowTask", "between", "LastWorkflowTask")
Resets = dict[tuple[str, bool], asyncio.Task[None]]


@pytest.fixture(scope="module")
async def resets(ground: Sandbox) -> AsyncIterator[Resets]:
    """All resets at once: the server makes a caller wait ten seconds for a command that a reset has lost."""
    tasks = {
        (where, ended): asyncio.create_task(loses_nothing(ground, where, ended))
        for where in WHERE
        for ended in (False, True)
    }
    yield tasks
    for task in tasks.values():
        task.cancel()
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize("ended", [False, True], ids=["open", "closed"])
async def test_a_reset_loses_nothing_and_writes_nothing_twice(resets: Resets, where: str, ended: bool) -> None:
    await resets[where, ended]


async def loses_nothing(ground: Sandbox, where: str, ended: bool) -> None:
    """Drive a case, reset its workflow, and ask everything again, each by a caller who waits for no other."""
    client = client_of(ground)
    request_id = await filed(client, "nantong-2020")
    commands = [
        command(B, C.ACCEPT),
        command(P, C.REFUSE, WHY),
        command(R, C.OPEN_NEGOTIATION, DUTY),
        command(R, C.PROPOSE, TERMS),
        command(R, C.DECLARE_IMPASSE, WHY),
    ]
    given = commands if ended else commands[:-1]
    answers = [await client.command(request_id, each) for each in given]
    before, seen = await events_in(client, request_id), await view_of(client, request_id)
    ends = await task_ends(handle_of(client, request_id))
    first_run = (await handle_of(client, request_id).describe()).run_id
    await reset(client, request_id, {"FirstWorkflowTask": ends[0], "LastWorkflowTask": ends[-1]}.get(where, ends[3]))

    async def same_as_before() -> bool:
        view = await view_of(client, request_id)
        return (view.head, view.stage, view.outcome) == (seen.head, seen.stage, seen.outcome)

    await until(same_as_before)
    assert (await handle_of(client, request_id).describe()).run_id != first_run
    assert list((await view_of(client, request_id)).clocks) == list(seen.clocks)
    asked_again = await asyncio.gather(*(client_of(ground).command(request_id, each) for each in given))
    for again, answer in zip(asked_again, answers, strict=True):
        assert (again.head, again.events, again.repeated) == (answer.head, answer.events, True)
    assert await events_in(client, request_id) == before
    if ended:
        await handle_of(client, request_id).result()
        return
    last = await client.command(request_id, commands[-1])
    assert last.outcome is Outcome.UNRESOLVED
    assert (await events_in(client, request_id))[: len(before)] == before


@pytest.mark.parametrize(
    ("kind", "told"), [(PASSED_OVER, Unavailable), (OVERTAKEN, Unavailable), ("broken", NeedsOperator)]
)
def test_a_command_of_which_temporal_says_that_it_was_not_done_is_asked_for_again(
    kind: str, told: type[EngineError]
) -> None:
    said = known_error(WorkflowUpdateFailedError(ApplicationError("it was not processed", type=kind)))
    assert type(said) is told
