"""Why a workflow is stuck, according to Temporal: its own reason, failing code, activities that fail or are paused.

Visibility lists say which workflows are stuck; a single workflow is then described to get its last errors in full.
"""

import hashlib
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import TimeoutType, WorkflowExecutionStatus
from temporalio.api.failure.v1 import Failure
from temporalio.api.workflow.v1 import PendingActivityInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)

from domain.stuck import StuckKind, cause_of
from protocol.asking import WorkflowGone, told_when_gone
from protocol.connecting import TemporalClient
from protocol.errors import LEDGER_CONFLICT, OTHER_CASE_UNAVAILABLE
from protocol.names import (
    CASE,
    FIND_CASE,
    FIND_GRANTS,
    GIVE_COMMAND,
    OPEN_CASE,
    RECORD_STEP,
    RECOUNT_CLOCKS,
    TASK_QUEUE,
)
from protocol.opening_sealed import open_what_can_be
from protocol.search_attributes import STUCK_REASON

REPORTED: Final = "TemporalReportedProblems"
PAUSED: Final = "TemporalPauseInfo"
RUNNING: Final = 'ExecutionStatus = "Running"'
_ANY: Final = " OR ".join(f"{name} IS NOT NULL" for name in (STUCK_REASON.name, REPORTED, PAUSED))
NOT_MOVING: Final = f"({_ANY}) AND {RUNNING}"
ASIDE: Final = f'(WorkflowType != "{CASE}" OR TaskQueue != "{TASK_QUEUE}") AND {RUNNING}'
AT_MOST: Final = 500
"""The most workflows to list that are not cases on the main queue, or that are pinned to a version."""
TRIES: Final = 3
"""Activities are reported from this attempt on: one or two failures may just be a restart."""
LONGEST: Final = 20_000
"""The most characters of an error, with its stack trace."""
_TAIL: Final = 60

_OF_REASON: Final[Mapping[str, Sequence[str]]] = {
    "calendar_unavailable": (RECOUNT_CLOCKS,),
    "ledger_unavailable": (RECORD_STEP,),
    LEDGER_CONFLICT: (RECORD_STEP,),
    OTHER_CASE_UNAVAILABLE: (OPEN_CASE, GIVE_COMMAND, FIND_GRANTS, FIND_CASE),
}
"""The activities that a case waits for, by its stuck reason."""


class HeldUp(NamedTuple):
    """One reason why a workflow is stuck; ``since`` if Temporal knows."""

    reason: str
    kind: StuckKind
    cause: str
    error: str | None = None
    waits_on: str | None = None
    since: datetime | None = None


class NotMoving(NamedTuple):
    """A stuck workflow in the list, with the reasons that the list gives."""

    workflow_id: str
    reasons: tuple[HeldUp, ...]


@dataclass(frozen=True)
class Aside:
    """Workflows other than cases on the main queue: ids of those to be described, and workflows per other queue."""

    workflow_ids: Sequence[str]
    queues: Mapping[str, int]


async def not_moving(client: TemporalClient) -> AsyncIterator[NotMoving]:
    """Every workflow that is stuck by its own word or the server's. Raises one of TEMPORAL_FAILED."""
    async for run in client.list_workflows(NOT_MOVING):
        attributes = {pair.key.name: pair.value for pair in run.typed_search_attributes}
        said = [of_reason(reason) for reason in attributes.get(STUCK_REASON.name) or ()]
        if not said and attributes.get(PAUSED) and not attributes.get(REPORTED):
            said = [HeldUp(ACTIVITY_PAUSED, StuckKind.ACTIVITY_RETRYING, ACTIVITY_PAUSED)]
        if not said or attributes.get(REPORTED):
            said.append(HeldUp(TASK_FAILING, StuckKind.TASK_FAILING, TASK_FAILING))
        yield NotMoving(run.id, tuple(said))


async def aside(client: TemporalClient) -> Aside:
    """The running workflows other than cases on the main queue. Raises one of TEMPORAL_FAILED."""
    ids, queues = list[str](), dict[str, int]()
    async for run in client.list_workflows(ASIDE, limit=AT_MOST):
        if run.task_queue != TASK_QUEUE:
            queues[run.task_queue] = queues.get(run.task_queue, 0) + 1
        else:
            ids.append(run.id)
    return Aside(ids, queues)


