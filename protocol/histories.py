"""The histories of a case's workflow runs in Temporal: which runs there are, how they ended, what they know."""

import json
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.common.v1 import Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import WorkflowExecutionStatus, WorkflowHistory

from domain.engine.commands import Command
from protocol.asking import WorkflowGone, told_when_gone
from protocol.connecting import TemporalClient
from protocol.names import CASE, RECORD_STEP, request_id_of
from protocol.opening_sealed import open_all
from protocol.payloads import data_converter

CaseHistory = WorkflowHistory
"""The history of one run."""

COMPLETED: Final = "completed"
"""How the last run ends if the case ends by its own rules."""
HANDED_OVER: Final = "continued_as_new"
"""How a run ends that hands over to the next one."""
ENDED: Final = {
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED: COMPLETED,
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED: "failed",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT: "timed_out",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED: "canceled",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED: "terminated",
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: HANDED_OVER,
}
"""How a run ended, by its last event."""
RUNNING: Final = "running"
NOT_BY_ITSELF: Final = '("ContinuedAsNew", "Terminated", "Failed", "Canceled", "TimedOut")'


@dataclass(frozen=True)
class EndedRun:
    """A run that has ended: its predecessor, how and when it ended, and its history as a text."""

    run_id: str
    previous_run_id: str | None
    ended: str
    ended_at: datetime
    text: bytes


@dataclass(frozen=True)
class ListedRun:
    """A run of a case as Temporal lists it; ``state`` is ``running``, or how it ended."""

    request_id: str
    workflow_id: str
    run_id: str
    state: str
    started_at: datetime


@dataclass(frozen=True)
class ToldHead:
    """The last event of a case, as the ledger answered a step: number, digest, and when it answered."""

    seq: int
    digest: str
    at: datetime


@dataclass(frozen=True)
class ToldRun:
    """What the ledger has answered to a run: heads, and the last event of each filing and command."""

    heads: Sequence[ToldHead]
    calls: Sequence[int]

    @property
    def head(self) -> ToldHead:
        """The latest of the heads. Raises ValueError if there is none."""
        return max(self.heads, key=lambda head: head.seq)


@dataclass
class FoundRuns:
    """The runs of a case in Temporal: those that have ended, and whether one is still running.

    ``gone``: runs that another run names as its predecessor but that no longer exist.
    """

    ended: list[EndedRun] = field(default_factory=list)
    running: bool = False
    gone: list[str] = field(default_factory=list)


def text_of(history: CaseHistory) -> bytes:
    """A history as the text that is archived and packed: JSON with sorted keys, so that digests agree."""
    return json.dumps(history.to_json_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def history_in(workflow_id: str, text: bytes) -> CaseHistory:
    """The history in a text. Raises ValueError if it is not one."""
    return CaseHistory.from_json(workflow_id, text.decode())


def run_before(history: CaseHistory) -> str | None:
    """The run that handed over to this one; None for the first."""
    return history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id or None


def has_begun(history: CaseHistory) -> bool:
    """Whether a worker has started on this run; a run just created by continue-as-new still waits for one."""
    return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED for event in history.events)


async def latest_run(client: TemporalClient, workflow_id: str) -> str:
    """The id of a case's latest run. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        return (await client.get_workflow_handle(workflow_id).describe()).run_id


async def history_of(client: TemporalClient, workflow_id: str, run_id: str) -> CaseHistory:
    """The history of a run, decrypted. Raises WorkflowGone, NotOpened, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        history = await client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
    for event in history.events:
        open_all(client, event)
    return history


async def runs_of(client: TemporalClient, workflow_id: str, kept: Collection[str]) -> FoundRuns:
    """Every ended run of a case that is not ``kept``: from Temporal's list, and back from the latest run.

    Both are needed: the list lags behind for a moment, and a run replaced by a reset is only in the list. Raises
    WorkflowGone if there is no run at all, or one of TEMPORAL_FAILED.
    """
    found, seen = FoundRuns(), {*kept}
    wanted = [run.run_id async for run in client.list_workflows(f'WorkflowId = "{workflow_id}"') if run.run_id]
    wanted.append(await latest_run(client, workflow_id))
    while wanted:
        run_id = wanted.pop()
        if run_id in seen:
            continue
        seen.add(run_id)
        try:
            history = await history_of(client, workflow_id, run_id)
        except WorkflowGone:
            found.gone.append(run_id)
            continue
        before = run_before(history)
        wanted += [before] if before else []
        _take(found, run_id, history)
    return found


