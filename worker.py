"""The worker: carries cases forward. Run as many as you like; stop them whenever you like.

``shareflow worker``, or ``python worker.py``, connects to the Temporal server and the database that the environment
names (see ``docs/operations.md``), serves health and metrics, and stops gracefully on SIGTERM or Ctrl-C.
"""

if __name__ == "__main__":  # before what the engine stands on is imported, and is perhaps not there
    from configuration.extra import exit_without_engine

    exit_without_engine("The worker")

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import (
    HandleUpdateInput,
    Interceptor,
    UnsandboxedWorkflowRunner,
    Worker,
    WorkflowInboundInterceptor,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.duty_rounds import DutyRounds
from activities.ledger_steps import LedgerSteps
from activities.other_cases import OtherCases
from configuration.departments import departments_in_force
from configuration.errors import StartupError
from configuration.logs import configure_logs
from configuration.policy_file import policy_in_force
from configuration.process import settle_memory, told_to_stop
from configuration.settings import Settings
from domain.calendar import Calendar
from domain.evidence import Algorithm
from ledger.calendar_store import CalendarStore
from ledger.engine import Engine, connect
from ledger.errors import LedgerUnavailable
from ledger.reader import Reader
from ledger.rule_text_store import RuleTextStore
from protocol.names import TASK_QUEUE
from protocol.payloads import data_converter, rule_texts_of
from workflows.case import CaseWorkflow
from workflows.duty_round import DutyRoundWorkflow

DATABASE_THREADS = 8
SHUTDOWN_SECONDS = 60
POLLS, POLLS_FOR_NEW_CASES = 20, 0.5
"""With the SDK's five, of which one asks for new cases, filings waited behind commands under load."""
PASSED_THROUGH = ("domain", "procedures", "protocol", "pydantic", "pydantic_core", "annotated_types", "yaml")

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


class _Prepared(WorkflowInstance):
    """A workflow whose texts of rules are fetched when it begins, in its own thread, before its code runs."""

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
    """Runs a workflow only when the texts of rules that it rests on are at hand.

    A text that the ledger does not have fails the workflow task, which the server tries again and operators see.
    """

    def __init__(self, runner: WorkflowRunner, texts: RuleTextStore) -> None:
        self._runner = runner
        self._texts = texts

    def prepare_workflow(self, defn: Any) -> None:
        self._runner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Sequence[type[BaseException]]) -> None:
        self._runner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return _Prepared(self._runner.create_instance(det), self._texts)


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
    watched: bool = True,
    opening: Client | None = None,
    settings: Settings | None = None,
) -> Worker:
    """A worker on this client and this ledger. The caller runs it; stopping it finishes what it has begun.

    ``watched``: workflow code runs in the sandbox, which finds what would not replay. ``opening``: for played cases,
    the client whose cases skip time. ``settings`` name the files of departments and policy, which are read anew for
    each round (None: those that the environment names then).
    """
    texts = RuleTextStore(engine)
    texts.fetch_all()
    steps = LedgerSteps(engine, calendar or Calendar.packaged(), algorithm)
    others = OtherCases(opening or client, engine, task_queue, played=opening is not None)
    rounds = DutyRounds(engine, partial(departments_in_force, settings), partial(policy_in_force, settings))
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[CaseWorkflow, DutyRoundWorkflow],
        activities=[*steps.all(), *others.all(), *rounds.all()],
        activity_executor=ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="ledger"),
        max_concurrent_activities=DATABASE_THREADS,
        max_concurrent_local_activities=DATABASE_THREADS,
        interceptors=[HandlerGuard()],
        workflow_runner=WithRuleTexts(sandbox() if watched else UnsandboxedWorkflowRunner(), texts),
        max_concurrent_workflow_task_polls=POLLS,
        nonsticky_to_sticky_poll_ratio=POLLS_FOR_NEW_CASES,
        graceful_shutdown_timeout=timedelta(seconds=10),
    )


@asynccontextmanager
async def working(worker: Worker) -> AsyncIterator[Worker]:
    """Run a worker while inside, and shut it down gracefully after. Inside, it has reached its server.

    A worker that fails while inside ends the block with its error. One that fails while it shuts down has nothing
    left to lose: that is logged and no more (the SDK's own context manager would cancel the caller).
    """
    inside = asyncio.current_task()
    running = asyncio.create_task(worker.run())
    leaving = False

    def end_the_block(ended: asyncio.Task[None]) -> None:
        if not leaving and inside is not None and _error_of(ended) is not None:
            inside.cancel()

    running.add_done_callback(end_the_block)
    try:
        # The SDK tells by this flag alone; a worker that failed cancels the wait.
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
            log.warning("the worker did not shut down cleanly", error=repr(_error_of(running)))


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None


