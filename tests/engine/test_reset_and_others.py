"""A case that is reset tells other cases nothing twice: it takes over what the ledger holds, and goes on from there."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.decision import Refused
from domain.engine.records import Actor
from domain.refusal_codes import RefusalCode
from domain.words import EventType, Outcome, ProcedureName, Stage
from embedded.simulate.sandbox import Sandbox
from ledger.queries.events import events_of
from ledger.tables import outbox
from procedures.resource_withdrawal.case import Withdrawal
from protocol.opening import Played
from starter.engine_client import ShareflowClient
from tests.engine.cases import TERMS, WHY, command
from tests.engine.looking import B, C, P, R, events_in, filed, handle_of, history_of, until, view_of
from tests.engine.test_lost_answers import task_ends
from tests.procedures.grants import PROVIDER as GRANTING
from tests.procedures.grants import grant, opened

FORGOTTEN = [
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
    ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
]
"""What Temporal would give the new run of all that people had said to the old one: with these nothing."""


async def begun_again(client: ShareflowClient, request_id: str) -> None:
    """Reset a case to its first task, with nothing of what came after: all it can know is what the ledger has."""
    handle = handle_of(client, request_id)
    run, first = (await handle.describe()).run_id, (await task_ends(handle))[0]
    await client.temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=client.temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=handle.id, run_id=run),
            reason="a test",
            workflow_task_finish_event_id=first,
            request_id=uuid.uuid4().hex,
            reset_reapply_exclude_types=FORGOTTEN,
        )
    )

    async def as_the_ledger_has_it() -> bool:
        there = await asyncio.to_thread(client.get, request_id)
        view = await view_of(client, request_id)
        return (await handle.describe()).run_id != run and (view.head, view.stage) == (there.seq, there.stage)

    await until(as_the_ledger_has_it)


def messages(client: ShareflowClient, *request_ids: str) -> int:
    """How many messages about these cases stand in the outbox."""
    query = select(func.count()).select_from(outbox).where(outbox.c.request_id.in_(request_ids))
    with client.reader.engine.connect() as connection:
        return int(connection.execute(query).scalar_one())


async def opened_by(client: ShareflowClient, request_id: str) -> str:
    """The one case that another has opened, once it stands in the ledger."""
    [said] = [e.data for e in await events_in(client, request_id) if e.type is EventType.CASE_OPENED]
    grant = str(said["request_id"])
    assert await until(lambda: asyncio.to_thread(client.reader.case, grant))
    return grant


@pytest.mark.parametrize("ended", [False, True], ids=["open", "closed"])
async def test_a_case_begun_again_repeats_no_event_and_no_message(client: ShareflowClient, ended: bool) -> None:
    request_id = await filed(client, "nantong-2020")
    given = [command(B, C.ACCEPT), *([command(P, C.GRANT, TERMS)] if ended else [command(P, C.REFUSE, WHY)])]
    for each in given:
        await client.command(request_id, each)
    both = [request_id, *([await opened_by(client, request_id)] if ended else [])]
    before = [await asyncio.to_thread(events_of, client.reader.engine, each) for each in both]
    told = messages(client, *both)
    for _ in range(2):
        await begun_again(client, request_id)
    if ended:
        await handle_of(client, request_id).result()
        assert (await history_of(handle_of(client, request_id)))["ACTIVITY_TASK_COMPLETED"] == 1  # it asked once more
        assert (await view_of(client, request_id)).outcome is Outcome.GRANTED
    assert [await asyncio.to_thread(events_of, client.reader.engine, each) for each in both] == before
    assert messages(client, *both) == told == sum(map(len, before))
    for each in given:
        assert (await client.command(request_id, each)).repeated
    if not ended:
        last = await client.command(request_id, command(R, C.ACCEPT_REFUSAL))
        assert (last.stage, last.outcome) == (Stage.CLOSED, Outcome.REFUSED)
        assert (await events_in(client, request_id))[: len(before[0])] == before[0]
        assert messages(client, *both) == last.head


async def test_a_case_that_told_another_something_tells_it_once(ground: Sandbox, client: ShareflowClient) -> None:
    """A resource is withdrawn, and the grant of it ended by that: begun again, the withdrawal ends nothing twice."""
    begins = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
    resource = {"code": f"NT-{uuid.uuid4().hex[:8]}", "name": "人口信息", "sharing_class": "conditional"}
    held = await opened(client, "nantong-2020", grant(resource=resource), begins)
    matter = Withdrawal.model_validate(
        {"provider": {"code": GRANTING, "name": "南通市公安局"}, "resource": resource, "reason": "并入人口库"}
    )
    filed_case = await client.open(
        ProcedureName.RESOURCE_WITHDRAWAL,
        "nantong-2020",
        matter,
        Actor(role=P, org=GRANTING),
        key=uuid.uuid4().hex,
        received_at=begins,
        played=Played(begins - datetime.now(UTC)),
    )
    case = filed_case.case.request_id
    at = begins + timedelta(hours=1)
    consent = Command(name=C.CONSENT_TO_WITHDRAWAL, actor=Actor(role=B, org="b"), fields={}, key="yes", received_at=at)
    await client.command(case, consent)
    await ground.skipper.fast_forward(handle_of(client, case), timedelta(days=30))
    await handle_of(client, case).result()
    before = [await asyncio.to_thread(events_of, client.reader.engine, each) for each in (case, held)]
    assert [event.type for event in before[0]].count(EventType.GRANT_ENDED) == 1
    told = messages(client, case, held)
    await begun_again(client, case)
    await handle_of(client, case).result()
    assert [await asyncio.to_thread(events_of, client.reader.engine, each) for each in (case, held)] == before
    assert messages(client, case, held) == told


async def test_a_case_begun_again_stays_filed_though_the_rules_would_refuse_it_today(
    client: ShareflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it was filed with may have changed since, and so may this version's rules: the ledger has it."""
    request_id = await filed(client)
    await client.command(request_id, command(P, C.REFUSE, WHY))

    asked = list[Any]()

    def refuses(*said: Any, **_: Any) -> None:
        asked.append(said)
        raise Refused(RefusalCode.ORIGIN_NOT_FOUND)

    with monkeypatch.context() as today:
        today.setattr("workflows.filing.open_case", refuses)
        await begun_again(client, request_id)
    assert asked
    answer = await client.command(request_id, command(R, C.ACCEPT_REFUSAL))
    assert answer.outcome is Outcome.REFUSED
    await events_in(client, request_id)
