"""One case in its workflow: what is repeated, what collides, what fails, and what a crash leaves behind."""

import asyncio
import dataclasses
import itertools
import uuid
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError

from activities.reconciliation import reconcile
from domain.calendar import CalendarError
from domain.cases.commands import Command
from domain.cases.decide import decide
from domain.cases.records import Actor, RecordedEvent, Step, StepResult
from domain.cases.turn import RULES, Turn
from domain.evidence import verify_chain
from domain.side_effects import Answer, CalendarNews, CaseView
from domain.words import ClockId, ClockState, CommandName, EventType, Outcome, Role, SharingClass, Stage, Urgency
from ledger.queries.cases import case_by_filing_key, get_case
from ledger.queries.events import events_of
from ledger.recording import record_step
from starter.client import TASK_QUEUE, ShareflowClient, workflow_id
from starter.errors import InvalidInput, KeyReused, RequestRefused, Unavailable
from starter.simulate.playground import Playground
from tests.engine.cases import DUTY, PROVIDER, TERMS, WHY, application, command, rebuilt, resolved, sealed, write_behind
from tests.engine.machines import Database, engine_apart
from workflows.share_request import ShareRequestWorkflow

R, P, B, G = Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.GOVERNMENT
C = CommandName
WAIT = 15.0
_numbers = itertools.count(1)


def key() -> str:
    """A filing key that nobody has used."""
    return f"engine-{next(_numbers)}-{uuid.uuid4().hex[:8]}"


async def filed(client: ShareflowClient, statute: str = "cn-809-2025") -> str:
    """A case that waits for its provider's answer (cn-809, changshu) or for the check (nantong)."""
    return (await client.file(statute, application(), key=key())).request_id


def handle_of(client: ShareflowClient, request_id: str) -> WorkflowHandle[Any, Any]:
    return client.temporal.get_workflow_handle(workflow_id(request_id))


async def view_of(client: ShareflowClient, request_id: str) -> CaseView:
    view: CaseView = await handle_of(client, request_id).query("case", result_type=CaseView)
    return view


async def events_in(client: ShareflowClient, request_id: str) -> tuple[RecordedEvent, ...]:
    """The events of a case, which must always form a whole chain that ends at the recorded head."""
    there = await asyncio.to_thread(client.get, request_id)
    events = await asyncio.to_thread(events_of, client.engine, request_id)
    verify_chain(events, there.algorithm, there.head_digest)
    assert len(events) == there.seq
    return events


async def types_in(client: ShareflowClient, request_id: str) -> Counter[EventType]:
    return Counter(event.type for event in await events_in(client, request_id))


async def history_of(handle: WorkflowHandle[Any, Any]) -> Counter[str]:
    """How often each kind of event stands in a workflow's history."""
    history = await handle.fetch_history()
    return Counter(HistoryEvent.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)


async def failed_updates(handle: WorkflowHandle[Any, Any]) -> list[str]:
    history = await handle.fetch_history()
    outcomes = [
        event.workflow_execution_update_completed_event_attributes.outcome
        for event in history.events
        if event.HasField("workflow_execution_update_completed_event_attributes")
    ]
    return [outcome.failure.message for outcome in outcomes if outcome.HasField("failure")]


async def until(true: Callable[[], Any], within: float = WAIT) -> Any:
    """Ask until the answer is true; the answer."""
    async with asyncio.timeout(within):
        while True:
            answer = await true()
            if answer:
                return answer
            await asyncio.sleep(0.05)


async def in_step(client: ShareflowClient, request_id: str) -> CaseView:
    """The workflow's view, once it knows all that the ledger holds."""

    async def same() -> CaseView | None:
        view = await view_of(client, request_id)
        return view if view.head == (await asyncio.to_thread(client.get, request_id)).seq else None

    view: CaseView = await until(same)
    return view


# The same command twice


