"""Pollers (轮询者): which workers poll a queue, of which build, and for which builds workflows wait in vain."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from temporalio.api.deployment.v1 import WorkerDeploymentVersion
from temporalio.api.enums.v1 import TaskQueueType, WorkerStatus
from temporalio.api.taskqueue.v1 import PollerInfo, TaskQueue, TaskQueueVersioningInfo
from temporalio.api.worker.v1 import WorkerHeartbeat
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeTaskQueueResponse,
    ListWorkersRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from protocol.held_up import AT_MOST, RUNNING

VERSION: Final = "TemporalWorkerDeploymentVersion"
VERSIONED: Final = f"{VERSION} IS NOT NULL AND {RUNNING}"
POLLED_WITHIN: Final = timedelta(seconds=100)
"""A poll lasts a minute, so a poller silent for longer is gone, although the server lists it for minutes."""
LAST_POLLS: Final = timedelta(seconds=1)
"""Polls within this time after a worker reported its shutdown were still under way; no successor starts so soon."""
_ENDING: Final = (WorkerStatus.WORKER_STATUS_SHUTTING_DOWN, WorkerStatus.WORKER_STATUS_SHUTDOWN)
_AT_MOST_WORKERS: Final = 1000
_NOT_TOLD: Final = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.INVALID_ARGUMENT)
"""Answers of a server that keeps no list of workers, or does not let us read it, or cannot search it by such a name."""


class _Asker(NamedTuple):
    """A poller, as the server's lists name it."""

    identity: str
    deployment: str
    build_id: str


async def versions_waiting(client: TemporalClient) -> Mapping[tuple[str, str], int]:
    """By version and queue: how many workflows are pinned to a version for which no worker polls."""
    bound = dict[tuple[str, str], int]()
    async for run in client.list_workflows(VERSIONED, limit=AT_MOST):
        version = next((pair.value for pair in run.typed_search_attributes if pair.key.name == VERSION), None)
        if version:
            bound[str(version), run.task_queue] = bound.get((str(version), run.task_queue), 0) + 1
    polling = {queue: await _versions_polling(client, queue) for queue in {queue for _, queue in bound}}
    return {key: number for key, number in bound.items() if key[0] not in polling[key[1]]}


async def workers_asking(client: TemporalClient, queue: str) -> Sequence[PollerInfo]:
    """The live pollers for workflow tasks on a queue, as the server lists them. Raises one of TEMPORAL_FAILED."""
    return await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)


async def is_polled(client: TemporalClient, queue: str) -> bool:
    """Whether workers poll a queue for both workflow and activity tasks. Raises one of TEMPORAL_FAILED."""
    kinds = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    return all([bool(await _pollers(client, queue, kind)) for kind in kinds])


async def workers_at_work(client: TemporalClient, queue: str) -> int:
    """How many workers get the tasks of a queue: those that poll and are of the current build.

    0 also if nobody polls for activities. Workers without a build get tasks as long as no build is current; workers of
    a build get none until theirs is current. Raises one of TEMPORAL_FAILED.
    """
    described = await _described_queue(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
    given = _given_tasks(described.versioning_info)
    asking = await _still_asking(client, queue, described.pollers)
    at_work = {each.identity for each in asking if _asker(each)[1:] in given}
    return len(at_work) if at_work and await is_polled(client, queue) else 0


async def current_on(client: TemporalClient, queue: str) -> WorkerDeploymentVersion | None:
    """The build to which tasks of workflows and of activities go, by the queue itself; None where the two differ."""
    kinds = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    one, other = [(await _described_queue(client, queue, kind)).versioning_info for kind in kinds]
    agreed = one.current_deployment_version == other.current_deployment_version
    return one.current_deployment_version if agreed else None


def _given_tasks(routing: TaskQueueVersioningInfo) -> set[tuple[str, str]]:
    """The builds that get tasks, by deployment and build: the current one, and one that is ramping up."""
    current, tried = routing.current_deployment_version, routing.ramping_deployment_version
    ramps = {(tried.deployment_name, tried.build_id)} if tried.build_id else set()
    return {(current.deployment_name, current.build_id), *ramps}


def _asker(poller: PollerInfo) -> _Asker:
    told = poller.deployment_options
    return _Asker(poller.identity, *((told.deployment_name, told.build_id) if told.build_id else ("", "")))


async def _versions_polling(client: TemporalClient, queue: str) -> set[str]:
    pollers = await workers_asking(client, queue)
    told = [poller.deployment_options for poller in pollers]
    return {f"{it.deployment_name}{mark}{it.build_id}" for it in told for mark in (":", ".")}


async def _pollers(client: TemporalClient, queue: str, kind: TaskQueueType.ValueType) -> Sequence[PollerInfo]:
    return await _still_asking(client, queue, (await _described_queue(client, queue, kind)).pollers)


async def _described_queue(
    client: TemporalClient, queue: str, kind: TaskQueueType.ValueType
) -> DescribeTaskQueueResponse:
    """The server's description of a queue, with its recent pollers. Raises one of TEMPORAL_FAILED."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind, report_pollers=True
    )
    return await client.workflow_service.describe_task_queue(asked, retry=True)


async def _still_asking(client: TemporalClient, queue: str, listed: Sequence[PollerInfo]) -> Sequence[PollerInfo]:
    """The listed pollers that polled recently enough to be alive and have not reported their shutdown since."""
    since = datetime.now(UTC) - POLLED_WITHIN
    lately = [each for each in listed if _asked_at(each) >= since]
    ended = await _ended(client, queue) if lately else {}
    return [each for each in lately if _asked_at(each) > ended.get(_asker(each), since)]


async def _ended(client: TemporalClient, queue: str) -> Mapping[_Asker, datetime]:
    """Until when workers that reported their shutdown may have polled, unless another of their name is running."""
    asked = ListWorkersRequest(namespace=client.namespace, query=f'TaskQueue = "{queue}"', page_size=_AT_MOST_WORKERS)
    try:
        listed = (await client.workflow_service.list_workers(asked, retry=True)).workers_info
    except RPCError as error:
        if error.status in _NOT_TOLD:
            return {}
        raise
    told = [each.worker_heartbeat for each in listed]
    running = {_named(each) for each in told if each.status not in _ENDING}
    ended = sorted((each.heartbeat_time.ToDatetime(UTC), _named(each)) for each in told)
    return {named: at + LAST_POLLS for at, named in ended if named not in running}


def _named(worker: WorkerHeartbeat) -> _Asker:
    told = worker.deployment_version
    of_build = (told.deployment_name, told.build_id) if told.deployment_name else ("", "")  # else a digest of its code
    return _Asker(worker.worker_identity, *of_build)


def _asked_at(poller: PollerInfo) -> datetime:
    return poller.last_access_time.ToDatetime(UTC)
