"""When the ledger was backed up: noted by whoever makes a backup, asked for by whoever watches."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.backup_tables import backups
from ledger.engine import reading
from ledger.tables import cases


def note_backup(connection: Connection, sha256: str, made_at: datetime) -> None:
    """Note a backup by the digest of its manifest; noted before, nothing changes.

    A clock that is ahead of the database's would make it the newest for days to come: it counts as of now.
    """
    made = func.least(made_at, func.clock_timestamp())
    connection.execute(insert_or_skip(backups).values(sha256=sha256, made_at=made).on_conflict_do_nothing())


@dataclass(frozen=True)
class BackedUp:
    """When the newest backup was made that is known; when the server last archived its WAL, where it fails to."""

    newest: datetime | None
    wal_waits_since: datetime | None


def backed_up(engine: Engine) -> BackedUp:
    """How far the ledger is kept for a day on which its disk is gone."""
    with reading(engine) as connection:
        return BackedUp(newest_backup(connection), wal_waits_since(connection))


def newest_backup(connection: Connection) -> datetime | None:
    """When the newest backup was made that is known."""
    return connection.execute(select(func.max(backups.c.made_at))).scalar()


_WAL_WAITS: Final = text(
    "SELECT coalesce(last_archived_time, stats_reset) FROM pg_stat_archiver "
    "WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
)


def wal_waits_since(connection: Connection) -> datetime | None:
    """When the server last archived its WAL, where it has failed to since; None while it does, or need not."""
    return connection.execute(_WAL_WAITS).scalar()


def unbacked_since(connection: Connection) -> datetime | None:
    """When the newest backup was made; where there is none, when the first case was filed. None: nothing is to lose."""
    first = select(func.min(cases.c.filed_at)).scalar_subquery()
    return newest_backup(connection) or connection.execute(select(first)).scalar()
