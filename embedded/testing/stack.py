"""What runs behind ``shareflow_engine``: a throw-away engine with skipped time, and the HTTP API to it."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from api.app import create_app
from api.context import AppContext, embedded_identity
from api.serving import serving
from api.settings import ApiSettings
from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from configuration.archive import archive_in
from embedded.simulate.sandbox import sandbox
from embedded.testing.skipped_time import SkippedTime
from ledger.engine import Engine
from starter.attachments import store_in
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer, new_issuer

LOOPBACK = "127.0.0.0/8, ::1/128"


@dataclass(frozen=True)
class EngineStack:
    """A running engine: its address, its issuer of tokens, its time."""

    url: str
    issuer: Issuer
    time: SkippedTime


@asynccontextmanager
async def engine_stack(begins: datetime | None) -> AsyncIterator[EngineStack]:
    """Start it, about two seconds; nothing of it is left afterwards. Raises StartupError.

    ApiSettings of the environment do not count. Webhooks may lead to this machine, where a test's receiver is.
    """
    with tempfile.TemporaryDirectory(prefix="shareflow-") as folder:
        async with sandbox() as ground:
            time = SkippedTime(ground, begins)
            issuer, settings = new_issuer(), ApiSettings(webhooks=allowed_from(LOOPBACK))
            context = AppContext(
                client=ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=30)),
                identity=embedded_identity(issuer, settings),
                attachments=store_in(None, Path(folder)),
                archive=archive_in(None, Path(folder)),
                settings=settings,
                calendar=ground.calendar,
                receipt=lambda: None,
                shift=lambda: time.shift,
            )
            async with serving(create_app(context), "127.0.0.1", 0) as url, _webhooks(ground.engine, settings):
                yield EngineStack(url, issuer, time)


@asynccontextmanager
async def _webhooks(engine: Engine, settings: ApiSettings) -> AsyncIterator[None]:
    async with Sender(AddressGuard(settings.webhooks)) as sender:
        dispatching = asyncio.create_task(Dispatcher(engine, sender, prefix=settings.prefix).keep_dispatching())
        try:
            yield
        finally:
            dispatching.cancel()
            await asyncio.gather(dispatching, return_exceptions=True)
