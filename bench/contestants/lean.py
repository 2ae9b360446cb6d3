"""The floor: a workflow that takes the same messages and for each writes the same rows, or nothing at all."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from psycopg2.pool import ThreadedConnectionPool
from temporalio import activity, workflow
from temporalio.client import Client, WithStartWorkflowOperation
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from bench.cases import APPLICATION, MESSAGES, STATUTE, STEPS
from bench.contestants import rows
from protocol.connecting import COMPRESSION

LEAN, BARE = "bench-lean", "bench-bare"
WRITERS = 8
POLLS, POLLS_FOR_NEW_CASES = 20, 0.5
"""What the production worker has."""

FILING = {"statute": STATUTE, "request": APPLICATION.model_dump(mode="json", exclude_none=True)}
COMMANDS = [{"command": name.value, "role": role.value, **fields} for name, role, fields in STEPS]


@workflow.defn(name="Lean")
class LeanCase:
    """A case that only writes."""

    def __init__(self) -> None:
        self.done = 0

    @workflow.run
    async def run(self, _: Mapping[str, Any]) -> None:
        """Until all messages have come."""
        await workflow.wait_condition(lambda: self.done == MESSAGES)

    @workflow.update
    async def step(self, _: Mapping[str, Any]) -> int:
        """Write what one message brings."""
        await workflow.execute_local_activity(
            "write",
            args=[self.done, workflow.info().workflow_id],
            start_to_close_timeout=timedelta(seconds=10),
        )
        self.done += 1
        return self.done


@workflow.defn(name="Bare")
class BareCase:
    """A case that only counts."""

    def __init__(self) -> None:
        self.done = 0

    @workflow.run
    async def run(self, _: Mapping[str, Any]) -> None:
        """Until all messages have come."""
        await workflow.wait_condition(lambda: self.done == MESSAGES)

    @workflow.update
    async def step(self, _: Mapping[str, Any]) -> int:
        """Count one."""
        self.done += 1
        return self.done


class MessageSender:
    """Sends the messages of a case to a workflow of either kind."""

    def __init__(self, client: Client, workflow_name: str, queue: str) -> None:
        self._client = client
        self._name = workflow_name
        self._queue = queue

    async def case(self) -> None:
        """One whole case."""
        case = rows.new_case()
        start: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
            self._name,
            FILING,
            id=case,
            task_queue=self._queue,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        await self._client.execute_update_with_start_workflow(
            "step", {"key": case}, start_workflow_operation=start, result_type=int
        )
        handle = self._client.get_workflow_handle(case)
        for command in COMMANDS:
            await handle.execute_update("step", command, result_type=int)


@asynccontextmanager
async def lean(temporal: str, ledger: str, recorded: Path) -> AsyncIterator[MessageSender]:
    """The floor: one local activity a message, which writes the same rows in one statement."""
    statements = await asyncio.to_thread(rows.Statements, ledger, "lean", recorded)
    pool = ThreadedConnectionPool(WRITERS, WRITERS, ledger)

    @activity.defn(name="write")
    def write(number: int, case: str) -> None:
        connection = pool.getconn()
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statements.of(number, case))
        finally:
            pool.putconn(connection)

    client = await Client.connect(temporal, grpc_compression=COMPRESSION)
    worker = Worker(
        client,
        task_queue=LEAN,
        workflows=[LeanCase],
        activities=[write],
        activity_executor=ThreadPoolExecutor(WRITERS),
        max_concurrent_local_activities=WRITERS,
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_task_polls=POLLS,
        nonsticky_to_sticky_poll_ratio=POLLS_FOR_NEW_CASES,
    )
    async with worker:
        yield MessageSender(client, "Lean", LEAN)
    pool.closeall()


@asynccontextmanager
async def bare(temporal: str, _: str, __: Path) -> AsyncIterator[MessageSender]:
    """The same messages, no activity, no database."""
    client = await Client.connect(temporal, grpc_compression=COMPRESSION)
    worker = Worker(
        client,
        task_queue=BARE,
        workflows=[BareCase],
        workflow_runner=UnsandboxedWorkflowRunner(),
        max_concurrent_workflow_task_polls=POLLS,
        nonsticky_to_sticky_poll_ratio=POLLS_FOR_NEW_CASES,
    )
    async with worker:
        yield MessageSender(client, "Bare", BARE)
