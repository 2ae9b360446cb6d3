"""Looking at cases from the tests: in the workflow, in its history, in the ledger."""

import asyncio
import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from typing import Any

from temporalio.api.enums.v1 import EventType as HistoryEvent
from temporalio.client import (
    WorkflowHandle,
)

from domain.engine.records import RecordedEvent
from domain.evidence import verify_chain
from domain.words import CommandName, EventType, Role
from ledger.queries.events import events_of
from protocol.messages import CaseView
from protocol.names import workflow_id
from starter.engine_client import ShareflowClient
from tests.engine.cases import application

R, P, B, G = Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.GOVERNMENT
C = CommandName
WAIT = 60.0
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
    while True:
        before = await asyncio.to_thread(client.get, request_id)
        events = await asyncio.to_thread(events_of, client.reader.engine, request_id)
        there = await asyncio.to_thread(client.get, request_id)
        if before.seq == there.seq:  # else a step was recorded between the looks
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
