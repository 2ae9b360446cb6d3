"""A PostgreSQL for tests that want databases of their own; the server is one for all of a process."""

import itertools
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import Engine, text

from embedded.stack.postgres import start_postgres
from ledger.engine import connect
from ledger.queries.texts import store_texts
from ledger.schema import migrate

MEMORY: Final = Path("/dev/shm")
ROOM: Final = 8 * 2**30
"""In bytes. A ledger is 540 files: to write and remove them on a disk takes longer than most tests that want one."""


def for_a_while() -> Path | None:
    """Where databases lie that are thrown away: in memory if that has room, else (None) where temporary files do."""
    return MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM else None


class Databases:
    """Databases of a server that is thrown away. ``url`` leads to the one that it has in any case."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._numbers = itertools.count(1)
        self._model: str | None = None

    def named(self, name: str) -> str:
        """The URL of one of its databases."""
        return self.url.replace("/postgres?", f"/{name}?")

    def empty(self) -> str:
        """The URL of a new database without any table."""
        return self._made(f"empty{next(self._numbers)}")

    def ledger(self) -> str:
        """The URL of a new ledger, which keeps the texts of :func:`with_texts`."""
        if self._model is None:
            self._model = "model"
            engine = connect(self._made(self._model), pool_size=1)
            migrate(engine)
            with_texts(engine)
            engine.dispose()
        return self._made(f"ledger{next(self._numbers)}", f"TEMPLATE {self._model}")

    def run(self, *statements: str) -> None:
        """Carry out what no transaction may hold."""
        engine = connect(self.url, pool_size=1)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()

    def _made(self, name: str, like: str = "") -> str:
        self.run(f"CREATE DATABASE {name} {like}")
        return self.named(name)


def with_texts(engine: Engine) -> None:
    """Keep what the cases of these tests rest on."""
    statute = {"id": "nantong-2020", "limits": [{"amount": 10}]}
    store_texts(engine, {"d" * 64: ("statute", statute), "e" * 64: ("policy", {"negotiation": 10})})


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Databases for whoever wants one of its own."""
    # Not pytest's own folder: as root the server runs as another user, and a second pytest that starts
    # meanwhile would shut that user out of it.
    with tempfile.TemporaryDirectory(prefix="shareflow-", dir=for_a_while()) as folder:
        server = start_postgres(Path(folder) / "pg", thrown_away=True)
        yield Databases(server.url)
        server.stop()


@pytest.fixture
def empty_database(databases: Databases) -> str:
    """The URL of a database of its own, without any table."""
    return databases.empty()


@pytest.fixture
def ledger_url(databases: Databases) -> str:
    """The URL of a ledger of its own."""
    return databases.ledger()
