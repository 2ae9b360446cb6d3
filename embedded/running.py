"""The embedded stack: Temporal and PostgreSQL with their data in one folder; a worker and the API in this process.

Whatever the environment names already (``SHAREFLOW_DATABASE_URL``, ``TEMPORAL_ADDRESS``) is used instead of
started: the same code runs in production.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from temporalio.client import Client

from api.assembly import serving_api
from api.settings import ApiSettings
from configuration.errors import StartupError
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from embedded.stack.folder import Addresses, StateFolder
from embedded.stack.postgres import start_postgres_aside
from embedded.stack.temporal import TemporalOptions, ports_from, start_temporal
from ledger.engine import Engine, connect
from ledger.schema import migrate
from protocol.payloads import data_converter
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.engine_client import ShareflowClient
from worker import connect_temporal, running_worker

HEALTH_PORT = 9464


@dataclass(frozen=True)
class Stack:
    """A running engine: how to reach each part, and a client to drive it."""

    addresses: Addresses
    client: ShareflowClient
    health: str


@asynccontextmanager
async def embedded_stack(folder: StateFolder, settings: Settings, api: ApiSettings) -> AsyncIterator[Stack]:
    """Start what is not there yet, work, and stop what was started. Raises StartupError, LedgerUnavailable."""
    health_port = settings.health_port or HEALTH_PORT
    async with AsyncExitStack() as stack:
        stack.enter_context(folder)
        url = settings.database_url or await _postgres(stack, folder)
        engine = await asyncio.to_thread(connect, url)
        stack.callback(engine.dispose)
        await asyncio.to_thread(migrate, engine)
        temporal, address, ui = await _temporal(stack, folder, settings)
        client = ShareflowClient(temporal, engine, policy_in_force(settings))
        await stack.enter_async_context(_worker(temporal, engine, settings, health_port))
        serves = await stack.enter_async_context(serving_api(client, api, folder.path))
        addresses = Addresses(
            pid=os.getpid(), temporal=address, namespace=temporal.namespace, ledger=url, ui=ui, api=serves
        )
        folder.announce(addresses)
        yield Stack(addresses, client, f"http://127.0.0.1:{health_port}/healthz")


async def _postgres(stack: AsyncExitStack, folder: StateFolder) -> str:
    server = await start_postgres_aside(folder.postgres)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    return server.url


async def _temporal(stack: AsyncExitStack, folder: StateFolder, settings: Settings) -> tuple[Client, str, str | None]:
    outside = settings.temporal_address
    if outside:
        try:
            return await connect_temporal(), outside, None
        except RuntimeError as error:
            raise StartupError(f"Temporal at {outside} does not answer ({error}); check TEMPORAL_ADDRESS.") from error
    options = TemporalOptions(
        ports=ports_from(settings),
        database=folder.temporal_database,
        log=folder.path / "temporal.log",
        search_attributes=SEARCH_ATTRIBUTES,
    )
    server = await start_temporal(options)
    stack.push_async_callback(server.stop)
    client = await Client.connect(server.address, data_converter=data_converter)
    return client, server.address, server.ui


@asynccontextmanager
async def _worker(temporal: Client, engine: Engine, settings: Settings, health_port: int) -> AsyncIterator[None]:
    try:
        async with running_worker(temporal, engine, settings, health_port):
            yield
    except OSError as error:
        raise StartupError(
            f"Port {health_port} for health and metrics cannot be used ({error.strerror}); set SHAREFLOW_HEALTH_PORT."
        ) from error