async def test_a_repeated_command_is_answered_as_the_first(client: ShareflowClient) -> None:
    request_id = await filed(client)
    refuse = command(P, C.REFUSE, WHY)
    first = await client.command(request_id, refuse)
    second = await client.command(request_id, refuse)
    assert (second.head, second.events) == (first.head, first.events)
    assert (first.repeated, second.repeated) == (False, True)
    # Past the client's look at the ledger, Temporal answers the same id with the same outcome.
    given = sealed(refuse)
    third: Answer = await handle_of(client, request_id).execute_update(
        "command", given, id=given.key, result_type=Answer
    )
    assert (third.head, third.events) == (first.head, first.events)
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_a_command_sent_ten_times_at_once_happens_once(client: ShareflowClient) -> None:
    request_id = await filed(client)
    refuse = command(P, C.REFUSE, WHY)
    answers = await asyncio.gather(*(client.command(request_id, refuse) for _ in range(10)))
    assert len({(answer.head, tuple(answer.events)) for answer in answers}) == 1
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_a_key_cannot_mean_two_commands(client: ShareflowClient) -> None:
    request_id = await filed(client)
    await client.command(request_id, command(B, C.URGE, {"level": Urgency.NOTICE}, key="k"))
    others = (
        command(B, C.URGE, {"level": Urgency.YELLOW}, key="k"),
        command(P, C.REFUSE, WHY, key="k"),
        command(B, C.URGE, {"level": Urgency.NOTICE}, key="k").model_copy(
            update={"actor": Actor(role=B, person="somebody else")}
        ),
    )
    for other in others:
        with pytest.raises(KeyReused):
            await client.command(request_id, other)
    assert (await types_in(client, request_id))[EventType.URGED] == 1
    # A key that begins like it is another key, and one that imitates a recorded key is none.
    await client.command(request_id, command(B, C.URGE, {"level": Urgency.RED}, key="k2"))
    with pytest.raises(InvalidInput):
        await client.command(request_id, command(B, C.URGE, key="k~1"))
    assert (await types_in(client, request_id))[EventType.URGED] == 2


async def test_after_the_end_a_repeated_command_is_answered_and_a_new_one_refused(client: ShareflowClient) -> None:
    request_id = await filed(client, "changshu-2019")
    refuse, accept = command(P, C.REFUSE, WHY), command(R, C.ACCEPT_REFUSAL)
    first = await client.command(request_id, refuse)
    last = await client.command(request_id, accept)
    assert last.case.outcome is Outcome.REFUSED
    assert (await handle_of(client, request_id).result()) is not None
    before = await events_in(client, request_id)
    for given, then in ((refuse, first), (accept, last)):
        again = await client.command(request_id, given)
        assert (again.head, again.events, again.repeated) == (then.head, then.events, True)
    with pytest.raises(RequestRefused) as refusal:
        await client.command(request_id, command(R, C.WITHDRAW, WHY))
    assert refusal.value.code == "case_closed"
    with pytest.raises(KeyReused):
        await client.command(request_id, command(P, C.GRANT, TERMS, key=refuse.key))
    assert await events_in(client, request_id) == before


# Commands that collide


@pytest.mark.parametrize("many", [8, 20])
async def test_of_many_commands_that_exclude_each_other_one_wins(client: ShareflowClient, many: int) -> None:
    request_id = await filed(client)
    commands = [
        command(P, C.GRANT, TERMS, key=f"grant-{n}") if n % 2 else command(P, C.REFUSE, WHY, key=f"refuse-{n}")
        for n in range(many)
    ]
    results = await asyncio.gather(*(client.command(request_id, given) for given in commands), return_exceptions=True)
    won = [given for given, result in zip(commands, results, strict=True) if isinstance(result, Answer)]
    refusals = [result for result in results if isinstance(result, RequestRefused)]
    assert (len(won), len(refusals)) == (1, many - 1), results
    assert {refusal.code for refusal in refusals} == {"wrong_stage"}
    recorded = await events_in(client, request_id)
    assert {event.key for event in recorded if event.actor.role is P} == {sealed(won[0]).key}
    types = Counter(event.type for event in recorded)
    assert types[EventType.GRANTED] + types[EventType.REFUSED] == 1
    assert (await in_step(client, request_id)).stage is recorded[-1].stage
    # Past ten updates in flight the server loses the task at hand and has the case asked again, so that one
    # which was accepted may find the ledger ahead. It is refused all the same, and only it leaves a trace.
    assert len(await failed_updates(handle_of(client, request_id))) <= (0 if many <= 10 else 1)


# Filing


async def test_a_filing_sent_ten_times_at_once_is_one_case(client: ShareflowClient) -> None:
    mine = key()
    views = await asyncio.gather(*(client.file("cn-809-2025", application(), key=mine) for _ in range(10)))
    again = await client.file("cn-809-2025", application(), key=mine)
    assert {view.request_id for view in (*views, again)} == {again.request_id}
    assert {(view.head, view.stage) for view in (*views, again)} == {(again.head, Stage.PROVIDER_ANSWER)}
    assert (await types_in(client, again.request_id))[EventType.FILED] == 1
    found = await until(lambda: runs_of(client, again.request_id))
    assert len(found) == 1


