"""Access grants for tests: opened directly, used, and looked at."""

import asyncio
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecution

from domain.engine.commands import Command
from domain.engine.records import Actor
from domain.words import CommandName, ProcedureName, Role
from embedded.simulate.sandbox import Sandbox
from procedures.access_grant.case import AccessGrant
from protocol.names import workflow_id
from protocol.opening import Played
from starter.engine_client import ShareflowClient

USER, PROVIDER = "113206000140000015", "113206000140000028"


def grant(**more: object) -> AccessGrant:
    """What was granted, complete."""
    return AccessGrant.model_validate(
        {
            "requester": {"code": USER, "name": "南通市民政局"},
            "provider": {"code": PROVIDER, "name": "南通市公安局"},
            "resource": {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"},
            "purpose": "低保资格核验",
            "scope": "姓名、户籍状态",
            **more,
        }
    )


async def opened(client: ShareflowClient, statute: str, matter: AccessGrant, begins: datetime) -> str:
    """Open a grant at an instant of skipped time; its id."""
    filed = await client.open(
        ProcedureName.ACCESS_GRANT,
        statute,
        matter,
        Actor(role=Role.PROVIDER, org=PROVIDER),
        key=uuid.uuid4().hex,
        received_at=begins,
        played=Played(begins - datetime.now(UTC)),
    )
    return filed.case.request_id


def use(key: str, at: datetime) -> Command:
    """The platform's record of one use."""
    actor = Actor(role=Role.PLATFORM, org="platform")
    return Command(name=CommandName.RECORD_USE, actor=actor, key=key, received_at=at)


def in_days(now: datetime, days: int) -> str:
    """A day as fields have it."""
    return (now + timedelta(days=days)).date().isoformat()


def renewal(now: datetime) -> Command:
    """The user asks to go on: a share request follows, and the grant stays open."""
    actor, fields = Actor(role=Role.REQUESTER, org=USER), {"use_until": in_days(now, 700)}
    return Command(name=CommandName.RENEW, actor=actor, fields=fields, key="renew", received_at=now)


async def runs_of(ground: Sandbox, request_id: str, at_least: int) -> Sequence[WorkflowExecution]:
    """All runs of a case's workflow, as the server lists them: its list may be a moment behind."""
    async with asyncio.timeout(60):
        while True:
            query = f'WorkflowId="{workflow_id(request_id)}"'
            found = [run async for run in ground.temporal.list_workflows(query)]
            if len(found) >= at_least:
                return found
            await asyncio.sleep(0.2)
