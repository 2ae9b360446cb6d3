"""The embedded stack: Temporal and PostgreSQL with their data in one folder; a worker and the API in this process.

Whatever the environment names already (``SHAREFLOW_DATABASE_URL``, ``TEMPORAL_ADDRESS``) is used instead of
started: the same code runs in production.
"""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Engine
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from domain.evidence import algorithm_named
from ledger.engine import connect
from ledger.schema import migrate
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.api.assembly import serving_door
from starter.api.settings import Settings
from starter.engine_client import ShareflowClient
from starter.policy_file import policy_in_force
from starter.stack.errors import StackError
from starter.stack.folder import Addresses, StateFolder
from starter.stack.postgres import start_postgres_aside
from starter.stack.temporal import TemporalOptions, ports_from, start_temporal
from worker import connect_temporal, running_worker

HEALTH_PORT = 9464


@dataclass(frozen=True)
class Stack:
    """A running engine: how to reach each part, and a client to drive it."""

    addresses: Addresses
    client: ShareflowClient
    health: str | None


@asynccontextmanager
async def embedded_stack(
    folder: StateFolder, health_port: int | None = None, api: Settings | None = None
) -> AsyncIterator[Stack]:
    """Start what is not there yet, work, and stop what was started. Raises StackError, LedgerUnavailable."""
    async with AsyncExitStack() as stack:
        stack.enter_context(folder)
        url = os.environ.get("SHAREFLOW_DATABASE_URL") or await _postgres(stack, folder)
        engine = await asyncio.to_thread(connect, url)
        stack.callback(engine.dispose)
        await asyncio.to_thread(migrate, engine)
        temporal, address, ui = await _temporal(stack, folder)
        client = ShareflowClient(temporal, engine, policy_in_force())
        await stack.enter_async_context(_worker(temporal, engine, health_port))
        door = await stack.enter_async_context(serving_door(client, api, folder.path)) if api else None
        addresses = Addresses(
            pid=os.getpid(), temporal=address, namespace=temporal.namespace, ledger=url, ui=ui, api=door
        )
        folder.announce(addresses)
        health = f"http://127.0.0.1:{health_port}/healthz" if health_port else None
        yield Stack(addresses, client, health)


async def _postgres(stack: AsyncExitStack, folder: StateFolder) -> str:
    server = await start_postgres_aside(folder.postgres)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    return server.url


async def _temporal(stack: AsyncExitStack, folder: StateFolder) -> tuple[Client, str, str | None]:
    outside = os.environ.get("TEMPORAL_ADDRESS")
    if outside:
        try:
            return await connect_temporal(), outside, None
        except RuntimeError as error:
            raise StackError(f"Temporal at {outside} does not answer ({error}); check TEMPORAL_ADDRESS.") from error
    options = TemporalOptions(
        ports=ports_from(),
        database=folder.temporal_database,
        log=folder.path / "temporal.log",
        search_attributes=SEARCH_ATTRIBUTES,
    )
    server = await start_temporal(options)
    stack.push_async_callback(server.stop)
    client = await Client.connect(server.address, data_converter=pydantic_data_converter)
    return client, server.address, server.ui


@asynccontextmanager
async def _worker(temporal: Client, engine: Engine, health_port: int | None) -> AsyncIterator[None]:
    algorithm = algorithm_named(os.environ.get("SHAREFLOW_DIGEST"))
    try:
        async with running_worker(temporal, engine, health_port, algorithm):
            yield
    except ValueError as error:  # a setting that cannot be read, told in one sentence
        raise StackError(str(error)) from error
    except OSError as error:
        raise StackError(
            f"Port {health_port} for health and metrics cannot be used ({error.strerror}); set SHAREFLOW_HEALTH_PORT."
        ) from error
