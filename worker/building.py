"""Building a worker: its workflows, activities and interceptors."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from temporalio.api.common.v1 import Payloads
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.client import Client
from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    Worker,
    WorkerDeploymentConfig,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.duty_rounds import DutyRounds
from activities.ledger_steps import LedgerSteps
from activities.other_cases import OtherCases
from activities.stuck_batches import StuckBatches
from background.remedies import Remedies
from configuration.departments import departments_in_force
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from domain.calendar import Calendar
from domain.evidence import Algorithm
from domain.model import complete
from domain.rule_texts import KNOWN
from ledger.engine import Engine
from ledger.rule_text_store import RuleTextStore
from ledger.writer import Writer
from protocol.names import TASK_QUEUE
from protocol.payloads import rule_texts_of
from workflows.case import CaseWorkflow
from workflows.duty_round import DutyRoundWorkflow
from workflows.handler_guard import HandlerGuard
from workflows.stuck_batch import StuckBatchWorkflow
from workflows.turns.idle_walks import leave_out_idle_walks
from workflows.turns.in_loop import TurnsInLoop

DATABASE_THREADS = 8
SHUTDOWN_SECONDS = 60
POLLS, POLLS_FOR_NEW_CASES = 20, 0.5
"""The SDK's default is five pollers, one of them for new cases: under load, filings waited behind commands."""
WORKFLOWS = (CaseWorkflow, DutyRoundWorkflow, StuckBatchWorkflow)
PASSED_THROUGH = ("domain", "procedures", "protocol", "pydantic", "pydantic_core", "annotated_types", "yaml")

log = logging.getLogger("shareflow.worker")


class _Prepared(WorkflowInstance):
    """Fetches the rule texts of a starting workflow, on its own thread, before its code runs."""

    def __init__(self, instance: WorkflowInstance, texts: RuleTextStore) -> None:
        self._instance = instance
        self._texts = texts

    def activate(self, act: Any) -> Any:
        for job in act.jobs:
            if job.HasField("initialize_workflow"):
                self._texts.fetch(*rule_texts_of(job.initialize_workflow.arguments))
        return self._instance.activate(act)

    def get_serialization_context(self, command_info: Any) -> Any:
        return self._instance.get_serialization_context(command_info)

    def get_external_store_context(self, command_info: Any) -> Any:
        return self._instance.get_external_store_context(command_info)

    def get_info(self) -> Any:
        return self._instance.get_info()

    def get_thread_id(self) -> int | None:
        return self._instance.get_thread_id()


class WithRuleTexts(WorkflowRunner):
    """A workflow runner that makes sure the rule texts of a workflow are loaded before it runs.

    If the ledger lacks a text, the workflow task fails; the server retries it, and operators see it.
    """

    def __init__(self, runner: WorkflowRunner, texts: RuleTextStore) -> None:
        self._runner = runner
        self._texts = texts

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        # A view of the start message too, which it would keep in memory.
        result = Payloads(payloads=det.last_completion_result.payloads)
        return _Prepared(self._runner.create_instance(replace(det, last_completion_result=result)), self._texts)


def sandbox() -> SandboxedWorkflowRunner:
    """The sandbox for workflow code: pure modules pass through, everything else is restricted."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH),
    )


def build_worker(
    client: Client,
    engine: Engine,
    calendar: Calendar | None = None,
    algorithm: Algorithm = "sm3",
    task_queue: str = TASK_QUEUE,
    watched: bool = True,
    opening: Client | None = None,
    settings: Settings | None = None,
) -> Worker:
    """A worker on this client and this ledger. The caller runs it; stopping it finishes what it has begun.

    ``watched``: run workflow code in the sandbox, which detects non-determinism, and on the SDK's threads; otherwise
    activations run on the event loop. ``opening``: for played cases, the client whose cases skip time. ``settings`` has
    the files of departments and policy, which are read again for each round (None: from the environment then), and the
    build id of the worker.
    """
    complete()
    leave_out_idle_walks()
    texts = RuleTextStore(engine)
    texts.fetch_all()
    steps = LedgerSteps(engine, calendar or Calendar.packaged(), algorithm)
    others = OtherCases(opening or client, engine, task_queue, played=opening is not None)
    rounds = DutyRounds(engine, partial(departments_in_force, settings), partial(policy_in_force, settings))
    batches = StuckBatches(engine, Remedies(client, Writer(engine)).retry)
    return Worker(
        client,
        task_queue=task_queue,
        workflows=WORKFLOWS,
        activities=[*steps.all(), *others.all(), *rounds.all(), *batches.all()],
        activity_executor=ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="ledger"),
        max_concurrent_activities=DATABASE_THREADS,
        max_concurrent_local_activities=DATABASE_THREADS,
        interceptors=[HandlerGuard()],
        workflow_runner=WithRuleTexts(sandbox() if watched else UnsandboxedWorkflowRunner(), texts),
        workflow_task_executor=None if watched else TurnsInLoop(_asks_the_ledger),
        max_concurrent_workflow_task_polls=POLLS,
        nonsticky_to_sticky_poll_ratio=POLLS_FOR_NEW_CASES,
        graceful_shutdown_timeout=timedelta(seconds=10),
        deployment_config=_version(settings),
    )


def _asks_the_ledger(act: WorkflowActivation) -> bool:
    """Whether an activation starts a workflow whose rule texts are not loaded yet."""
    begun = (job.initialize_workflow for job in act.jobs if job.HasField("initialize_workflow"))
    return any(KNOWN.missing(rule_texts_of(workflow.arguments)) for workflow in begun)


def _version(settings: Settings | None) -> WorkerDeploymentConfig | None:
    """The build of this worker; open cases move to a build when it becomes current. None: no build."""
    if settings is None or not settings.build_id:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(settings.deployment_name, settings.build_id),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.AUTO_UPGRADE,
    )


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[Worker]:
    """Run a worker for the block, and shut it down gracefully afterwards. In the block it is connected to its server.

    If the worker fails, the block ends with its error. A failure during shutdown is only logged, because nothing can be
    lost any more (the SDK's own context manager would cancel the caller).
    """
    inside = asyncio.current_task()
    running = asyncio.create_task(worker.run())
    leaving = False

    def end_the_block(ended: asyncio.Task[None]) -> None:
        if not leaving and inside is not None and _error_of(ended) is not None:
            inside.cancel()

    running.add_done_callback(end_the_block)
    try:
        # The SDK has no event for this, only the flag; a worker that failed cancels the wait.
        while not worker.is_running and not running.done():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        yield worker
    except asyncio.CancelledError:
        error = _error_of(running)
        if error is not None:
            raise error from None
        raise
    finally:
        leaving = True
        stopping = asyncio.create_task(worker.shutdown())
        await asyncio.wait([running], timeout=SHUTDOWN_SECONDS)
        for task in (running, stopping):
            task.cancel()
        await asyncio.gather(running, stopping, return_exceptions=True)
        if _error_of(running) is not None:
            log.warning("the worker did not shut down cleanly", extra={"error": repr(_error_of(running))})


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None