async def runs_of(client: ShareflowClient, request_id: str) -> list[str]:
    query = f"WorkflowId = '{workflow_id(request_id)}'"
    return [run.run_id async for run in client.temporal.list_workflows(query)]


async def test_a_filing_key_cannot_mean_two_requests(client: ShareflowClient) -> None:
    mine = key()
    await client.file("cn-809-2025", application(), key=mine)
    for statute, other in (("cn-809-2025", application(purpose="他用")), ("changshu-2019", application())):
        with pytest.raises(KeyReused):
            await client.file(statute, other, key=mine)
    with pytest.raises(RequestRefused) as refusal:
        await client.file("cn-809-2025", application(SharingClass.NOT_SHARED), key=key())
    assert refusal.value.code == "class_not_shareable"


async def test_a_filing_that_closes_at_once_is_answered_when_its_answer_was_lost(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that was killed forgets an update that it had not yet handed out, and keeps the start beside it."""
    mine, registered = key(), application(SharingClass.UNCONDITIONAL)
    filing = client._filing("changshu-2019", registered, mine, None, None, timedelta(), False)
    handle = await client.temporal.start_workflow(
        ShareRequestWorkflow.run, filing, id=workflow_id(filing.request_id), task_queue=TASK_QUEUE
    )
    await handle.result()
    # The ledger is asked before the case stands in it, and again when the server says that it has ended.
    real, looked = client._filed_before, itertools.count(1)
    monkeypatch.setattr(client, "_filed_before", lambda filing: real(filing) if next(looked) > 1 else None)
    view = await client.file("changshu-2019", registered, key=mine)
    assert next(looked) == 3
    assert view.outcome is Outcome.GRANTED


async def test_a_filing_past_the_door_meets_the_same_rules(client: ShareflowClient) -> None:
    good = client._filing("cn-809-2025", application(), key(), None, None, timedelta(), False)
    wrong = application(SharingClass.NOT_SHARED)
    filing = good.model_copy(update={"application": wrong})
    handle = await client.temporal.start_workflow(
        ShareRequestWorkflow.run, filing, id=workflow_id(filing.request_id), task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == "class_not_shareable"
    assert await asyncio.to_thread(get_case, client.engine, filing.request_id) is None
    assert await asyncio.to_thread(case_by_filing_key, client.engine, filing.key) is None


# Past the client


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (command(R, C.GRANT, TERMS), "not_your_turn"),
        (command(G, C.GRANT, TERMS), "not_your_turn"),
        (command(P, C.GRANT, TERMS).model_copy(update={"actor": Actor(role=P, org="X")}), "not_your_turn"),
        (command(P, C.GRANT, TERMS).model_copy(update={"actor": Actor(role=P)}), "not_your_turn"),
        (command(R, C.WITHDRAW, WHY).model_copy(update={"actor": Actor(role=R, org=PROVIDER)}), "not_your_turn"),
        (command(P, C.DELIVER, {"mode": "api"}), "wrong_stage"),
        (command(P, C.REFUSE), "reason_required"),
        (command(P, C.REFUSE, {"reason": ["x"]}), "invalid_command"),
        (command(P, C.REFUSE, {**WHY, "weather": "fine"}), "invalid_command"),
    ],
)
async def test_a_caller_past_the_client_meets_the_same_rules(
    client: ShareflowClient, given: Command, code: str
) -> None:
    request_id = await filed(client)
    handle = handle_of(client, request_id)
    before = await history_of(handle)
    with pytest.raises(WorkflowUpdateFailedError) as refusal:
        await handle.execute_update("command", given, id="past", result_type=Answer)
    assert isinstance(refusal.value.cause, ApplicationError)
    assert refusal.value.cause.type == code
    assert await history_of(handle) == before
    assert (await types_in(client, request_id))[EventType.FILED] == 1
    assert (await view_of(client, request_id)).stage is Stage.PROVIDER_ANSWER


# A bug


@pytest.mark.parametrize("asked", [1, 2], ids=["in the validator", "in the handler"])
async def test_a_bug_in_a_rule_fails_one_command_and_the_case_goes_on(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch, asked: int
) -> None:
    request_id = await filed(client)
    times = itertools.count(1)
    real = RULES[C.REFUSE]

    def broken(turn: Turn, said: Any) -> None:
        if next(times) >= asked:
            raise KeyError("a slip of the programmer")
        real.rule(turn, said)

    with monkeypatch.context() as patch:
        patch.setitem(RULES, C.REFUSE, dataclasses.replace(real, rule=broken))
        with pytest.raises(Unavailable, match="slip of the programmer"):
            await client.command(request_id, command(P, C.REFUSE, WHY, key="broken"))
    assert next(times) == asked + 1
    assert (await types_in(client, request_id))[EventType.REFUSED] == 0
    answer = await client.command(request_id, command(P, C.REFUSE, WHY, key="mended"))
    assert answer.case.stage is Stage.REFUSED
    reported = await failed_updates(handle_of(client, request_id))
    assert len(reported) == (0 if asked == 1 else 1)
    assert "WORKFLOW_TASK_FAILED" not in await history_of(handle_of(client, request_id))


# The ledger is away


@pytest.fixture
async def apart() -> AsyncIterator[tuple[ShareflowClient, Database]]:
    async with engine_apart() as engine:
        yield engine


async def stuck_cases(client: ShareflowClient, reason: str) -> list[str]:
    query = f"StuckReason = '{reason}' AND ExecutionStatus = 'Running'"
    return [run.id async for run in client.temporal.list_workflows(query)]


async def test_a_case_waits_for_a_ledger_that_is_away(apart: tuple[ShareflowClient, Database]) -> None:
    client, database = apart
    request_id = await filed(client)
    other_key, refuse = key(), command(P, C.REFUSE, WHY)
    handle, given = handle_of(client, request_id), sealed(refuse)
    await database.kill()
    # At the door nothing begins that could not be looked up first.
    with pytest.raises(Unavailable):
        await client.command(request_id, refuse)
    with pytest.raises(Unavailable):
        await client.file("cn-809-2025", application(), key=other_key)
    # What is under way already is parked where operators look: a command, and a filing.
    sent = asyncio.create_task(handle.execute_update("command", given, id=given.key, result_type=Answer))
    filing = client._filing("cn-809-2025", application(), other_key, None, None, timedelta(), False)
    filing_sent = asyncio.create_task(client._start(filing))
    both = {workflow_id(request_id), workflow_id(filing.request_id)}

    async def both_parked() -> bool:
        return set(await stuck_cases(client, "ledger_unavailable")) == both

    await until(both_parked)
    assert (await view_of(client, request_id)).stuck == "ledger_unavailable"
    with pytest.raises(WorkflowUpdateFailedError) as busy:
        await handle.execute_update("command", command(R, C.WITHDRAW, WHY), id="meanwhile")
    assert isinstance(busy.value.cause, ApplicationError)
    assert busy.value.cause.type == "busy"
    await database.start()
    answer: Answer = await asyncio.wait_for(sent, 30)
    assert answer.case.stage is Stage.REFUSED
    await asyncio.wait([filing_sent])  # its caller may have had less patience than the case
    assert (await until(lambda: _filed_again(client, other_key))).request_id == filing.request_id
    assert (await client.command(request_id, refuse)).head == answer.head
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1
    assert (await types_in(client, filing.request_id))[EventType.FILED] == 1
    assert (await view_of(client, request_id)).stuck is None

    async def none_parked() -> bool:
        return not await stuck_cases(client, "ledger_unavailable") and len(await stuck_cases(client, "")) == 2

    await until(none_parked)


async def _filed_again(client: ShareflowClient, filing_key: str) -> CaseView | None:
    try:
        return await client.file("cn-809-2025", application(), key=filing_key)
    except Unavailable:
        return None


async def test_a_step_that_contradicts_the_ledger_waits_for_an_operator(client: ShareflowClient) -> None:
    """A ledger restored from an old backup: nothing is written, the case is parked and says why."""
    mine = key()
    filing = client._filing("cn-809-2025", application(), mine, None, None, timedelta(), False)
    await client._start(filing)
    # Another request under the same filing key can never be recorded.
    other = filing.model_copy(update={"request_id": "CN-OTHER-" + uuid.uuid4().hex[:6].upper()})
    handle = await client.temporal.start_workflow(
        ShareRequestWorkflow.run, other, id=workflow_id(other.request_id), task_queue=TASK_QUEUE
    )
    assert await until(lambda: _is_stuck(client, other.request_id, "LedgerConflict"))
    assert await asyncio.to_thread(get_case, client.engine, other.request_id) is None
    tries = (await history_of(handle))["ACTIVITY_TASK_SCHEDULED"]
    await handle.signal("retry_step")

    async def tried_again() -> bool:
        return (await history_of(handle))["ACTIVITY_TASK_SCHEDULED"] == tries + 1

    await until(tried_again)
    assert await until(lambda: _is_stuck(client, other.request_id, "LedgerConflict"))
    assert (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
    await handle.terminate("the test is over")


async def _is_stuck(client: ShareflowClient, request_id: str, reason: str) -> bool:
    return (await view_of(client, request_id)).stuck == reason


# A new calendar edition


SPRING_FESTIVAL = CalendarNews(edition="2020-amended", published_at=datetime.fromisoformat("2020-01-26T00:00:00+08:00"))


async def filed_before_the_epidemic(client: ShareflowClient) -> str:
    at = datetime.fromisoformat("2020-01-20T10:00:00+08:00")
    view = await client.file("changshu-2019", application(), key=key(), received_at=at, shift=at - datetime.now(UTC))
    return view.request_id


async def test_a_new_edition_supersedes_running_clocks_once(ground: Playground, client: ShareflowClient) -> None:
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


async def test_news_and_a_command_at_once_do_not_mix_up_the_case(ground: Playground, client: ShareflowClient) -> None:
    """Both are recorded through the same head: whoever is second takes the first one's events over, once."""
    for _ in range(5):
        request_id = await filed_before_the_epidemic(client)
        handle = handle_of(client, request_id)
        await ground.skipper.fast_forward(handle, timedelta(days=6, hours=-10, seconds=2))
        refuse = command(P, C.REFUSE, WHY)
        _, answer = await asyncio.gather(
            handle.signal("calendar_published", SPRING_FESTIVAL), client.command(request_id, refuse)
        )
        assert answer.case.stage is Stage.REFUSED
        view = await in_step(client, request_id)
        there = await asyncio.to_thread(client.get, request_id)
        assert list(view.clocks) == list(there.clocks)
        await events_in(client, request_id)


async def test_two_steps_from_one_head_change_the_case_once(client: ShareflowClient) -> None:
    """What the second finds in the ledger is what the first has just made of the case."""
    request_id = await filed(client)
    await client.command(request_id, command(P, C.REQUEST_EXTENSION, {"working_days": 5, **WHY}))
    filing = client._filing("cn-809-2025", application(), key(), None, None, timedelta(), False)
    it = ShareRequestWorkflow(filing.model_copy(update={"request_id": request_id}))
    it.case = rebuilt(client.engine, request_id)
    both_asked, first_written = asyncio.Barrier(2), asyncio.Event()

    async def write(step: Step) -> StepResult:
        assert step.head == head
        await both_asked.wait()
        if step.key != "first":
            await first_written.wait()
        written = await asyncio.to_thread(record_step, client.engine, step, resolved, "sm3")
        first_written.set()
        return written

    head, at = it.case.head, it.case.last_at
    assert at is not None
    it._write, it._show = write, lambda: None  # type: ignore[method-assign]
    approved = decide(it.case, command(B, C.APPROVE_EXTENSION), at)
    urged = decide(it.case, command(B, C.URGE), at)
    results = await asyncio.gather(it._record(approved, "first"), it._record(urged, "second"))
    assert [result.applied for result in results] == [True, False]
    assert it.case.extension_days == 5
    assert it.case == rebuilt(client.engine, request_id)


async def test_a_recount_that_fails_waits_for_an_operator_and_commands_do_not(
    ground: Playground, client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
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
        return view.stuck is None and len(view.clocks) == 2

    await until(superseded)
    assert (await types_in(client, request_id))[EventType.CLOCK_SUPERSEDED] == 1


# The ledger knows more than the workflow (after a crash)


async def test_a_look_at_the_ledger_takes_over_a_step_whose_answer_was_lost(client: ShareflowClient) -> None:
    request_id = await filed(client)
    refuse = command(P, C.REFUSE, WHY)
    written = write_behind(client.engine, request_id, refuse)
    assert (await view_of(client, request_id)).stage is Stage.PROVIDER_ANSWER
    await handle_of(client, request_id).signal("look_at_ledger")
    view = await in_step(client, request_id)
    assert (view.stage, view.head) == (Stage.REFUSED, written.events[-1].seq)
    assert [clock.id for clock in view.clocks if clock.open] == [ClockId.DISPUTE_WINDOW]
    assert view.next_at is not None
    answer = await client.command(request_id, refuse)
    assert (answer.repeated, answer.head) == (True, view.head)
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_reconciliation_finds_and_mends_what_lags_behind(client: ShareflowClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    behind, level = await filed(client), await filed(client)
    write_behind(client.engine, behind, command(P, C.REFUSE, WHY))
    sweep = await reconcile(client.temporal, client.engine, since)
    assert behind in sweep.nudged
    assert level not in sweep.nudged
    assert sweep.looked_at >= 2
    view = await in_step(client, behind)
    assert view.stage is Stage.REFUSED
    assert (await reconcile(client.temporal, client.engine, since)).nudged == []


async def test_a_closing_step_that_was_lost_closes_the_workflow_too(client: ShareflowClient) -> None:
    request_id = await filed(client)
    write_behind(client.engine, request_id, command(R, C.WITHDRAW, WHY))
    with pytest.raises(RequestRefused) as refusal:
        await client.command(request_id, command(P, C.GRANT, TERMS))
    assert refusal.value.code == "case_closed"
    await handle_of(client, request_id).result()
    assert (await view_of(client, request_id)).outcome is Outcome.WITHDRAWN


async def test_reconciliation_names_a_case_whose_workflow_is_gone(client: ShareflowClient) -> None:
    since = datetime.now(UTC) - timedelta(seconds=5)
    request_id = await filed(client)
    await handle_of(client, request_id).terminate("an operator's mistake")
    write_behind(client.engine, request_id, command(P, C.REFUSE, WHY))
    sweep = await reconcile(client.temporal, client.engine, since)
    assert sweep.missing == [request_id]


async def test_the_same_command_after_a_lost_answer_is_recognised_by_its_key(client: ShareflowClient) -> None:
    request_id = await filed(client)
    given = sealed(command(P, C.REFUSE, WHY))
    written = write_behind(client.engine, request_id, command(P, C.REFUSE, WHY))
    answer: Answer = await handle_of(client, request_id).execute_update(
        "command", given, id=given.key, result_type=Answer
    )
    assert answer.head == written.events[-1].seq
    assert answer.events == [event.type.value for event in written.events]
    assert (await types_in(client, request_id))[EventType.REFUSED] == 1


async def test_a_recognised_command_answers_with_its_own_events_alone(client: ShareflowClient) -> None:
    """Two steps behind: what came before it and what came after it is not what it did."""
    request_id = await filed(client)
    urges = [command(B, C.URGE, {"level": level}, key=level.value) for level in Urgency]
    heads = [write_behind(client.engine, request_id, urge).events[-1].seq for urge in urges]
    given = sealed(urges[1])
    answer: Answer = await handle_of(client, request_id).execute_update(
        "command", given, id=given.key, result_type=Answer
    )
    assert (answer.head, answer.events) == (heads[1], ["urged"])
    assert answer.case.head == heads[2]
    assert (await types_in(client, request_id))[EventType.URGED] == 3


async def test_a_command_that_only_the_lost_step_allows_is_not_refused(client: ShareflowClient) -> None:
    """The refusal's author was answered from the ledger; the requester may act on it at once."""
    request_id = await filed(client)
    write_behind(client.engine, request_id, command(P, C.REFUSE, WHY))
    answer = await client.command(request_id, command(R, C.OPEN_NEGOTIATION, DUTY))
    assert answer.case.stage is Stage.NEGOTIATION
    assert answer.head == (await in_step(client, request_id)).head
    types = await types_in(client, request_id)
    assert (types[EventType.REFUSED], types[EventType.NEGOTIATION_OPENED]) == (1, 1)


async def test_a_command_that_the_lost_step_forbids_is_refused(client: ShareflowClient) -> None:
    request_id = await filed(client)
    write_behind(client.engine, request_id, command(P, C.REFUSE, WHY))
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
    write_behind(client.engine, request_id, command(B, C.URGE, {"level": Urgency.NOTICE}, key="first"))
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


@pytest.mark.parametrize("where", ["FirstWorkflowTask", "between", "LastWorkflowTask"])
@pytest.mark.parametrize("ended", [False, True], ids=["open", "closed"])
async def test_a_reset_loses_nothing_and_writes_nothing_twice(client: ShareflowClient, where: str, ended: bool) -> None:
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
    for each, answer in zip(given, answers, strict=True):
        again = await client.command(request_id, each)
        assert (again.head, again.events, again.repeated) == (answer.head, answer.events, True)
    assert await events_in(client, request_id) == before
    if ended:
        await handle_of(client, request_id).result()
        return
    last = await client.command(request_id, commands[-1])
    assert last.case.outcome is Outcome.UNRESOLVED
    assert (await events_in(client, request_id))[: len(before)] == before