def _take(found: FoundRuns, run_id: str, history: CaseHistory) -> None:
    last = history.events[-1]
    ended = ENDED.get(EventType.ValueType(last.event_type))
    if ended is None:
        found.running = True
    else:
        at = last.event_time.ToDatetime(UTC)
        found.ended.append(EndedRun(run_id, run_before(history), ended, at, text_of(history)))


async def ended_otherwise(client: TemporalClient, since: datetime | None) -> AsyncIterator[tuple[str, str]]:
    """Case and run id of each run that ended since an instant (None: ever) other than by its case being closed."""
    asked = f'WorkflowType = "{CASE}" AND ExecutionStatus IN {NOT_BY_ITSELF}'
    if since is not None:
        asked += f' AND CloseTime >= "{since.isoformat()}"'
    async for run in client.list_workflows(asked):
        if run.run_id is not None:
            yield request_id_of(run.id), run.run_id


async def all_runs(client: TemporalClient, at_most: int | None = None) -> AsyncIterator[ListedRun]:
    """Every run in Temporal that has not continued as new, newest first. Raises one of TEMPORAL_FAILED."""
    asked = f'WorkflowType = "{CASE}" AND ExecutionStatus != "ContinuedAsNew"'
    async for run in client.list_workflows(asked, limit=at_most):
        if run.run_id is not None and run.status is not None:
            yield ListedRun(request_id_of(run.id), run.id, run.run_id, _word(run.status), run.start_time)


async def state_of_latest(client: TemporalClient, workflow_id: str) -> str:
    """``running``, or how a case's latest run ended. Raises WorkflowGone, or one of TEMPORAL_FAILED."""
    with told_when_gone():
        described = await client.get_workflow_handle(workflow_id).describe()
    return _word(described.status) if described.status is not None else RUNNING


def _word(status: WorkflowExecutionStatus) -> str:
    return status.name.lower()


async def told_run(client: TemporalClient, workflow_id: str) -> ToldRun | None:
    """The latest run of a case that got an answer from the ledger; a ToldRun without heads if none ever did.

    None if the runs that got one are gone. Raises WorkflowGone, or one of TEMPORAL_FAILED.
    """
    run_id: str | None = await latest_run(client, workflow_id)
    try:
        while run_id is not None:
            history = await history_of(client, workflow_id, run_id)
            told = told_in(history)
            if told.heads:
                return told
            run_id = run_before(history)
    except WorkflowGone:
        return None
    return ToldRun((), ())


def told_in(history: CaseHistory) -> ToldRun:
    """What the ledger answered to a run; without heads if it never did."""
    heads = [ToldHead(answer["head"], answer["digest"], at) for answer, at in _answers(history)]
    return ToldRun(heads, list(_answered_calls(history)))


async def given_commands(history: CaseHistory) -> list[Command]:
    """The commands that a run accepted, in order, including those that it did not carry out in the end."""
    given = []
    for event in history.events:
        asked = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
        if asked.name == "command":
            given += await data_converter.decode(asked.args.payloads, [Command])
    return given


def _answers(history: CaseHistory) -> Iterator[tuple[Any, datetime]]:
    """Each answer of the ledger to a step, as the JSON of ``StepResult``, and when it came."""
    asked = set[int]()
    for event in history.events:
        at, marked = event.event_time.ToDatetime(UTC), event.marker_recorded_event_attributes.details
        if _is_of_a_step(marked) and "result" in marked:
            yield json.loads(marked["result"].payloads[0].data), at
        elif event.activity_task_scheduled_event_attributes.activity_type.name == RECORD_STEP:
            asked.add(event.event_id)
        elif (done := event.activity_task_completed_event_attributes).scheduled_event_id in asked:
            yield json.loads(done.result.payloads[0].data), at


def _answered_calls(history: CaseHistory) -> Iterator[int]:
    """The last event of each filing and command that this run carried out; repeated ones are left out."""
    for event in history.events:
        answered = event.workflow_execution_update_completed_event_attributes.outcome.success.payloads
        said = json.loads(answered[0].data or b"null") if answered else None
        if isinstance(said, dict) and said.get("asked") is not None:
            yield said["head"]


def _is_of_a_step(marked: Mapping[str, Payloads]) -> bool:
    return "data" in marked and bool(json.loads(marked["data"].payloads[0].data).get("activity_type") == RECORD_STEP)


async def kept_by_temporal(client: TemporalClient) -> timedelta:
    """How long the namespace keeps a run after its end. Raises one of TEMPORAL_FAILED."""
    asked = DescribeNamespaceRequest(namespace=client.namespace)
    described = await client.workflow_service.describe_namespace(asked, retry=True)
    return described.config.workflow_execution_retention_ttl.ToTimedelta()