async def what_holds(client: TemporalClient, workflow_id: str, before: Sequence[HeldUp] = ()) -> tuple[HeldUp, ...]:
    """Everything that holds a workflow up now, with the last errors; empty if it is not stuck.

    ``before``: the reasons when it was last looked at. They hold until the retried activity has been answered, because
    a new run reports a wait only after a first try failed; a reason that replaces an earlier one keeps its ``since``.
    Raises WorkflowGone if there is no such workflow or it has ended, or one of TEMPORAL_FAILED.
    """
    with told_when_gone():
        described = await client.workflow_service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=client.namespace, execution=WorkflowExecution(workflow_id=workflow_id)
            ),
            retry=True,
        )
    open_what_can_be(client, described)
    if described.workflow_execution_info.status != WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING:
        raise WorkflowGone("it has ended")
    said = [of_reason(reason) for reason in _reasons_of(described)]
    failing = described.pending_workflow_task.attempt > 1
    pending = [it for it in described.pending_activities if _shown(it)]
    said += _unanswered(described, before, said, pending)
    if not said and not failing and not pending:
        return ()
    tail = await _tail_of(client, workflow_id)
    found = [_looked_into(each, pending, tail) for each in said]
    told = {name for each in said for name in _activities_of(each.reason)}
    found += [_of_activity(it) for it in pending if it.HasField("pause_info") or it.paused]
    found += [_of_activity(it) for it in pending if not it.paused and it.activity_type.name not in told]
    if failing:
        found.append(_of_task(described, tail))
    return tuple({each.reason: each._replace(since=_begun(each, before)) for each in found}.values())


def of_reason(reason: str) -> HeldUp:
    """A reason that a case gives itself, which is its cause as well."""
    waits = reason.startswith(OTHER_CASE_UNAVAILABLE)
    kind = StuckKind.OPENING_WAITS if waits else StuckKind.PARKED
    return HeldUp(reason, kind, cause_of(reason.replace(": ", ":")))


def _unanswered(
    described: DescribeWorkflowExecutionResponse,
    before: Sequence[HeldUp],
    said: Sequence[HeldUp],
    shown: Sequence[PendingActivityInfo],
) -> list[HeldUp]:
    """The earlier reasons that are being retried now, except those already reported."""
    at_work = described.HasField("pending_workflow_task")
    tried = {it.activity_type.name for it in described.pending_activities}
    fresh = [_of_activity(it) for it in shown]
    return [
        each
        for each in before
        if (at_work or not tried.isdisjoint(_activities_of(each.reason)))
        and not any(_alike(each, it) for it in said)
        and not (each.kind is StuckKind.ACTIVITY_RETRYING and any(_alike(each, it) for it in fresh))
    ]


def _alike(one: HeldUp, other: HeldUp) -> bool:
    """Whether one reason may have replaced the other: both wait for the same activity."""
    return one.reason == other.reason or not set(_activities_of(one.reason)).isdisjoint(_activities_of(other.reason))


def _begun(now: HeldUp, before: Iterable[HeldUp]) -> datetime | None:
    earlier = [each.since for each in before if each.since and _alike(each, now)]
    return min([*earlier, *([now.since] if now.since else [])], default=None)


TASK_FAILING: Final = "workflow_task_failing"
"""The reason of a workflow whose code fails."""
ACTIVITY_PAUSED: Final = "activity_paused"


def _reasons_of(described: DescribeWorkflowExecutionResponse) -> list[str]:
    payload = described.workflow_execution_info.search_attributes.indexed_fields.get(STUCK_REASON.name)
    found = json.loads(payload.data) if payload is not None and payload.data else None
    return [found] if isinstance(found, str) else list(found or ())


def _shown(activity: PendingActivityInfo) -> bool:
    return activity.paused or activity.attempt >= TRIES


def _of_activity(activity: PendingActivityInfo) -> HeldUp:
    what = ACTIVITY_PAUSED if activity.paused else StuckKind.ACTIVITY_RETRYING.value
    name = activity.activity_type.name
    error = words_of(activity.last_failure) if activity.HasField("last_failure") else None
    since = activity.scheduled_time.ToDatetime(UTC)
    return HeldUp(f"{what}: {name}", StuckKind.ACTIVITY_RETRYING, cause_of(what, name), error, since=since)


def _of_task(described: DescribeWorkflowExecutionResponse, tail: "_Tail") -> HeldUp:
    error, task = tail.of_task, described.pending_workflow_task
    since = (task.original_scheduled_time or task.scheduled_time).ToDatetime(UTC)
    cause = cause_of(TASK_FAILING, _name_of(error)) if error else TASK_FAILING
    return HeldUp(TASK_FAILING, StuckKind.TASK_FAILING, cause, error, since=since)


def _activities_of(reason: str) -> Sequence[str]:
    what, _, name = reason.partition(": ")
    return (name,) if what in (ACTIVITY_PAUSED, StuckKind.ACTIVITY_RETRYING) else _OF_REASON.get(what, ())


