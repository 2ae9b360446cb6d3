"""Whether the ledger was backed up lately, as far as it knows, and whether its database archives its WAL."""

from datetime import UTC, datetime, timedelta
from typing import Final

from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from domain.calendar import CHINA
from ledger.reader import Reader

NAME = "backups"
LATE: Final = timedelta(hours=30)
"""A night and what it may take: as the alert ShareflowBackupOverdue has it."""
WAL_LATE: Final = timedelta(minutes=15)
WAL_MEND: Final = "see its log and pg_stat_archiver: deploy/runbooks/ShareflowWalBehind.md"
MEND: Final = "make one with `shareflow admin backup`; why none was made: deploy/runbooks/ShareflowBackupOverdue.md"


def backups_check(reader: Reader | None, runs_here: bool) -> Check:
    """How old the newest backup is. ``runs_here``: the engine is the one that ``up`` runs, of which few are made."""
    if reader is None:
        return skipped(NAME, "Backups are looked for when the database can be reached.")
    try:
        kept = reader.backed_up()
    except Exception as error:
        return warning(NAME, unexpected(error))
    newest, since = kept.newest, kept.wal_waits_since
    if since is not None and datetime.now(UTC) - since > WAL_LATE:
        says = f"The database has failed to archive its WAL since {since.astimezone(CHINA):%Y-%m-%d %H:%M}."
        return problem(NAME, says, WAL_MEND)
    if newest is None:
        says = "The ledger knows of no backup."
        return skipped(NAME, says) if runs_here else warning(NAME, says, MEND)
    says = f"the newest was made {newest.astimezone(CHINA):%Y-%m-%d %H:%M}"
    if datetime.now(UTC) - newest > LATE and not runs_here:
        return warning(NAME, f"A backup is overdue: {says}.", MEND)
    return ok(NAME, says)
