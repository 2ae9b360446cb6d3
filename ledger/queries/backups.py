"""When the ledger was backed up: noted by whoever makes a backup, asked for by whoever watches."""

from datetime import datetime

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from ledger.backup_tables import backups
from ledger.tables import cases


def note_backup(connection: Connection, sha256: str, made_at: datetime) -> None:
    """Note a backup by the digest of its manifest; noted before, nothing changes.

    A clock that is ahead of the database's would make it the newest for days to come: it counts as of now.
    """
    made = func.least(made_at, func.clock_timestamp())
    connection.execute(insert_or_skip(backups).values(sha256=sha256, made_at=made).on_conflict_do_nothing())


def newest_backup(connection: Connection) -> datetime | None:
    """When the newest backup was made that is known."""
    return connection.execute(select(func.max(backups.c.made_at))).scalar()


def unbacked_since(connection: Connection) -> datetime | None:
    """When the newest backup was made; where there is none, when the first case was filed. None: nothing is to lose."""
    first = select(func.min(cases.c.filed_at)).scalar_subquery()
    return newest_backup(connection) or connection.execute(select(first)).scalar()
