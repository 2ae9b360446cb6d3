"""A resource is not withdrawn while a grant of it refuses to end: an operator sees why, and lets it go on."""

import asyncio
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.client import WorkflowHandle

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.statutes.loader import get_statute
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from embedded.simulate.sandbox import Sandbox
from ledger.queries.events import events_of
from procedures.resource_withdrawal.case import Withdrawal
from protocol.messages import CaseView
from protocol.names import workflow_id
from protocol.opening import Played
from starter import case_opening
from starter.engine_client import ShareflowClient
from tests.procedures.grants import PROVIDER, USER, grant, opened

BEGINS = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
RESOURCE = {"code": "NT-GA-0777", "name": "常住人口基本信息", "sharing_class": "conditional"}


def given(name: CommandName, role: Role, org: str, at: datetime, **fields: object) -> Command:
    return Command(name=name, actor=Actor(role=role, org=org), fields=fields, key=uuid.uuid4().hex, received_at=at)


async def test_a_grant_that_refuses_to_end_is_waited_for(ground: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    client = ShareflowClient(ground.temporal, ground.engine)
    with monkeypatch.context() as other_text:
        # A text with access and no withdrawal: none of the packaged ones is such a text.
        bare = get_statute("nantong-2020").model_copy(update={"withdrawal": None})
        other_text.setattr(case_opening, "get_statute", lambda _: bare)
        held = await opened(client, "nantong-2020", grant(resource=RESOURCE), BEGINS)
    matter = Withdrawal.model_validate(
        {"provider": {"code": PROVIDER, "name": "南通市公安局"}, "resource": RESOURCE, "reason": "并入人口库"}
    )
    provider = Actor(role=Role.PROVIDER, org=PROVIDER)
    played = Played(BEGINS - datetime.now(UTC))
    key = uuid.uuid4().hex
    filed = await client.open(
        ProcedureName.RESOURCE_WITHDRAWAL, "nantong-2020", matter, provider, key=key, received_at=BEGINS, played=played
    )
    case = filed.case.request_id
    await client.command(
        case, given(CommandName.CONSENT_TO_WITHDRAWAL, Role.BUREAU, "bureau", BEGINS + timedelta(hours=1))
    )
    handle = ground.temporal.get_workflow_handle(workflow_id(case))
    await ground.skipper.fast_forward(handle, timedelta(days=30))

    stuck = await until(handle, stuck="other_case_unavailable: not_your_turn")
    assert stuck.stage is Stage.WITHDRAWING
    said = [event.type for event in await asyncio.to_thread(events_of, ground.engine, case)]
    assert not {EventType.GRANT_ENDED, EventType.RESOURCE_WITHDRAWN} & set(said)

    back = given(CommandName.RELINQUISH, Role.REQUESTER, USER, BEGINS + timedelta(hours=2), cause="unnecessary")
    await client.command(held, back)
    await handle.signal("retry_step")
    async with asyncio.timeout(60):
        await handle.result()
    done: CaseView = await handle.query("case", result_type=CaseView)
    assert (done.outcome, list(done.stuck)) == (Outcome.UNPUBLISHED, [])
    events = await asyncio.to_thread(events_of, ground.engine, case)
    ended = [event.data for event in events if event.type is EventType.GRANT_ENDED]
    assert [(each["grant"], each["gone"]) for each in ended] == [(held, True)]


async def until(handle: WorkflowHandle[object, object], stuck: str) -> CaseView:
    """The case once it is stuck for a reason."""
    async with asyncio.timeout(60):
        while True:
            view = await handle.query("case", result_type=CaseView)
            if stuck in view.stuck:
                return view
            await asyncio.sleep(0.2)
