"""One case in its workflow: what is repeated, what collides, what goes past the door, and a bug."""

import asyncio
import dataclasses
from collections import Counter
from typing import Any

import pytest
from temporalio.client import (
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError

from domain.engine.commands import Command
from domain.engine.decision import Decision
from domain.engine.records import Actor
from domain.words import EventType, Outcome, ProcedureName, SharingClass, Stage, Urgency
from ledger.queries.cases import case_by_filing_key, get_case
from procedures.share_request.filing import as_requester
from procedures.share_request.process import SHARE_REQUEST
from protocol.messages import Answer
from protocol.names import TASK_QUEUE, workflow_id
from protocol.opening import plain_matter
from starter.engine_client import ShareflowClient
from starter.errors import InvalidInput, KeyReused, NeedsOperator, RequestRefused
from tests.engine.cases import PROVIDER, TERMS, WHY, application, command, entered, sealed
from tests.engine.looking import (
    B,
    C,
    G,
    P,
    R,
    events_in,
    failed_updates,
    filed,
    handle_of,
    history_of,
    in_step,
    key,
    types_in,
    until,
    view_of,
)
from workflows.case import CaseWorkflow

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


async def test_a_key_cannot_mean_two_commands_that_come_at_once(client: ShareflowClient) -> None:
    request_id = await filed(client)
    commands = [command(B, C.URGE, {"level": level}, key="at-once") for level in (Urgency.NOTICE, Urgency.RED)] * 3
    answers = await asyncio.gather(*(client.command(request_id, it) for it in commands), return_exceptions=True)
    assert (await types_in(client, request_id))[EventType.URGED] == 1
    assert sorted(type(answer).__name__ for answer in answers) == ["Answer"] * 3 + ["KeyReused"] * 3


async def test_a_key_of_two_persons_at_once_is_that_of_whoever_came_first(client: ShareflowClient) -> None:
    request_id = await filed(client)
    given = command(B, C.URGE, {"level": Urgency.NOTICE}, key="whose")
    people = [given.model_copy(update={"actor": Actor(role=B, person=person)}) for person in ("甲", "乙")] * 3
    answers = await asyncio.gather(*(client.command(request_id, it) for it in people), return_exceptions=True)
    assert sorted(type(answer).__name__ for answer in answers) == ["Answer"] * 3 + ["KeyReused"] * 3
    [urged] = [event for event in await events_in(client, request_id) if event.type is EventType.URGED]
    assert [type(answer) is Answer for answer in answers] == [it.actor.person == urged.actor.person for it in people]
    assert urged.key is not None
    assert len({it.fingerprint for it in people}) == 1, "nobody's name can be tried with a key"


async def test_after_the_end_a_repeated_command_is_answered_and_a_new_one_refused(client: ShareflowClient) -> None:
    request_id = await filed(client, "changshu-2019")
    refuse, accept = command(P, C.REFUSE, WHY), command(R, C.ACCEPT_REFUSAL)
    first = await client.command(request_id, refuse)
    last = await client.command(request_id, accept)
    assert last.outcome is Outcome.REFUSED
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


async def test_a_filing_that_closes_at_once_is_answered_when_its_answer_was_lost(client: ShareflowClient) -> None:
    """A server that was killed forgets an update that it had not yet handed out, and keeps the start beside it."""
    mine, registered = key(), application(SharingClass.UNCONDITIONAL)
    filing = entered("changshu-2019", registered, client.policy, mine).opening
    handle = await client.temporal.start_workflow(
        CaseWorkflow.run, filing, id=workflow_id(filing.request_id), task_queue=TASK_QUEUE
    )
    await handle.result()
    opener = as_requester(registered)
    again = await client.open(ProcedureName.SHARE_REQUEST, "changshu-2019", registered, opener, key=mine)
    assert (again.repeated, again.case.outcome) == (True, Outcome.GRANTED)


async def test_a_filing_past_the_door_meets_the_same_rules(client: ShareflowClient) -> None:
    good = entered("cn-809-2025", application(), client.policy, key()).opening
    wrong = application(SharingClass.NOT_SHARED)
    filing = good.model_copy(update={"application": plain_matter(wrong)})
    handle = await client.temporal.start_workflow(
        CaseWorkflow.run, filing, id=workflow_id(filing.request_id), task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failure:
        await handle.result()
    assert isinstance(failure.value.cause, ApplicationError)
    assert failure.value.cause.type == "class_not_shareable"
    assert await asyncio.to_thread(get_case, client.reader.engine, filing.request_id) is None
    assert await asyncio.to_thread(case_by_filing_key, client.reader.engine, filing.key) is None


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


def slips(decision: Decision, said: Any) -> None:  # noqa: ARG001 - rules are asked so
    """Found out when the command is let in."""
    raise KeyError("a slip of the programmer")


def says_what_cannot_be_written(decision: Decision, said: Any) -> None:  # noqa: ARG001 - rules are asked so
    """Found out when what it says is to be recorded."""
    decision.stage = Stage.REFUSED
    decision.note(EventType.REFUSED, None, reason=object())


@pytest.mark.parametrize(
    ("rule", "found"),
    [(slips, "slip of the programmer"), (says_what_cannot_be_written, "Unable to serialize")],
    ids=["in the validator", "in the handler"],
)
async def test_a_bug_in_a_rule_fails_one_command_and_the_case_goes_on(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch, rule: Any, found: str
) -> None:
    request_id = await filed(client)
    real = SHARE_REQUEST.rules[C.REFUSE]
    with monkeypatch.context() as patch:
        patch.setitem(SHARE_REQUEST.rules, C.REFUSE, dataclasses.replace(real, rule=rule))
        with pytest.raises(NeedsOperator, match=found):
            await client.command(request_id, command(P, C.REFUSE, WHY, key="broken"))
    assert (await types_in(client, request_id))[EventType.REFUSED] == 0
    answer = await client.command(request_id, command(P, C.REFUSE, WHY, key="mended"))
    assert answer.stage is Stage.REFUSED
    reported = await failed_updates(handle_of(client, request_id))
    assert len(reported) == (0 if rule is slips else 1)
    assert "WORKFLOW_TASK_FAILED" not in await history_of(handle_of(client, request_id))
