"""Shareflow itself: cases through the engine's client, the worker in this process or as production runs it."""

import asyncio
import os
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg2

from bench.cases import HAPPY, STEPS, commanded, filed, played
from bench.contestants import rows
from configuration.settings import Settings
from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient
from worker.building import build_worker, working

PATIENCE = timedelta(seconds=60)


class Shareflow:
    """Plays cases through the engine's client."""

    def __init__(self, client: ShareflowClient, ledger: str) -> None:
        self.client = client
        self._ledger = ledger

    async def case(self) -> None:
        """One whole case."""
        await played(self.client)

    async def recorded(self, path: Path) -> str:
        """Play a case and write down the rows that each message made; its id."""
        connection = psycopg2.connect(self._ledger)
        connection.autocommit = True
        keys = [uuid.uuid4().hex for _ in range(1 + len(STEPS))]
        request_id = await filed(self.client, keys[0])
        with connection.cursor() as cursor:
            snapshots: list[rows.Snapshot] = [rows.snapshot(cursor, request_id)]
            for key, step in zip(keys[1:], STEPS, strict=True):
                await commanded(self.client, request_id, step, key)
                snapshots.append(rows.snapshot(cursor, request_id))
        connection.close()
        rows.kept(path, snapshots, request_id, keys)
        return request_id

    async def happy(self) -> str:
        """A case that is filed, accepted and granted; its id."""
        return await played(self.client, HAPPY)


@asynccontextmanager
async def in_one_process(temporal: str, ledger: str, _: Path | None = None) -> AsyncIterator[Shareflow]:
    """Client and worker in this process."""
    engine = connect(ledger)
    client = await connect_to(temporal)
    shareflow = ShareflowClient(client, engine, patience=PATIENCE)
    async with working(build_worker(client, engine, watched=False, settings=Settings())):
        yield Shareflow(shareflow, ledger)
    await shareflow.close()
    engine.dispose()


@asynccontextmanager
async def with_worker_process(temporal: str, ledger: str, _: Path | None = None) -> AsyncIterator[Shareflow]:
    """The client in this process, the worker as production runs it."""
    engine = connect(ledger)
    client = await connect_to(temporal)
    shareflow = ShareflowClient(client, engine, patience=PATIENCE)
    async with worker_process(temporal, ledger):
        yield Shareflow(shareflow, ledger)
    await shareflow.close()
    engine.dispose()


def worker_command() -> Sequence[str]:
    """How production starts a worker."""
    return [str(Path(sys.executable).with_name("shareflow")), "worker"]


@asynccontextmanager
async def worker_process(temporal: str, ledger: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker as production runs it, while inside."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SHAREFLOW_", "TEMPORAL_"))}
    environ |= {"SHAREFLOW_DATABASE_URL": ledger, "TEMPORAL_ADDRESS": temporal}
    quiet = asyncio.subprocess.DEVNULL
    worker = await asyncio.create_subprocess_exec(*worker_command(), env=environ, stdout=quiet, stderr=quiet)
    try:
        yield worker
    finally:
        if worker.returncode is None:
            worker.terminate()
            await worker.wait()
