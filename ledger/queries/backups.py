"""Records of backups: written by whoever makes one, read by monitoring."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, Engine, func, select, text
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.backup_tables import backups
from ledger.engine import reading
from ledger.tables import cases


def note_backup(connection: Connection, sha256: str, made_at: datetime) -> None:
    """Record a backup by the digest of its manifest. Idempotent.

    A time in the future counts as now: with a fast clock it would otherwise be the newest for days to come.
    """
    made = func.least(made_at, func.clock_timestamp())
    connection.execute(insert_or_skip(backups).values(sha256=sha256, made_at=made).on_conflict_do_nothing())


@dataclass(frozen=True)
class BackedUp:
    """When the newest known backup was made; when the server last archived WAL, if it fails to now."""

    newest: datetime | None
    wal_waits_since: datetime | None


def backed_up(engine: Engine) -> BackedUp:
    """What would be left if the ledger's disk were lost: the newest backup and the archived WAL."""
    with reading(engine) as connection:
        return BackedUp(newest_backup(connection), wal_waits_since(connection))


def newest_backup(connection: Connection) -> datetime | None:
    """When the newest known backup was made."""
    return connection.execute(select(func.max(backups.c.made_at))).scalar()


_WAL_WAITS: Final = text(
    "SELECT coalesce(last_archived_time, stats_reset) FROM pg_stat_archiver "
    "WHERE last_failed_time > coalesce(last_archived_time, '-infinity')"
)


def wal_waits_since(connection: Connection) -> datetime | None:
    """When the server last archived WAL, if it has failed since; None if it succeeds or WAL archiving is off."""
    return connection.execute(_WAL_WAITS).scalar()


def unbacked_since(connection: Connection) -> datetime | None:
    """When the newest backup was made, or, without one, the first case filed; None if there is nothing to lose."""
    first = select(func.min(cases.c.filed_at)).scalar_subquery()
    return newest_backup(connection) or connection.execute(select(first)).scalar()
