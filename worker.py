"""The worker: carries cases forward. Run as many as you like; stop them whenever you like.

``python worker.py`` connects to the Temporal server and the database that the environment names (see
``docs/operations.md``), serves health and metrics, and stops gracefully on SIGTERM or Ctrl-C.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.ledger_steps import LedgerSteps
from domain.calendar import Calendar
from domain.evidence import Algorithm
from workflows.share_request import ShareRequestWorkflow

TASK_QUEUE = "shareflow"
DATABASE_THREADS = 8
PASSED_THROUGH = ("domain", "workflows.labels", "pydantic", "pydantic_core", "annotated_types", "yaml")

log = structlog.get_logger("shareflow.worker")


class _UnexpectedErrorsInHandlers(WorkflowInboundInterceptor):
    """A bug in an update handler fails that update and never wedges the case."""

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        try:
            return await super().handle_update_handler(input)
        except (ApplicationError, asyncio.CancelledError):
            raise
        except Exception as error:
            raise ApplicationError(f"{type(error).__name__}: {error}", type="HandlerBug", non_retryable=True) from error


class HandlerGuard(Interceptor):
    """Wraps every update handler once, in one place."""

    def workflow_interceptor_class(self, _: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return _UnexpectedErrorsInHandlers


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox for workflow code: pure modules pass through, everything else is watched."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH),
    )


def build_worker(
    client: Client,
    engine: Engine,
    calendar: Calendar | None = None,
    algorithm: Algorithm = "sm3",
    task_queue: str = TASK_QUEUE,
) -> Worker:
    """A worker on this client and this ledger. The caller runs it; stopping it finishes what it has begun."""
    steps = LedgerSteps(engine, calendar or Calendar.packaged(), algorithm)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[ShareRequestWorkflow],
        activities=steps.all(),
        activity_executor=ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="ledger"),
        max_concurrent_activities=DATABASE_THREADS,
        max_concurrent_local_activities=DATABASE_THREADS,
        interceptors=[HandlerGuard()],
        workflow_runner=sandbox(),
        graceful_shutdown_timeout=timedelta(seconds=10),
    )