def _looked_into(said: HeldUp, pending: Sequence[PendingActivityInfo], tail: "_Tail") -> HeldUp:
    """A case's own reason, with the last error of the activity it waits for, and the case it waits on."""
    names = _activities_of(said.reason)
    failures = [it.last_failure for it in pending if it.activity_type.name in names and it.HasField("last_failure")]
    error = words_of(failures[-1]) if failures else next((tail.errors[n] for n in names if n in tail.errors), None)
    waits_on = next((tail.asked[name] for name in tail.asked if name in names), said.waits_on)
    return said._replace(error=error or said.error, waits_on=waits_on if said.kind is StuckKind.OPENING_WAITS else None)


class _Tail(NamedTuple):
    """From the end of a history: each activity's newest error and other case, and the error of the workflow task."""

    errors: Mapping[str, str]
    asked: Mapping[str, str]
    of_task: str | None


async def _tail_of(client: TemporalClient, workflow_id: str) -> _Tail:
    asked = GetWorkflowExecutionHistoryReverseRequest(
        namespace=client.namespace,
        execution=WorkflowExecution(workflow_id=workflow_id),
        maximum_page_size=_TAIL,
    )
    with told_when_gone():
        end = (await client.workflow_service.get_workflow_execution_history_reverse(asked, retry=True)).history
    open_what_can_be(client, end)
    return _read(end.events)


def _read(newest_first: Iterable[Any]) -> _Tail:
    failed, errors, asked, of_task = dict[int, str](), dict[str, str](), dict[str, str](), None
    for event in newest_first:
        if event.HasField("workflow_task_failed_event_attributes") and of_task is None:
            of_task = words_of(event.workflow_task_failed_event_attributes.failure)
        elif event.HasField("activity_task_failed_event_attributes"):
            said = event.activity_task_failed_event_attributes
            failed[said.scheduled_event_id] = words_of(said.failure)
        elif event.HasField("activity_task_timed_out_event_attributes"):
            late = event.activity_task_timed_out_event_attributes
            failed[late.scheduled_event_id] = words_of(late.failure)
        elif event.HasField("activity_task_scheduled_event_attributes"):
            order = event.activity_task_scheduled_event_attributes
            name = order.activity_type.name
            if event.event_id in failed:
                errors.setdefault(name, failed[event.event_id])
            case = _case_in(order.input.payloads)
            if case is not None:
                asked.setdefault(name, case)
        elif event.marker_recorded_event_attributes.HasField("failure"):
            marker = event.marker_recorded_event_attributes
            errors.setdefault(_local_in(marker.details), words_of(marker.failure))
    return _Tail(errors, asked, of_task)


def _local_in(details: Mapping[str, Any]) -> str:
    """The local activity of a marker, from what the SDK's core keeps beside the result."""
    kept = details["data"].payloads if "data" in details else ()
    return str(json.loads(kept[0].data).get("activity_type", "")) if kept else ""


def _case_in(payloads: Sequence[Any]) -> str | None:
    """The other case in an activity's input, if there is one."""
    try:
        said = json.loads(payloads[0].data) if payloads else None
    except ValueError:
        return None
    if isinstance(said, str):
        return said
    found = said.get("request_id") if isinstance(said, dict) else None
    return found if isinstance(found, str) else None


def words_of(failure: Failure) -> str:
    """A failure as text: from the outermost to its root cause, and the innermost stack trace."""
    lines, trace, inner = list[str](), "", failure
    while True:
        kind = _code_of(inner)
        lines.append(f"{kind}: {inner.message}" if kind and kind not in inner.message else inner.message)
        trace = inner.stack_trace or trace
        if not inner.HasField("cause"):
            break
        inner = inner.cause
    said = "\ncaused by: ".join(line for line in lines if line)
    return (f"{said}\n\n{trace}" if trace else said)[:LONGEST]


def _code_of(failure: Failure) -> str:
    """Our own error type, or a code for the timeout, for which Temporal has only a sentence."""
    if not failure.HasField("timeout_failure_info"):
        return failure.application_failure_info.type
    never_begun = failure.timeout_failure_info.timeout_type == TimeoutType.TIMEOUT_TYPE_SCHEDULE_TO_START
    return "not_begun_in_time" if never_begun else "not_answered_in_time"


def _name_of(error: str) -> str:
    """A short name shared by errors that differ only in numbers and ids."""
    first = error.partition("\n")[0]
    alike = re.sub(r"[0-9A-F]{6,}|\d+|0x[0-9a-f]+", "#", first)
    name = re.match(r"\w+", first, re.ASCII)
    return f"{name[0] if name else 'error'}:{hashlib.sha256(alike.encode()).hexdigest()[:8]}"
