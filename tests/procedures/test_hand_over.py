"""The command with which one run hands over to the next: what follows from it is not left behind."""

import asyncio
from datetime import datetime, timedelta

from domain.calendar import CHINA
from domain.cases.commands import Command
from domain.cases.records import Actor
from domain.naming import workflow_id
from domain.words import CommandName, EventType, ProcedureName, Role
from ledger.queries.events import events_of
from starter.client import ShareflowClient
from tests.engine.machines import engine_apart
from tests.procedures.grants import USER, grant, opened, use
from workflows.this_run import MOST_UPDATES

SERVER_SUGGESTS_NOTHING = ("limit.historyCount.suggestContinueAsNew=50000",)
"""So that it is the number of commands, and with it a command that is known, that makes the run hand over."""


async def test_the_last_command_of_a_run_opens_what_follows_from_it() -> None:
    now = datetime.now(CHINA)
    next_year = (now + timedelta(days=365)).date().isoformat()
    async with engine_apart(SERVER_SUGGESTS_NOTHING) as (client, _):
        request_id = await opened(client, "nantong-2020", grant(use_until=next_year), now)
        uses = [use(f"use-{number}", now) for number in range(MOST_UPDATES - 1)]
        await asyncio.gather(*(client.command(request_id, each) for each in uses))
        assert await runs(client, request_id) == 1
        renewal = Command(
            name=CommandName.RENEW,
            actor=Actor(role=Role.REQUESTER, org=USER),
            fields={"use_until": (now + timedelta(days=700)).date().isoformat()},
            key="renew",
            received_at=now,
        )
        await client.command(request_id, renewal)
        async with asyncio.timeout(60):
            while await runs(client, request_id) == 1:  # noqa: ASYNC110 - the server has no event for this
                await asyncio.sleep(0.2)
        events = await asyncio.to_thread(events_of, client.engine, request_id)
        [follows] = [event.data for event in events if event.type is EventType.CASE_OPENED]
        assert follows["procedure"] == ProcedureName.SHARE_REQUEST
        assert client.get(follows["request_id"]).opened_by == request_id
        # The next run takes commands, and knows those of the first.
        assert not (await client.command(request_id, use("after", now))).repeated
        assert (await client.command(request_id, renewal)).repeated


async def runs(client: ShareflowClient, request_id: str) -> int:
    """How many runs the workflow of a case has had, as the newest one tells."""
    described = await client.temporal.get_workflow_handle(workflow_id(request_id)).describe()
    first = described.raw_description.workflow_execution_info.first_run_id
    return 1 if described.run_id == first else 2
