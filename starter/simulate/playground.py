"""A place to play cases: a throw-away Temporal server with a skipped clock, a throw-away ledger, one worker."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from domain.calendar import Calendar
from ledger.engine import connect
from ledger.schema import migrate
from starter.stack.postgres import start_postgres
from starter.stack.temporal import Ports, TemporalOptions, start_temporal
from worker import build_worker, working
from workflows.labels import SEARCH_ATTRIBUTES

SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    "system.workflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
)
"""What the server needs to skip time; the second is the name that later servers use for the first."""

SKIPS_PER_SESSION = 2000


@dataclass(frozen=True)
class Playground:
    """Where cases are played: a client whose workflows skip time on command, and their ledger."""

    temporal: Client
    skipper: TimeSkipper
    engine: Engine
    calendar: Calendar


@asynccontextmanager
async def playground(calendar: Calendar | None = None) -> AsyncIterator[Playground]:
    """Start a playground, about three seconds; everything in it is gone afterwards. Raises StackError."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="shareflow-"))
    calendar = calendar or Calendar.packaged()
    database = server = None
    try:
        database = await asyncio.to_thread(start_postgres, folder / "pg")
        engine = connect(database.url)
        await asyncio.to_thread(migrate, engine)
        server = await start_temporal(
            TemporalOptions(ports=Ports(0, None), search_attributes=SEARCH_ATTRIBUTES, dynamic_config=SKIPPING)
        )
        client = await Client.connect(server.address, data_converter=pydantic_data_converter)
        config = TimeSkippingConfig(enabled=False, max_session_skip_count=SKIPS_PER_SESSION)
        skipper = TimeSkipper(client, config=config)
        async with working(build_worker(client, engine, calendar)):
            yield Playground(skipper.client, skipper, engine, calendar)
        engine.dispose()
    finally:
        if server is not None:
            await server.stop()
        if database is not None:
            await asyncio.to_thread(database.stop)
        await asyncio.to_thread(shutil.rmtree, folder, True)
