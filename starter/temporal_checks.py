"""Checks of Temporal for the doctor: search attributes, clock, running workflows."""

import asyncio
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from temporalio.api.enums.v1 import IndexedValueType, TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest, PollWorkflowTaskQueueRequest
from temporalio.client import WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from protocol.connecting import TemporalClient
from protocol.search_attributes import SEARCH_ATTRIBUTES

PATIENCE: Final = 10.0
"""Timeout of each call in seconds."""


class NotTold(Exception):
    """Temporal refuses a request; the message is in its words."""


@contextmanager
def in_its_words() -> Iterator[None]:
    """Raise NotTold if the server refuses a request within the block."""
    try:
        yield
    except RPCError as error:
        raise NotTold(" ".join(error.message.split())) from error


async def missing_search_attributes(
    client: TemporalClient, wanted: Mapping[str, str] = SEARCH_ATTRIBUTES
) -> Mapping[str, str]:
    """The search attributes of cases that the server lacks, or has with another type.

    Raises NotTold, and TimeoutError after ten seconds.
    """
    request = ListSearchAttributesRequest(namespace=client.namespace)
    with in_its_words():
        answer = await asyncio.wait_for(client.operator_service.list_search_attributes(request), PATIENCE)
    known = {name: _kind(value) for name, value in answer.custom_attributes.items()}
    return {name: kind for name, kind in wanted.items() if known.get(name) != kind.lower()}


def _kind(value: Any) -> str:
    """A type of search attribute in lower case: ``datetime``."""
    return IndexedValueType.Name(value).removeprefix("INDEXED_VALUE_TYPE_").replace("_", "").lower()


async def instant_of_server(client: TemporalClient) -> datetime:
    """The time of the server's clock, within a fraction of a second.

    The API does not tell it, but the list of pollers has times: so we poll a queue on which nothing ever waits and read
    our own entry. Raises NotTold, and TimeoutError after ten seconds.
    """
    queue, name = TaskQueue(name="shareflow-doctor"), f"doctor-{uuid.uuid4().hex}"
    asking = asyncio.create_task(
        client.workflow_service.poll_workflow_task_queue(
            PollWorkflowTaskQueueRequest(namespace=client.namespace, task_queue=queue, identity=name),
            timeout=timedelta(seconds=PATIENCE),
        )
    )
    listed = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=queue,
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        report_pollers=True,
    )
    try:
        async with asyncio.timeout(PATIENCE):
            while True:
                with in_its_words():
                    found = await client.workflow_service.describe_task_queue(listed)
                for each in found.pollers:
                    if each.identity == name:
                        return each.last_access_time.ToDatetime(UTC)
                await asyncio.sleep(0.02)
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def has_running_workflow(client: TemporalClient, workflow_id: str) -> bool:
    """Whether a workflow exists and is running. Raises NotTold, and TimeoutError after ten seconds."""
    try:
        description = await asyncio.wait_for(client.get_workflow_handle(workflow_id).describe(), PATIENCE)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return False
        raise NotTold(error.message) from error
    return description.status is WorkflowExecutionStatus.RUNNING
