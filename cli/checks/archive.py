"""Whether histories are archived as cases end, well before Temporal lets go of them."""

import asyncio
from datetime import UTC, datetime, timedelta

from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from domain.calendar import CHINA
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from protocol.histories import kept_by_temporal

NAME = "archive"
LATE = timedelta(minutes=30)
URGENT = 2
"""The half of the time for which Temporal keeps histories must not pass."""


async def archive_check(reader: Reader | None, client: TemporalClient | None) -> Check:
    """Since when the oldest case waits to be archived, and how long Temporal keeps what it has."""
    if reader is None or client is None:
        return skipped(NAME, "The archive is looked at when the database and Temporal can both be reached.")
    try:
        waiting = await asyncio.to_thread(reader.waiting_for_archive)
        keeps = await kept_by_temporal(client)
    except Exception as error:
        return problem(NAME, unexpected(error))
    kept = f"Temporal keeps histories for {keeps.total_seconds() / 3600:g} hours after the end"
    if waiting.since is None:
        return ok(NAME, f"nothing waits to be archived; {kept}")
    says = (
        f"{waiting.number} cases wait to be archived, the first since {waiting.since.astimezone(CHINA):%Y-%m-%d %H:%M}"
    )
    passed = datetime.now(UTC) - waiting.since
    mend = "start a worker, look into its log, and see `shareflow audit reconcile`"
    if passed > keeps / URGENT:
        return problem(NAME, f"{says}; {kept}.", mend)
    return warning(NAME, f"{says}; {kept}.", mend) if passed > LATE else ok(NAME, f"{says}; {kept}")
