"""A place to play cases: a throw-away Temporal server with a skipped clock, a throw-away ledger, one worker."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.calendar import Calendar
from embedded.stack.postgres import start_postgres_aside
from embedded.stack.temporal import Ports, TemporalOptions, start_temporal
from ledger.engine import Engine, connect
from ledger.schema import migrate
from protocol.connecting import TemporalClient, connect_to
from protocol.search_attributes import SEARCH_ATTRIBUTES
from worker.building import build_worker, working

SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "system.workflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
)
"""What the server needs to skip time; the second is the name that later servers use for the first."""

SKIPS_PER_SESSION = 2000


@dataclass(frozen=True)
class Sandbox:
    """Where cases are played: a client whose workflows skip time on command, and their ledger."""

    temporal: TemporalClient
    skipper: TimeSkipper
    engine: Engine
    calendar: Calendar


@asynccontextmanager
async def sandbox(calendar: Calendar | None = None, place: Path | None = None) -> AsyncIterator[Sandbox]:
    """Start a sandbox, about three seconds; everything in it is gone afterwards. Raises StartupError.

    Its data lie in a new folder in ``place`` (None: where temporary files lie).
    """
    calendar = calendar or Calendar.packaged()
    async with AsyncExitStack() as stack:
        folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="shareflow-", dir=place))
        stack.push_async_callback(asyncio.to_thread, _remove, folder)
        database = await start_postgres_aside(folder / "pg", thrown_away=True)
        stack.push_async_callback(asyncio.to_thread, database.stop)
        engine = connect(database.url)
        stack.callback(engine.dispose)
        await asyncio.to_thread(migrate, engine)
        server = await start_temporal(
            TemporalOptions(ports=Ports(0, None), search_attributes=SEARCH_ATTRIBUTES, dynamic_config=SKIPPING)
        )
        stack.push_async_callback(server.stop)
        client = await connect_to(server.address, _quiet())
        skipper = skipper_of(client)
        await stack.enter_async_context(working(build_worker(client, engine, calendar, opening=skipper.client)))
        yield Sandbox(skipper.client, skipper, engine, calendar)


def skipper_of(client: TemporalClient) -> TimeSkipper:
    """What skips the time of cases that are started through its client, on command and not by itself."""
    return TimeSkipper(client, config=TimeSkippingConfig(enabled=False, max_session_skip_count=SKIPS_PER_SESSION))


@cache
def _quiet() -> Runtime:
    """The core of the SDK writes its log to standard output, where results stand; what it says Python logs too."""
    return Runtime(telemetry=TelemetryConfig(logging=None))


def _remove(folder: Path) -> None:
    """Remove a folder, though a server that is ending may still write there for a moment."""
    for _ in range(50):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
