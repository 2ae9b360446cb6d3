"""Dumping a ledger's database to one file and restoring it, with ``pg_dump`` and ``pg_restore``."""

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
    """One of PostgreSQL's programs is missing or has failed; one sentence."""


@dataclass(frozen=True)
class PostgresTools:
    """PostgreSQL's client programs: those on the path, otherwise those in ``folders``.

    ``environment`` returns the environment for a process, with some variables added.
    """

    folders: Sequence[Path]
    environment: Callable[[Mapping[str, str]], Mapping[str, str]]

    def run(self, name: str, server: int, url: str, *arguments: str) -> None:
        """Run a program on a database; ``version`` is the server's. Raises DumpFailed.

        The password is passed in the environment, which other users do not see.
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
        """The first program of this name that is as new as the server; an older one would refuse to work."""
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
    """Write a consistent snapshot of the whole ledger to a file, while others keep working on it.

    Raises LedgerUnavailable, DumpFailed.
    """
    with closing(_Access(url)) as access:
        # Without large objects: the ledger has none, and the backup role could not read one that somebody else made.
        tools.run("pg_dump", access.server_version, url, "-B", "--format=custom", f"--file={to}")


def restored_from(url: str, named: str = USUALLY_NAMED) -> str | None:
    """The digest of the backup from which a database was restored; None for an empty database.

    ``named`` is the setting that has the address.
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
    """Record in the ledger that a backup of it is complete, for monitoring.

    Raises LedgerUnavailable, or one of DATABASE_FAILED if the ledger cannot be written, such as on a standby.
    """
    with closing(_Access(url)) as access, access.engine.begin() as connection:
        note_backup(connection, digest, made_at)


def restore(url: str, file: Path, digest: str, made_at: datetime, tools: PostgresTools) -> None:
    """Restore a file into an empty database, completely or not at all, then migrate it to the schema of this version.

    Outbox positions continue after all earlier ones. ``digest`` and the instant of the backup are recorded: it is the
    newest backup of what is here now. Raises LedgerUnavailable, DumpFailed.
    """
    with closing(_Access(url)) as access:
        tools.run("pg_restore", access.server_version, url, "--single-transaction", "--exit-on-error", str(file))
        migrate(access.engine)
        access.set_mark(digest, made_at)


class _Access:
    """A connection to the database for its programs. Raises LedgerUnavailable for one through a pooler."""

    def __init__(self, url: str, named: str = USUALLY_NAMED) -> None:
        self.engine: Engine = connect(url, pool_size=1, named=named)
        try:
            self._refuse_pooler()
        except BaseException:
            self.close()
            raise

    def _refuse_pooler(self) -> None:
        """Refuse a pooler: session settings of the programs would stay on its connection for the next client.

        A pooler is recognised by the backend process id: it reports one of its own, which the server does not confirm.
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
        """The major version of the server, such as 16."""
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
