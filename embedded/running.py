"""The embedded stack: Temporal and PostgreSQL with their data in one folder, workers and the API beside them.

Workers and API are the processes that production runs. Whatever the environment names already
(``SHAREFLOW_DATABASE_URL``, ``TEMPORAL_ADDRESS``) is used instead of started.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from api.settings import ApiSettings
from configuration.errors import StartupError
from configuration.log_key import signer_in, usual_file
from configuration.payload_keys import key_ring_of
from configuration.settings import Settings, environment_with
from embedded.processes import Program, supervised
from embedded.stack.folder import Addresses, StateFolder
from embedded.stack.postgres import start_postgres_aside
from embedded.stack.temporal import TemporalOptions, ports_from, start_temporal
from ledger.engine import connect
from ledger.schema import migrate
from protocol.connecting import TemporalClient, connect_as_named, connect_to
from protocol.search_attributes import SEARCH_ATTRIBUTES

HEALTH_PORT = 9464
LOOPBACK = ("127.0.0.1", "::1", "localhost")
CHECKS = "20/minute"


@dataclass(frozen=True)
class CommandLines:
    """The command lines of a worker and of the API."""

    worker: Sequence[str]
    api: Sequence[str]


@dataclass(frozen=True)
class Additions:
    """What a stack has besides: pairs of Temporal's dynamic configuration, and variables of its processes."""

    dynamic_config: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """A running engine: how to reach each part, and Temporal's client."""

    addresses: Addresses
    temporal: TemporalClient
    health: Sequence[str]


@asynccontextmanager
async def embedded_stack(
    folder: StateFolder,
    settings: Settings,
    api: ApiSettings,
    commands: CommandLines,
    stop: asyncio.Event,
    additions: Additions | None = None,
) -> AsyncIterator[Stack]:
    """Start what is not there yet, work, and stop what was started.

    Once ``stop`` is set it waits for no process any more, and the folder does not say where the stack answers.
    Raises StartupError, LedgerUnavailable, EndedAtStart.
    """
    ports, additions = _health_ports(settings), additions or Additions()
    async with AsyncExitStack() as stack:
        stack.enter_context(folder)
        url = settings.database_url or await _postgres(stack, folder)
        await asyncio.to_thread(_prepare, url)
        temporal, address, ui = await _temporal(stack, folder, settings, additions)
        there = {**_environment(settings, url, address, temporal.namespace), **additions.environment}
        there[Settings.log_key.variable] = str(await asyncio.to_thread(_log_key, settings))
        door = {**there, **_page_on_loopback(settings, api)}
        programs = [*_workers(commands.worker, ports, there), Program("HTTP API", commands.api, door)]
        await stack.enter_async_context(supervised(programs, stop))
        addresses = Addresses(
            pid=os.getpid(), temporal=address, namespace=temporal.namespace, ledger=url, ui=ui, api=api.address
        )
        if not stop.is_set():
            folder.announce(addresses)
        yield Stack(addresses, temporal, [f"http://127.0.0.1:{port}/healthz" for port in ports])


def _health_ports(settings: Settings) -> range:
    """A port for the health of each worker. Raises StartupError when there are not so many ports."""
    first = settings.health_port or HEALTH_PORT
    ports = range(first, first + settings.workers)
    if ports[-1] > 65535:
        raise StartupError(f"{Settings.health_port.variable} must leave a port for each of {len(ports)} workers.")
    return ports


def _log_key(settings: Settings) -> Path:
    """The file with the log's secret key, which is made where there is none."""
    file = usual_file(settings)
    signer_in(file)
    return file


def _prepare(url: str) -> None:
    """Bring the schema up to date, so that what keeps it from that is told here and once."""
    engine = connect(url)
    try:
        migrate(engine)
    finally:
        engine.dispose()


def _environment(settings: Settings, url: str, address: str, namespace: str) -> dict[str, str]:
    """Where the processes beside this one find the engine; all else as the operator has set it."""
    ledger = {Settings.database_url.variable: url}
    if settings.temporal_address:
        return environment_with(ledger)
    # What is set for another server (keys, certificates, profiles) is nothing to the embedded one.
    own = {Settings.temporal_address.variable: address, "TEMPORAL_NAMESPACE": namespace}
    return environment_with({**ledger, **own, "TEMPORAL_CONFIG_FILE": os.devnull}, unsaid="TEMPORAL_")


def _page_on_loopback(settings: Settings, api: ApiSettings) -> dict[str, str]:
    """The page on which dossiers are checked, where nobody but this machine can reach it and nothing was said of it."""
    if settings.verify_page is not None or api.host not in LOOPBACK:
        return {}
    return {Settings.verify_page.variable: CHECKS}


def _workers(command: Sequence[str], ports: range, there: dict[str, str]) -> Iterator[Program]:
    for number, port in enumerate(ports, start=1):
        own = {Settings.health_port.variable: str(port)}
        if number > 1:
            own[Settings.sdk_metrics.variable] = ""
        yield Program("worker" if len(ports) == 1 else f"worker {number}", command, {**there, **own})


async def _postgres(stack: AsyncExitStack, folder: StateFolder) -> str:
    server = await start_postgres_aside(folder.postgres)
    stack.push_async_callback(asyncio.to_thread, server.stop)
    return server.url


async def _temporal(
    stack: AsyncExitStack, folder: StateFolder, settings: Settings, additions: Additions
) -> tuple[TemporalClient, str, str | None]:
    outside, ring = settings.temporal_address, key_ring_of(settings)
    if outside:
        try:
            return await connect_as_named(settings.temporal, ring=ring), outside, None
        except RuntimeError as error:
            raise StartupError(f"Temporal at {outside} does not answer ({error}); check TEMPORAL_ADDRESS.") from error
    options = TemporalOptions(
        ports=ports_from(settings),
        database=folder.temporal_database,
        log=folder.path / "temporal.log",
        search_attributes=SEARCH_ATTRIBUTES,
        dynamic_config=additions.dynamic_config,
    )
    server = await start_temporal(options)
    stack.push_async_callback(server.stop)
    client = await connect_to(server.address, ring=ring)
    return client, server.address, server.ui
