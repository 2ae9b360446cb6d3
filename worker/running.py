"""The process of a worker: it connects, runs cases and background work, and stops when it is told to.

It serves health and metrics, and stops gracefully on SIGTERM or Ctrl-C. ``docs/operations.md`` has its settings.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress

from temporalio.client import Client
from temporalio.runtime import PrometheusConfig, Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import Worker

from configuration.errors import StartupError, port_named
from configuration.event_loop import fast_loop
from configuration.logs import configure_logs
from configuration.memory import settle_memory
from configuration.payload_keys import key_ring_of
from configuration.process import told_to_stop
from configuration.settings import Settings
from configuration.tracing import Tracing, tracing
from configuration.unknown import tell_unknown_variables
from ledger.engine import Engine, connect
from ledger.errors import LedgerUnavailable
from ledger.reader import Reader
from ledger.schema_check import require_schema
from protocol.connecting import connect_as_named, namespace_is_there, not_set_up
from protocol.names import TASK_QUEUE
from worker.building import build_worker, working

log = logging.getLogger("shareflow.worker")

LOOK_AGAIN = 2.0
"""Seconds between two checks whether Temporal has been set up."""
NO_DATABASE = (
    f"{Settings.database_url.variable} names no database: a worker carries the cases of an engine that is named to it "
    "(`shareflow up` starts workers of its own)."
)


@asynccontextmanager
async def running_worker(
    client: Client, engine: Engine, settings: Settings, health_port: int | None
) -> AsyncIterator[Worker]:
    """A worker with its background work, and its health on a port of its own, for the block; then stopped gracefully.

    Raises StartupError for invalid settings.
    """
    # Imported here, because worker.running itself must load quickly.
    from background.health import Health, serve_health
    from configuration.certificates import certificates_of
    from worker.beside import BackgroundWork

    beside = BackgroundWork(client, engine, settings)
    if not beside.signs:
        log.warning("no checkpoints of the log are made: %s names no key", Settings.log_key.variable)
    worker = build_worker(client, engine, algorithm=settings.digest, watched=False, settings=settings)
    health = Health(
        client,
        Reader(engine),
        own=lambda: [] if worker.is_running else ["the worker does not poll"],
        certificates=lambda: certificates_of(settings),
    )
    with ExitStack() as serving:
        with port_named("health and metrics", health_port, Settings.health_port.variable):
            serving.enter_context(serve_health(health, health_port, settings.health_host))
        async with working(worker), beside.running():
            yield worker


async def until_set_up(client: Client, engine: Engine, settings: Settings, stop: asyncio.Event) -> None:
    """Wait, alive but not ready, until Temporal has the namespace or ``stop`` is set: workers may start before setup.

    Raises StartupError for a port or host that cannot be used.
    """
    if await namespace_is_there(client):
        return
    from background.health import Health, serve_health

    log.warning("%s: the worker waits for it", not_set_up(client))
    health = Health(client, Reader(engine), list)
    with ExitStack() as serving:
        with port_named("health and metrics", settings.health_port, Settings.health_port.variable):
            serving.enter_context(serve_health(health, settings.health_port, settings.health_host))
        while not stop.is_set() and not await namespace_is_there(client):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), LOOK_AGAIN)


def sdk_metrics(settings: Settings) -> Runtime | None:
    """A runtime with the SDK's own metrics, if SHAREFLOW_SDK_METRICS names an address such as 127.0.0.1:9465."""
    address = settings.sdk_metrics
    if not address:
        return None
    return Runtime(telemetry=TelemetryConfig(metrics=PrometheusConfig(bind_address=address)))


async def run_until_stopped(settings: Settings, held: bool = False) -> None:
    """Connect, work, and stop on SIGTERM or Ctrl-C or, if ``held``, at the end of standard input."""
    stop = told_to_stop(by_standard_input=held)
    with tracing(settings, "shareflow-worker") as traced:
        await _work(settings, traced, stop)


async def _work(settings: Settings, traced: Tracing, stop: asyncio.Event) -> None:
    if not settings.database_url:
        raise StartupError(NO_DATABASE)
    engine = await asyncio.to_thread(connect, settings.database_url, cursor=traced.cursor)
    await asyncio.to_thread(require_schema, engine)
    client = await connect_as_named(
        settings.temporal,
        runtime=sdk_metrics(settings),
        ring=key_ring_of(settings),
        interceptors=traced.interceptors,
    )
    await until_set_up(client, engine, settings, stop)
    if stop.is_set():
        return
    async with running_worker(client, engine, settings, settings.health_port):
        settle_memory()
        log.info("working", extra={"task_queue": TASK_QUEUE, "namespace": client.namespace})
        print(f"The worker carries cases of the namespace {client.namespace}. Ctrl-C stops it.", flush=True)
        await stop.wait()
        log.info("stopping")
    engine.dispose()


def main(held: bool = False) -> int:
    """Run the worker; returns 0 when stopped, 2 if it could not start (one sentence says why).

    ``held``: also stop at the end of standard input, that is, together with the parent process.
    """
    try:
        settings = Settings()
        configure_logs("info", settings)
        tell_unknown_variables(settings)
        with asyncio.Runner(loop_factory=fast_loop()) as runner:
            runner.run(run_until_stopped(settings, held))
    except (StartupError, LedgerUnavailable) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except (RPCError, RuntimeError, OSError, ValueError) as error:
        sys.stderr.write(f"The worker cannot start: {' '.join(str(error).split())}\n")
        return 2
    return 0
