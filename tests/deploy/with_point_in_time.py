"""A ledger is brought to a moment by a base backup and its archived WAL, as deploy/postgres/archive.conf has it.

Not among the tests that ``make test`` collects: ``make check-deploy``, as ``tests/deploy/with_tools.py``.
"""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from textwrap import dedent
from urllib.parse import parse_qs, urlsplit

import psutil
import pytest
from temporalio.client import Client

from background.archive.archiving import archive_next
from background.archive.comparison import Comparison
from background.archive.folder import FolderArchive
from background.archive.store import HistoryArchive
from cli.checks.moment import told
from embedded.simulate.sandbox import Sandbox
from embedded.stack.postgres import Postgres, programs_folder, start_postgres
from ledger.engine import Engine, connect
from ledger.failures import DATABASE_AWAY
from ledger.reader import Reader
from ledger.schema import migrate
from protocol.connecting import TemporalClient
from protocol.payloads import data_converter
from starter.engine_client import ShareflowClient
from starter.errors import EngineError
from starter.temporal_setup import prepare_namespace
from tests.deploy.conftest import DEPLOY
from tests.engine.cases import WHY, command
from tests.engine.looking import C, P, filed, until
from worker.building import build_worker, working

ARCHIVED_TO = "/var/backups/shareflow-wal"
CALLERS = 3


