"""Finding the engine: what the environment names, else the stack that ``shareflow up`` runs from the state folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from configuration.errors import StartupError
from configuration.payload_keys import key_ring_of
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from configuration.tracing import NOT_TRACED, Tracing
from embedded.stack.folder import running_stack
from ledger.engine import connect
from ledger.schema_check import require_schema
from protocol.connecting import TemporalClient, connect_as_named
from starter.engine_client import ShareflowClient

NOT_RUNNING = (
    "No engine is running here: start one with `shareflow up`, or name one with SHAREFLOW_DATABASE_URL and "
    "TEMPORAL_ADDRESS."
)
NAME_BOTH = "set both to name an engine, or neither to use the one that `shareflow up` runs here"


@asynccontextmanager
async def connected(settings: Settings | None = None, traced: Tracing = NOT_TRACED) -> AsyncIterator[ShareflowClient]:
    """A client for the engine that can be found; by the environment of this moment when no settings are given.

    Raises StartupError, and LedgerUnavailable also for a schema on which this version does not work: what it read there
    would be answered as if it were all.
    """
    settings = settings or Settings()
    running = running_stack(settings.state)
    url = settings.database_url or (running.ledger if running else None)
    address = settings.temporal.get("target_host") or (running.temporal if running else None)
    if not url or not address:
        raise StartupError(what_is_missing(url, address))
    engine = await asyncio.to_thread(connect, url, cursor=traced.cursor)
    try:
        await asyncio.to_thread(require_schema, engine)
        yield ShareflowClient(await _temporal(settings, address, traced), engine, policy_in_force(settings))
    finally:
        engine.dispose()


def what_is_missing(url: str | None, address: str | None) -> str:
    """Why no engine can be found, given that one of the two is not known."""
    if url:
        return f"SHAREFLOW_DATABASE_URL is set, but TEMPORAL_ADDRESS is not: {NAME_BOTH}."
    if address:
        return f"TEMPORAL_ADDRESS is set, but SHAREFLOW_DATABASE_URL is not: {NAME_BOTH}."
    return NOT_RUNNING


async def _temporal(settings: Settings, address: str, traced: Tracing) -> TemporalClient:
    try:
        interceptors = traced.interceptors
        return await connect_as_named(settings.temporal, address, ring=key_ring_of(settings), interceptors=interceptors)
    except RuntimeError as error:
        cause = " ".join(str(error).split())
        raise StartupError(f"Temporal at {address} does not answer ({cause}); check TEMPORAL_ADDRESS.") from error
