"""Worker deployments in Temporal: the known builds, and the current one, which gets all new tasks."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from temporalio.api.deployment.v1 import RoutingConfig, WorkerDeploymentInfo
from temporalio.api.enums.v1 import RoutingConfigUpdateState, TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    DescribeWorkerDeploymentRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from protocol.histories import CaseHistory, history_of
from protocol.names import CASE, DUTY_ROUND, STUCK_BATCH, TASK_QUEUE
from protocol.pollers import current_on, workers_asking
from starter.temporal_checks import in_its_words

OPEN: Final = f'WorkflowType IN ("{CASE}", "{DUTY_ROUND}", "{STUCK_BATCH}") AND ExecutionStatus = "Running"'
LOOK_EVERY: Final = 0.5
SPREADS_WITHIN: Final = timedelta(seconds=30)
"""It takes a server a second or two to have all of its parts know of a change."""


class NotReleased(Exception):
    """A build did not become current; one sentence says why."""


@dataclass(frozen=True)
class Deployment:
    """The builds of one deployment on one server. Every method raises NotTold, in the server's words, if it refuses."""

    client: TemporalClient
    name: str
    task_queue: str = TASK_QUEUE

    async def current(self) -> str | None:
        """The build that is current everywhere; None for none, and while the server still spreads a change.

        A server may say for good that it spreads one: after half a minute counts what the queue of the cases knows.
        """
        with in_its_words():
            found = await self._described()
            if found is None or (_spreads(found) and not await self._has_come(found.routing_config)):
                return None
        return found.routing_config.current_deployment_version.build_id or None

    async def spreading(self) -> str | None:
        """The build that the server has made current and of which it has not yet told that all of its parts know."""
        with in_its_words():
            found = await self._described()
        if found is None or not _spreads(found):
            return None
        return found.routing_config.current_deployment_version.build_id or None

    async def polling(self) -> frozenset[str | None]:
        """The builds of this deployment whose workers are polling now; None stands for workers without a build."""
        with in_its_words():
            pollers = await workers_asking(self.client, self.task_queue)
        told = [each.deployment_options for each in pollers]
        return frozenset(
            (it.build_id or None) if it.deployment_name in (self.name, "") else f"{it.deployment_name}/{it.build_id}"
            for it in told
        )

    async def release(self, build_id: str, within: timedelta) -> None:
        """Wait for workers of a build, make it current, and wait until it is. Raises NotReleased."""
        with in_its_words():
            await self._released(build_id, within)

    async def open_histories(self, at_most: int) -> AsyncIterator[CaseHistory]:
        """The histories of our open workflows, up to a number. Raises NotOpened as well."""
        with in_its_words():
            async for run in self.client.list_workflows(OPEN, limit=at_most):
                if run.run_id is not None:
                    yield await history_of(self.client, run.id, run.run_id)

    async def _released(self, build_id: str, within: timedelta) -> None:
        await self._until(
            lambda: self._asked_for_work(build_id), within, f"No worker of the build {build_id} asks for work"
        )
        await self._until(lambda: self._made_current(build_id), within, f"Temporal does not know the build {build_id}")
        made = (
            f"Temporal has made the build {build_id} current: leave its workers as they are, and give the command "
            "again. It did not tell that all of its parts know it"
        )
        await self._until(lambda: self._is_current(build_id), within, made)

    async def _described(self) -> WorkerDeploymentInfo | None:
        request = DescribeWorkerDeploymentRequest(namespace=self.client.namespace, deployment_name=self.name)
        try:
            return (
                await self.client.workflow_service.describe_worker_deployment(request, retry=True)
            ).worker_deployment_info
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise

    async def _has_come(self, routing: RoutingConfig) -> bool:
        """Whether a change is older than such changes take, and known where the tasks of cases are given out."""
        if datetime.now(UTC) - routing.current_version_changed_time.ToDatetime(UTC) < SPREADS_WITHIN:
            return False
        return await current_on(self.client, self.task_queue) == routing.current_deployment_version

    async def _asked_for_work(self, build_id: str) -> bool:
        """Whether a worker of the build polls for workflow tasks, by the server's list of recent pollers."""
        request = DescribeTaskQueueRequest(
            namespace=self.client.namespace,
            task_queue=TaskQueue(name=self.task_queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        pollers = (await self.client.workflow_service.describe_task_queue(request, retry=True)).pollers
        builds = {(each.deployment_options.deployment_name, each.deployment_options.build_id) for each in pollers}
        return (self.name, build_id) in builds

    async def _made_current(self, build_id: str) -> bool:
        """Make a build current; False as long as the server does not know it yet."""
        request = SetWorkerDeploymentCurrentVersionRequest(
            namespace=self.client.namespace, deployment_name=self.name, build_id=build_id
        )
        try:
            await self.client.workflow_service.set_worker_deployment_current_version(request, retry=True)
        except RPCError as error:
            if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                return False
            raise
        return True

    async def _is_current(self, build_id: str) -> bool:
        return await self.current() == build_id

    async def _until(self, holds: Callable[[], Awaitable[bool]], within: timedelta, otherwise: str) -> None:
        try:
            async with asyncio.timeout(within.total_seconds()):
                while not await holds():  # noqa: ASYNC110 - only the server knows
                    await asyncio.sleep(LOOK_EVERY)
        except TimeoutError:
            raise NotReleased(f"{otherwise} within {within.total_seconds():.0f} seconds.") from None


def _spreads(found: WorkerDeploymentInfo) -> bool:
    return found.routing_config_update_state == RoutingConfigUpdateState.ROUTING_CONFIG_UPDATE_STATE_IN_PROGRESS
