"""Who asks Temporal for work (轮询者): on a queue, of which build, and for which builds workflows wait in vain."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

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
"""A poll lasts a minute: who has not asked for longer is gone, though the server lists it for minutes."""
LAST_POLLS: Final = timedelta(seconds=1)
"""Polls of so long after a worker said that it ends were under way: one that takes its place has yet to start."""
_ENDING: Final = (WorkerStatus.WORKER_STATUS_SHUTTING_DOWN, WorkerStatus.WORKER_STATUS_SHUTDOWN)
_AT_MOST_WORKERS: Final = 1000
_NOT_TOLD: Final = (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.PERMISSION_DENIED)
"""What a server answers that keeps no list of workers, or shows it to nobody like us."""


class _Asker(NamedTuple):
    """Who asks for work, as a server's lists name it."""

    identity: str
    deployment: str
    build_id: str


async def versions_waiting(client: TemporalClient) -> Mapping[tuple[str, str], int]:
    """How many workflows are bound to a version of which no worker asks for work, by version and queue."""
    bound = dict[tuple[str, str], int]()
    async for run in client.list_workflows(VERSIONED, limit=AT_MOST):
        version = next((pair.value for pair in run.typed_search_attributes if pair.key.name == VERSION), None)
        if version:
            bound[str(version), run.task_queue] = bound.get((str(version), run.task_queue), 0) + 1
    polling = {queue: await _versions_polling(client, queue) for queue in {queue for _, queue in bound}}
    return {key: number for key, number in bound.items() if key[0] not in polling[key[1]]}


async def workers_asking(client: TemporalClient, queue: str) -> Sequence[PollerInfo]:
    """Those who ask for tasks of workflows on a queue now, as the server lists them. Raises one of TEMPORAL_FAILED."""
    return await _pollers(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)


async def is_polled(client: TemporalClient, queue: str) -> bool:
    """Whether a worker asks for work of both kinds on a queue. Raises one of TEMPORAL_FAILED."""
    kinds = (TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY)
    return all([bool(await _pollers(client, queue, kind)) for kind in kinds])


async def workers_at_work(client: TemporalClient, queue: str) -> int:
    """How many workers are given the tasks of a queue: those that ask, of the build that is current there.

    0 also where nobody asks for activities. A worker without a build is given tasks while no build is current, and one
    of a build is given none until then. Raises one of TEMPORAL_FAILED.
    """
    described = await _described_queue(client, queue, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW)
    given = _given_tasks(described.versioning_info)
    asking = await _still_asking(client, queue, described.pollers)
    at_work = {each.identity for each in asking if _asker(each)[1:] in given}
    return len(at_work) if at_work and await is_polled(client, queue) else 0


def _given_tasks(routing: TaskQueueVersioningInfo) -> set[tuple[str, str]]:
    """The builds to which tasks go, by deployment and build: the current one, and one that is tried beside it."""
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
    """What the server says of a queue, and who asked there lately. Raises one of TEMPORAL_FAILED."""
    asked = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind, report_pollers=True
    )
    return await client.workflow_service.describe_task_queue(asked, retry=True)


async def _still_asking(client: TemporalClient, queue: str, listed: Sequence[PollerInfo]) -> Sequence[PollerInfo]:
    """Those that have asked lately enough to be there still, and have not said since that they end."""
    since = datetime.now(UTC) - POLLED_WITHIN
    lately = [each for each in listed if _asked_at(each) >= since]
    ended = await _ended(client, queue) if lately else {}
    return [each for each in lately if _asked_at(each) > ended.get(_asker(each), since)]


async def _ended(client: TemporalClient, queue: str) -> Mapping[_Asker, datetime]:
    """Until when workers that said they end may have asked; without those of which one of the same name goes on."""
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
