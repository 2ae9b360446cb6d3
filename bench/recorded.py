"""The messages of a case as Temporal received them, to be sent again in another case's name by Temporal's client alone.

They are read from the history of a real case, so whatever messages are made of, these are the same.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import RawValue, TypedSearchAttributes, WorkflowIDConflictPolicy
from temporalio.converter import decode_typed_search_attributes

from protocol.names import CASE, TASK_QUEUE, workflow_id


@dataclass(frozen=True)
class Update:
    """An update by its name, with its arguments."""

    name: str
    arguments: Sequence[Payload]


@dataclass(frozen=True)
class RecordedMessages:
    """What a case was started with, and its updates in order; ``request_id`` and ``keys`` are to be replaced."""

    request_id: str
    keys: Sequence[str]
    opening: Sequence[Payload]
    attributes: TypedSearchAttributes
    updates: Sequence[Update]

    async def play(self, client: Client) -> None:
        """A whole case of its own: each message is sent when the one before was answered."""
        case = f"BENCH-{uuid.uuid4().hex}"
        keys = {key: uuid.uuid4().hex for key in self.keys}
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            CASE,
            args=self._anew(self.opening, case, keys),
            id=workflow_id(case),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=self.attributes,
        )
        first, *others = self.updates
        await client.execute_update_with_start_workflow(
            first.name,
            args=self._anew(first.arguments, case, keys),
            start_workflow_operation=start,
        )
        handle = client.get_workflow_handle(workflow_id(case))
        for each in others:
            await handle.execute_update(each.name, args=self._anew(each.arguments, case, keys))

    def _anew(self, payloads: Sequence[Payload], case: str, keys: dict[str, str]) -> list[RawValue]:
        return [RawValue(self._renamed(payload, case, keys)) for payload in payloads]

    def _renamed(self, payload: Payload, case: str, keys: dict[str, str]) -> Payload:
        data = payload.data.replace(self.request_id.encode(), case.encode())
        for old, new in keys.items():
            data = data.replace(old.encode(), new.encode())
        return Payload(metadata=dict(payload.metadata), data=data)


async def messages_of(client: Client, request_id: str, keys: Sequence[str]) -> RecordedMessages:
    """The messages of a case that was played under these callers' keys."""
    history = await client.get_workflow_handle(workflow_id(request_id)).fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    accepted = [
        event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        for event in history.events
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
    ]
    return RecordedMessages(
        request_id,
        keys,
        list(started.input.payloads),
        decode_typed_search_attributes(started.search_attributes),
        [Update(each.name, list(each.args.payloads)) for each in accepted],
    )
