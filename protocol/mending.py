"""Remedies for a stuck workflow: retry what it waits for, reset its activities, or reset it to an earlier point.

Activities are unpaused and reset through the server's API, because the SDK has no calls for that.
"""

import json
import uuid
from collections.abc import Sequence
from typing import Final, NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    ResetActivityRequest,
    ResetWorkflowExecutionRequest,
    UnpauseActivityRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from protocol.asking import told_when_gone
from protocol.connecting import TemporalClient
from protocol.opening_sealed import open_what_can_be

FIRST: Final = "first"
LAST: Final = "last"
BEFORE: Final = "before:"
"""Names of points: the first workflow task of the latest run, the last, and the one before a command (by its name)."""


class Point(NamedTuple):
    """A point to reset a workflow to: its name, and the id of the history event."""

    name: str
    event_id: int


class NoSuchPoint(Exception):
    """The history has no such point."""


async def try_again(client: TemporalClient, workflow_id: str, reason: str | None) -> None:
    """Make a case retry what it is parked for with this reason (None: everything). Raises WorkflowGone."""
    with told_when_gone():
        handle = client.get_workflow_handle(workflow_id)
        await handle.signal("retry_step", args=[reason] if reason is not None else [])


async def activities_anew(client: TemporalClient, workflow_id: str) -> int:
    """Unpause paused activities, and retry now those that wait for their next attempt; returns how many there were.

    Raises WorkflowGone, or one of TEMPORAL_FAILED.
    """
    whose = WorkflowExecution(workflow_id=workflow_id)
    service = client.workflow_service
    with told_when_gone():
        described = await service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(namespace=client.namespace, execution=whose)
        )
    found = [it for it in described.pending_activities if it.paused or it.attempt > 1]
    for it in found:
        try:
            if it.paused:
                unpaused = UnpauseActivityRequest(
                    namespace=client.namespace, execution=whose, id=it.activity_id, reset_attempts=True
                )
                await service.unpause_activity(unpaused)
            else:
                await service.reset_activity(
                    ResetActivityRequest(namespace=client.namespace, execution=whose, id=it.activity_id)
                )
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):  # ended meanwhile
                raise
    return len(found)


async def points_of(client: TemporalClient, workflow_id: str) -> Sequence[Point]:
    """The points for a reset of the latest run, earliest first. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        history = await client.get_workflow_handle(workflow_id).fetch_history()
    for event in history.events:
        open_what_can_be(client, event)
    found = dict[str, int]()
    last: int | None = None
    for event in history.events:
        accepted = event.workflow_execution_update_accepted_event_attributes
        if event.event_type in _ENDS_OF_TASKS:
            last = event.event_id
            found.setdefault(FIRST, last)
        elif accepted.accepted_request.input.name == "command" and last is not None:
            found[f"{BEFORE}{_command_in(accepted.accepted_request.input.args.payloads)}"] = last
    return sorted([*(Point(*each) for each in found.items()), *([Point(LAST, last)] if last else [])], key=_place)


async def reset_to(client: TemporalClient, workflow_id: str, point: str, why: str) -> None:
    """Start a new run from a point of the latest one, even if that has ended.

    Signals and updates since then are reapplied to the new run, which takes over what is already in the ledger.
    Raises NoSuchPoint, WorkflowGone, or one of TEMPORAL_FAILED.
    """
    to = next((it.event_id for it in await points_of(client, workflow_id) if it.name == point), None)
    if to is None:
        raise NoSuchPoint(point)
    with told_when_gone():
        run_id = (await client.get_workflow_handle(workflow_id).describe()).run_id
        await client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace=client.namespace,
                workflow_execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                reason=why[:200],
                workflow_task_finish_event_id=to,
                request_id=uuid.uuid4().hex,
            ),
            retry=True,
        )


_ENDS_OF_TASKS: Final = (
    EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED,
    EventType.EVENT_TYPE_WORKFLOW_TASK_TIMED_OUT,
)


def _place(point: Point) -> tuple[int, bool]:
    return point.event_id, point.name == LAST


def _command_in(payloads: Sequence[object]) -> str:
    """The name of a command in an update's input; ``command`` if it cannot be read here."""
    data = getattr(payloads[0], "data", b"{}") if payloads else b"{}"
    try:
        return str(json.loads(data).get("name", "command"))
    except ValueError:
        return "command"