class Machine:
    """A database server of its own: its data, and the folder to which it archives its WAL."""

    def __init__(self, folder: Path) -> None:
        self.data, self.wal, self.base = folder / "data", folder / "wal", folder / "base"
        self.acknowledged: dict[str, int] = {}

    def start(self) -> Postgres:
        """Start it anew with archive.conf, changed in nothing but the folder."""
        start_postgres(self.data).stop()
        self.wal.mkdir()
        given_to_server(self.wal)
        said = (DEPLOY / "postgres/archive.conf").read_text("utf-8").replace(ARCHIVED_TO, str(self.wal))
        (self.data / "archive.conf").write_text(said, "utf-8")
        with (self.data / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write("include 'archive.conf'\n")
        return start_postgres(self.data)

    def recovered(self, folder: Path, until: datetime | None, with_the_end: bool) -> Postgres:
        """A server with the base backup, brought to a moment (None: the end of what there is).

        ``with_the_end``: also by what the dead server had not archived yet.
        """
        shutil.copytree(self.base, folder)
        if with_the_end:
            for segment in (self.data / "pg_wal").iterdir():
                if segment.is_file():
                    shutil.copy(segment, folder / "pg_wal")
        target = f"recovery_target_time = '{until.isoformat()}'\n" if until else ""
        with (folder / "postgresql.conf").open("a", encoding="utf-8") as configuration:
            configuration.write(f"{as_the_page_says().replace(ARCHIVED_TO, str(self.wal))}{target}hot_standby = off\n")
        (folder / "recovery.signal").touch()
        given_to_server(folder)
        return start_postgres(folder)


def as_the_page_says() -> str:
    """What docs/operations.md has one write into postgresql.conf before a recovery."""
    page = (DEPLOY.parent / "docs/operations.md").read_text("utf-8").partition("### To a point in time")[2]
    return dedent(page.partition("   ```\n")[2].partition("   ```\n")[0])


def given_to_server(folder: Path) -> None:
    """Let the server have what root has put there: it runs as another user."""
    if os.geteuid() == 0:
        user = pwd.getpwnam("pgserver")
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid)
    folder.chmod(0o700)


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: the server runs as another user, who could not enter that."""
    made = Path(tempfile.mkdtemp(prefix="shareflow-"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


async def elsewhere(ground: Sandbox, namespace: str) -> TemporalClient:
    client = Client(ground.temporal.service_client, namespace=namespace, data_converter=data_converter)
    await prepare_namespace(client, None)
    return client


@asynccontextmanager
async def load(temporal: TemporalClient, machine: Machine, url: str) -> AsyncIterator[None]:
    """Callers who file cases and give commands one after another, and note what was acknowledged."""
    engine = await asyncio.to_thread(connect, url, 10)

    async def call(client: ShareflowClient) -> None:
        with suppress(EngineError, *DATABASE_AWAY):  # the server died
            while True:
                request_id = await filed(client)
                machine.acknowledged[request_id] = 1
                answer = await client.command(request_id, command(P, C.REFUSE, WHY))
                machine.acknowledged[request_id] = answer.head

    async with working(build_worker(temporal, engine, watched=False)):
        callers = [ShareflowClient(temporal, engine, patience=timedelta(seconds=2)) for _ in range(CALLERS)]
        tasks = [asyncio.create_task(call(each)) for each in callers]
        yield
        await asyncio.gather(*tasks)
    await asyncio.to_thread(engine.dispose)


def killed(server: Postgres) -> None:
    """The whole server at once, as when its machine loses power."""
    parts = [psutil.Process(server.pid), *psutil.Process(server.pid).children(recursive=True)]
    for part in parts:
        with suppress(psutil.NoSuchProcess):
            part.send_signal(signal.SIGKILL)
    psutil.wait_procs(parts, 10)


def base_backup(machine: Machine, url: str) -> None:
    host = parse_qs(urlsplit(url).query)["host"][0]
    program = programs_folder() / "bin/pg_basebackup"
    program = program if program.exists() else programs_folder() / "pg_basebackup"
    subprocess.run(
        [program, "-h", host, "-U", "postgres", "-D", machine.base, "-X", "stream", "--checkpoint=fast"],
        check=True,
        timeout=120,
    )


@contextmanager
def reading(server: Postgres) -> Iterator[Engine]:
    engine = connect(server.url, 3)
    try:
        yield engine
    finally:
        engine.dispose()
        server.stop()


async def test_nothing_acknowledged_is_lost_and_an_older_ledger_is_told(ground: Sandbox, folder: Path) -> None:
    temporal = await elsewhere(ground, "point-in-time")
    machine = Machine(folder)
    server = await asyncio.to_thread(machine.start)
    with reading_once(server.url) as engine:
        await asyncio.to_thread(migrate, engine)
    async with load(temporal, machine, server.url):
        await asyncio.sleep(1)
        await asyncio.to_thread(base_backup, machine, server.url)
        await asyncio.sleep(1.5)
        with reading_once(server.url) as engine:
            middle, before = await asyncio.to_thread(Reader(engine).moment), dict(machine.acknowledged)
        await asyncio.sleep(2)
        await asyncio.to_thread(killed, server)
    acknowledged = machine.acknowledged
    assert len(acknowledged) > len(before) > 3
    assert list(machine.wal.glob("0*")), "what archive.conf says archives"

    def heads(engine: Engine) -> dict[str, int]:
        found = {each: Reader(engine).case(each) for each in acknowledged}
        return {each: case.seq for each, case in found.items() if case is not None}

    archive = HistoryArchive(FolderArchive(folder / "archive"))
    older = await asyncio.to_thread(machine.recovered, folder / "older", middle, True)
    with reading(older) as engine:
        there = await asyncio.to_thread(heads, engine)
        assert {each for each, seq in before.items() if there.get(each, 0) < seq} == set()
        assert set(there) < set(acknowledged)
        compared = Comparison(temporal, Reader(engine), archive, quiet=timedelta())
        check = told(await compared.of_latest(50))
        assert (check.state, "The ledger is older than Temporal" in check.says) == ("problem", True)
        empty = await elsewhere(ground, "point-in-time-empty")
        check = told(await Comparison(empty, Reader(engine), archive, quiet=timedelta()).of_latest(50))
        assert (check.state, "Temporal is older than the ledger" in check.says) == ("problem", True)
    for its_own in (folder / "older/pg_wal").glob("00000002*"):
        shutil.copy(its_own, machine.wal)  # as where the first try had archived: the second must not follow it
    given_to_server(machine.wal)
    assert (machine.wal / "00000002.history").exists()

    whole = await asyncio.to_thread(machine.recovered, folder / "whole", None, True)
    with reading(whole) as engine:
        there = await asyncio.to_thread(heads, engine)
        assert {each for each, seq in acknowledged.items() if there.get(each, 0) < seq} == set()
        async with working(build_worker(temporal, engine, watched=False)):
            await archive_next(temporal, engine, archive)
            client = ShareflowClient(temporal, engine)
            await client.command(await filed(client), command(P, C.REFUSE, WHY))
            compared = Comparison(temporal, Reader(engine), archive, quiet=timedelta())

            async def alike() -> bool:
                return told(await compared.of_latest(50)).state == "ok"

            await until(alike)  # what was under way when the server was killed is recorded by the worker's next try


@contextmanager
def reading_once(url: str) -> Iterator[Engine]:
    engine = connect(url, 3)
    try:
        yield engine
    finally:
        engine.dispose()