@asynccontextmanager
async def running_worker(
    client: Client, engine: Engine, settings: Settings, health_port: int | None
) -> AsyncIterator[Worker]:
    """A worker with its reconciliation, publications, webhooks and, on a port of 127.0.0.1, its health.

    Leaving stops it gracefully. Raises StartupError for settings that cannot be.
    """
    # What runs beside a worker, and HTTP with it, is loaded only where one runs: a worker for played cases has no need.
    from background.health import Health, serve_health
    from background.pruning import keep_pruning
    from background.publication import keep_publishing
    from background.reconciliation import keep_reconciling
    from background.stuck import keep_noting
    from background.webhooks.dispatcher import Dispatcher
    from background.webhooks.guard import AddressGuard
    from background.webhooks.payloads import prefix_of
    from background.webhooks.sending import Sender

    worker = build_worker(client, engine, algorithm=settings.digest, watched=False, settings=settings)
    health = Health(client, Reader(engine), lambda: worker.is_running)
    prefix = prefix_of(settings.public_url)
    async with Sender(AddressGuard(settings.webhook_allow)) as sender:
        with ExitStack() as serving:
            with _port_named(health_port):
                serving.enter_context(serve_health(health, health_port))
            async with working(worker):
                beside = [
                    asyncio.create_task(keep_reconciling(client, engine)),
                    asyncio.create_task(keep_noting(client, engine)),
                    asyncio.create_task(keep_publishing(client, engine, CalendarStore(engine))),
                    asyncio.create_task(Dispatcher(engine, sender, prefix=prefix).keep_dispatching()),
                ]
                if settings.feed_days is not None:
                    beside.append(asyncio.create_task(keep_pruning(engine, settings.feed_days)))
                try:
                    yield worker
                finally:
                    for task in beside:
                        task.cancel()
                    await asyncio.gather(*beside, return_exceptions=True)


@contextmanager
def _port_named(port: int | None) -> Iterator[None]:
    """Say which setting names a port that cannot be used. Raises StartupError then."""
    try:
        yield
    except OSError as error:
        raise StartupError(
            f"Port {port} for health and metrics cannot be used ({error.strerror}); "
            f"set {Settings.health_port.variable}."
        ) from error


async def connect_temporal(runtime: Runtime | None = None) -> Client:
    """A client for the server that Temporal's own client environment configuration names."""
    config = ClientConfig.load_client_connect_config()
    config.setdefault("target_host", "localhost:7233")
    return await Client.connect(**config, data_converter=data_converter, runtime=runtime)


def sdk_metrics(settings: Settings) -> Runtime | None:
    """The SDK's own metrics, where SHAREFLOW_SDK_METRICS names an address such as 127.0.0.1:9465."""
    address = settings.sdk_metrics
    if not address:
        return None
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=address)))


async def run_until_stopped(settings: Settings, held: bool = False) -> None:
    """Connect as the settings say, work, and stop on SIGTERM or Ctrl-C; when ``held``, at the end of standard input."""
    from ledger.schema import migrate

    stop = told_to_stop(by_standard_input=held)
    engine = await asyncio.to_thread(connect, settings.database_url or "")
    await asyncio.to_thread(migrate, engine)
    client = await connect_temporal(sdk_metrics(settings))
    async with running_worker(client, engine, settings, settings.health_port):
        settle_memory()
        log.info("working", task_queue=TASK_QUEUE, namespace=client.namespace)
        print(f"The worker carries cases of the namespace {client.namespace}. Ctrl-C stops it.", flush=True)
        await stop.wait()
        log.info("stopping")
    engine.dispose()


def main(held: bool = False) -> int:
    """Run the worker; 0 when stopped, 2 when it could not start (one sentence says why).

    ``held``: it also stops at the end of standard input, with whoever started it.
    """
    try:
        settings = Settings()
        configure_logs("info", settings)
        asyncio.run(run_until_stopped(settings, held))
    except (StartupError, LedgerUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (RPCError, RuntimeError, OSError, ValueError) as error:
        sys.stderr.write(f"The worker cannot start: {' '.join(str(error).split())}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
