"""Whether the ledger was backed up lately, as far as it knows, and whether its database archives its WAL."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cli.checks.findings import Check, ok, problem, skipped, warning
from ledger.reader import Reader

NAME = "backups"
LATE: Final = timedelta(hours=30)
"""A night and what it may take: as the alert ShareflowBackupOverdue has it."""
WAL_LATE: Final = timedelta(minutes=15)


def backups_check(reader: Reader | None, runs_here: bool) -> Check:
    """How old the newest backup is. ``runs_here``: the engine is the one that ``up`` runs, of which few are made."""
    if reader is None:
        return skipped(NAME, "backups_not_looked_for")
    try:
        kept = reader.backed_up()
    except Exception as error:
        return warning(NAME, "failed", why=error)
    newest, since = kept.newest, kept.wal_waits_since
    if since is not None and datetime.now(UTC) - since > WAL_LATE:
        return problem(NAME, "wal_not_archived", since=since)
    if newest is None:
        return skipped(NAME, "no_backup_here") if runs_here else warning(NAME, "no_backup")
    if datetime.now(UTC) - newest > LATE and not runs_here:
        return warning(NAME, "backup_overdue", newest=newest)
    return ok(NAME, "backed_up", newest=newest)
