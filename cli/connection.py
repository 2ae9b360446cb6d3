"""Finding the engine: what the environment names, else the stack that ``shareflow up`` runs from the state folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cli.errors import READS_ALONE, Failure
from configuration.errors import StartupError
from configuration.payload_keys import key_ring_of
from configuration.policy_file import policy_in_force
from configuration.settings import Settings
from configuration.tracing import NOT_TRACED, Tracing
from embedded.stack.folder import running_stack
from ledger.engine import Engine, connect
from ledger.reader import Reader
from ledger.schema_check import require_schema
from ledger.writer import Writer
from protocol.connecting import TemporalClient, connect_as_named
from starter.engine_client import ShareflowClient

NOT_RUNNING = (
    "No engine is running here: start one with `shareflow up`, or name one with SHAREFLOW_DATABASE_URL and "
    "TEMPORAL_ADDRESS."
)
NAME_BOTH = "set both to name an engine, or neither to use the one that `shareflow up` runs here"


@dataclass(frozen=True)
class Ledger:
    """The ledger of an engine, for commands that have no business with Temporal."""

    reader: Reader
    writer: Writer


@asynccontextmanager
async def connected(settings: Settings | None = None, traced: Tracing = NOT_TRACED) -> AsyncIterator[ShareflowClient]:
    """A client for the engine that can be found; by the environment of this moment when no settings are given.

    Raises StartupError, and LedgerUnavailable also for a schema on which this version does not work: what it read there
    would be answered as if it were all.
    """
    settings = settings or Settings()
    url, address = _named(settings)
    if not url or not address:
        raise StartupError(what_is_missing(url, address))
    async with _database(url, traced) as engine:
        yield ShareflowClient(await _temporal(settings, address, traced), engine, policy_in_force(settings))


@asynccontextmanager
async def commanding() -> AsyncIterator[ShareflowClient]:
    """A client for whoever is about to file or to decide, which Temporal lets everybody do who reaches it.

    Raises Failure for a user of the database who only reads it, and what :func:`connected` raises.
    """
    async with connected() as client:
        if not await asyncio.to_thread(client.writer.may_write):
            raise Failure(READS_ALONE)
        yield client


@asynccontextmanager
async def ledger_connected(settings: Settings | None = None) -> AsyncIterator[Ledger]:
    """The ledger of the engine that can be found, whether or not Temporal answers, or is named at all.

    Raises StartupError, LedgerUnavailable.
    """
    url, address = _named(settings or Settings())
    if not url:
        raise StartupError(what_is_missing(url, address))
    async with _database(url, NOT_TRACED) as engine:
        yield Ledger(Reader(engine), Writer(engine))


async def temporal_if_it_answers(settings: Settings) -> TemporalClient | None:
    """A connection to Temporal; None where none is named, or it does not answer."""
    _, address = _named(settings)
    try:
        return await _temporal(settings, address, NOT_TRACED) if address else None
    except StartupError:
        return None


def _named(settings: Settings) -> tuple[str | None, str | None]:
    """The addresses of the ledger and of Temporal: as set, else of the stack that runs here."""
    running = running_stack(settings.state)
    url = settings.database_url or (running.ledger if running else None)
    return url, settings.temporal.get("target_host") or (running.temporal if running else None)


@asynccontextmanager
async def _database(url: str, traced: Tracing) -> AsyncIterator[Engine]:
    engine = await asyncio.to_thread(connect, url, cursor=traced.cursor)
    try:
        await asyncio.to_thread(require_schema, engine)
        yield engine
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
        # The SDK appends what its transport says for programmers.
        cause = " ".join(str(error).partition("tonic::")[0].split()).rstrip(": ")
        raise StartupError(f"Temporal at {address} does not answer ({cause}); check TEMPORAL_ADDRESS.") from error
