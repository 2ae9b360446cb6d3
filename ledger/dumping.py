"""A ledger's database as one file and back, by PostgreSQL's own programs: ``pg_dump`` and ``pg_restore``."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import psycopg2.extensions
from sqlalchemy import Engine, make_url, text

from ledger.engine import USUALLY_NAMED, connect, reading
from ledger.errors import LedgerUnavailable
from ledger.queries.backups import note_backup
from ledger.schema import migrate

_SERVER: Final = "SHOW server_version_num"
_EMPTY: Final = text(
    "SELECT count(*) = 0 FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace "
    "WHERE nspname = current_schema() AND relkind IN ('r', 'p', 'v', 'm', 'S')"
)
_MARK: Final = text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")
_RESTORED: Final = "restored from "
_OWN_PROCESS: Final = text("SELECT pg_backend_pid()")


class DumpFailed(Exception):
    """One of PostgreSQL's programs is not there or has failed; the message is one sentence."""


@dataclass(frozen=True)
class PostgresTools:
    """PostgreSQL's own programs: those on the path, else in ``folders``.

    ``environment`` gives the environment of a process in which some variables are set.
    """

    folders: Sequence[Path]
    environment: Callable[[Mapping[str, str]], Mapping[str, str]]

    def run(self, name: str, server: int, url: str, *arguments: str) -> None:
        """Run a program on a database of a server of this version. Raises DumpFailed.

        What is secret of the address is in the program's environment, which nobody else sees.
        """
        address = make_url(url).set(drivername="postgresql")
        secret = {"PGPASSWORD": str(address.password)} if address.password else {}
        shown = address.set(password=None).render_as_string(hide_password=False)
        command = (self._program(name, server), "--no-owner", "--no-privileges", f"--dbname={shown}", *arguments)
        done = subprocess.run(command, env=self.environment(secret), capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join(done.stderr.split())[:300]
            raise DumpFailed(f"{name} failed ({said}).")

    def _program(self, name: str, server: int) -> str:
        """The first program of a name that is as new as the server: an older one refuses it."""
        found = [shutil.which(name), *(shutil.which(name, path=str(folder)) for folder in self.folders)]
        there = [path for path in found if path is not None]
        for path in there:
            if _version(path) >= server:
                return path
        lacks = "is too old for it" if there else "is not on the path"
        raise DumpFailed(
            f"The database's server is PostgreSQL {server}, and {name} {lacks}: install its client programs."
        )


def dump(url: str, to: Path, tools: PostgresTools) -> None:
    """Write the whole ledger of one moment into a file; those who work on it go on meanwhile.

    Raises LedgerUnavailable, DumpFailed.
    """
    with closing(_Access(url)) as access:
        # No large objects: the ledger has none, and whoever makes one would keep the role of backups from reading it.
        tools.run("pg_dump", access.server_version, url, "-B", "--format=custom", f"--file={to}")


def restored_from(url: str, named: str = USUALLY_NAMED) -> str | None:
    """The digest of the backup that a database came from; None for an empty one, in which one can be restored.

    ``named`` is the setting that says the address.
    Raises LedgerUnavailable, and DumpFailed for a database that holds anything else.
    """
    with closing(_Access(url, named)) as access:
        if access.is_empty:
            return None
        mark = access.mark
    if mark is None:
        raise DumpFailed(
            "The database has tables already: a backup is restored into an empty one, and for the embedded stack "
            "into a new SHAREFLOW_STATE before `shareflow up` runs there."
        )
    return mark


def note_dumped(url: str, digest: str, made_at: datetime) -> None:
    """Note in the ledger that a backup of it is whole, for whoever watches over them.

    Raises LedgerUnavailable, and one of DATABASE_FAILED where it takes no notes: a standby is only read.
    """
    with closing(_Access(url)) as access, access.engine.begin() as connection:
        note_backup(connection, digest, made_at)


def restore(url: str, file: Path, digest: str, made_at: datetime, tools: PostgresTools) -> None:
    """Bring an empty database to what a file holds, all of it or nothing, then to the schema of this version.

    What is written from then on comes after all that was, and ``digest`` is remembered as that of the backup, which
    was made at that instant: the newest of what is here now.
    Raises LedgerUnavailable, DumpFailed.
    """
    with closing(_Access(url)) as access:
        tools.run("pg_restore", access.server_version, url, "--single-transaction", "--exit-on-error", str(file))
        migrate(access.engine)
        access.set_mark(digest, made_at)


class _Access:
    """A connection to the database while its programs work on it. Raises LedgerUnavailable for one through a pooler."""

    def __init__(self, url: str, named: str = USUALLY_NAMED) -> None:
        self.engine: Engine = connect(url, pool_size=1, named=named)
        try:
            self._refuse_pooler()
        except BaseException:
            self.close()
            raise

    def _refuse_pooler(self) -> None:
        """What the programs set for their session would stay on a pooler's connection, for whoever has it next.

        A server tells a session of which process it is; a pooler tells a number of its own, and the process when asked.
        """
        with reading(self.engine) as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, psycopg2.extensions.connection)
            if driver.info.backend_pid != connection.execute(_OWN_PROCESS).scalar_one():
                raise LedgerUnavailable(
                    "The ledger's database is reached through a pooler, such as PgBouncer, and pg_dump and pg_restore "
                    "go to PostgreSQL itself: name its own address with SHAREFLOW_MIGRATION_URL."
                )

    def close(self) -> None:
        self.engine.dispose()

    @property
    def server_version(self) -> int:
        """Its first number, such as 16."""
        with reading(self.engine) as connection:
            return int(connection.execute(text(_SERVER)).scalar_one()) // 10_000

    @property
    def is_empty(self) -> bool:
        with reading(self.engine) as connection:
            return bool(connection.execute(_EMPTY).scalar_one())

    @property
    def mark(self) -> str | None:
        with reading(self.engine) as connection:
            said: str = connection.execute(_MARK).scalar() or ""
        return said.removeprefix(_RESTORED) if said.startswith(_RESTORED) else None

    def set_mark(self, digest: str, made_at: datetime) -> None:
        assert re.fullmatch(r"[0-9a-f]{64}", digest), digest
        with self.engine.begin() as connection:
            connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{_RESTORED}{digest}'"))
            note_backup(connection, digest, made_at)


def _version(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    number = re.search(r"(\d+)(?:\.\d+)*", said)
    return int(number[1]) if number else 0
