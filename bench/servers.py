"""Throw-away servers: a real Temporal, with its workflows in a file or in memory, and a real PostgreSQL."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from embedded.stack.postgres import Postgres, start_postgres_aside
from embedded.stack.temporal import Ports, Temporal, TemporalOptions, start_temporal
from ledger.engine import connect
from ledger.schema import migrate
from protocol.search_attributes import SEARCH_ATTRIBUTES


@asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """A folder that is gone afterwards, though a server that is ending may still write there for a moment."""
    path = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="shareflow-bench-"))
    try:
        yield path
    finally:
        await asyncio.to_thread(_remove, path)


def _remove(path: Path) -> None:
    for _ in range(50):
        shutil.rmtree(path, ignore_errors=True)
        if not path.exists():
            break
        time.sleep(0.1)


@asynccontextmanager
async def postgres(where: Path) -> AsyncIterator[Postgres]:
    """PostgreSQL while inside."""
    server = await start_postgres_aside(where / "postgres")
    try:
        yield server
    finally:
        await asyncio.to_thread(server.stop)


@asynccontextmanager
async def temporal(database: Path | None) -> AsyncIterator[Temporal]:
    """Temporal while inside, on a SQLite file or (None) in memory."""
    options = TemporalOptions(ports=Ports(0, None), database=database, search_attributes=SEARCH_ATTRIBUTES)
    server = await start_temporal(options)
    try:
        yield server
    finally:
        await server.stop()


def database(server: Postgres, name: str, like: str = "template1") -> str:
    """A new database of a server, like another to which nobody is connected; its URL."""
    connection = psycopg2.connect(server.url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')
    finally:
        connection.close()
    return urlunsplit(urlsplit(server.url)._replace(path=f"/{name}"))


def ledger(server: Postgres, name: str) -> str:
    """A new database with the ledger's tables; its URL."""
    url = database(server, name)
    engine = connect(url, pool_size=1)
    try:
        migrate(engine)
    finally:
        engine.dispose()
    return url
