"""How much of the bare engine's speed a recorded, chained, deadline-bearing case keeps; and how long a history is.

Both sides run in one process pair on one Temporal server (in memory) with one worker: on the left cases through
the client, the rules and the ledger; on the right bare workflows that take as many updates and do nothing.
"""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from temporalio import workflow
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from domain.calendar import CHINA
from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.words import CommandName, Role
from embedded.simulate.player import Player
from embedded.simulate.sandbox import Sandbox, sandbox
from embedded.simulate.scenario import scenario_from
from procedures.share_request.application import Application
from starter.engine_client import ShareflowClient

CASES, AT_ONCE = 60, 16

APPLICATION = Application.model_validate(
    {
        "requester": {"code": "113206000140000015", "name": "南通市民政局"},
        "provider": {"code": "113206000140000028", "name": "南通市公安局"},
        "resource": {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"},
        "purpose": "低保资格核验",
        "scope": "姓名、身份证号码、户籍状态",
    }
)

STEPS: list[tuple[CommandName, Role, dict[str, Any]]] = [
    (CommandName.ACCEPT, Role.BUREAU, {}),
    (CommandName.REFUSE, Role.PROVIDER, {"reason": "涉及未成年人信息"}),
    (CommandName.OPEN_NEGOTIATION, Role.REQUESTER, {"justification": "履行职责确需使用"}),
    (CommandName.DECLARE_IMPASSE, Role.REQUESTER, {"reason": "范围不足"}),
]

REFUSED_CASE = """
name: 南通 有条件 超期拒绝 协商未果
statute: nantong-2020
filed_at: 2026-09-18T10:00:00+08:00
request:
  requester: {code: 113206000140000015, name: 南通市民政局}
  provider: {code: 113206000140000028, name: 南通市公安局}
  resource: {code: NT-GA-0001, name: 常住人口基本信息, sharing_class: conditional}
  purpose: 低保资格核验
  scope: 姓名、身份证号码、户籍状态
steps:
  - {at: 2026-09-20T09:00:00+08:00, by: bureau, do: accept}
  - {at: 2026-10-12T10:00:00+08:00, by: provider, do: refuse, with: {reason: 涉及未成年人信息}}
  - {at: 2026-10-13T09:00:00+08:00, by: requester, do: open_negotiation, with: {justification: 履行职责确需使用}}
  - {at: 2026-10-15T09:00:00+08:00, by: provider, do: propose, with: {terms: {scope: 仅户籍状态}}}
  - {at: 2026-10-19T09:00:00+08:00, by: requester, do: declare_impasse, with: {reason: 范围不足}}
expect: {stage: closed, outcome: unresolved}
"""


@workflow.defn(name="Bare")
class Bare:
    """A workflow that takes updates and does nothing."""

    def __init__(self) -> None:
        self.left = len(STEPS)

    @workflow.run
    async def run(self) -> None:
        """Until all updates have come."""
        await workflow.wait_condition(lambda: self.left == 0)

    @workflow.update
    def step(self, _: str) -> int:
        """Count one."""
        self.left -= 1
        return self.left


async def _case(client: ShareflowClient) -> None:
    view = await client.file("nantong-2020", APPLICATION, key=uuid.uuid4().hex)
    orgs = {Role.REQUESTER: APPLICATION.requester.code, Role.PROVIDER: APPLICATION.provider.code}
    for name, role, fields in STEPS:
        actor = Actor(role=role, org=orgs.get(role))
        now = datetime.now(CHINA)
        await client.command(
            view.request_id, Command(name=name, actor=actor, fields=fields, key=name.value, received_at=now)
        )


async def _bare(ground: Sandbox) -> None:
    handle = await ground.temporal.start_workflow(Bare.run, id=uuid.uuid4().hex, task_queue="bare")
    for name, _, _ in STEPS:
        await handle.execute_update(Bare.step, name.value)


async def _rate(one: Callable[[], Awaitable[None]]) -> float:
    """Cases a second, at a bounded number at once."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def slot() -> None:
        async with slots:
            await one()

    begun = time.perf_counter()
    await asyncio.gather(*(slot() for _ in range(CASES)))
    return CASES / (time.perf_counter() - begun)


async def _measure() -> dict[str, float]:
    async with sandbox() as ground:
        client = ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=60))
        await _case(client)  # the first case warms what is loaded late
        shareflow = await _rate(lambda: _case(client))
        bare_worker = Worker(
            ground.temporal, task_queue="bare", workflows=[Bare], workflow_runner=UnsandboxedWorkflowRunner()
        )
        async with bare_worker:
            bare = await _rate(lambda: _bare(ground))
        played = await Player(ground, scenario_from(REFUSED_CASE, "bench")).play()
        names = await _event_names(ground, played.request_id or "")
    skipped = sum("TIME_SKIPPING" in name or "OPTIONS_UPDATED" in name for name in names)
    return {
        "cases_per_second": shareflow,
        "of_bare_temporal": shareflow / bare,
        "history_events_refused_case": played.history_length - skipped,
        "history_events_refused_case_played": played.history_length,
    }


async def _event_names(ground: Sandbox, request_id: str) -> list[str]:
    from temporalio.api.enums.v1 import EventType

    from protocol.names import workflow_id

    history = await ground.temporal.get_workflow_handle(workflow_id(request_id)).fetch_history()
    return [EventType.Name(event.event_type) for event in history.events]


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
