"""Whether histories are archived as cases end, well before Temporal lets go of them."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.checks.findings import Check, failed, ok, problem, skipped, warning
from configuration.archive import archive_folder
from configuration.settings import Settings
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from protocol.histories import kept_by_temporal

NAME = "archive"
LATE = timedelta(minutes=30)
URGENT = 2
"""The half of the time for which Temporal keeps histories must not pass."""


async def archive_check(settings: Settings, reader: Reader | None, client: TemporalClient | None) -> Check:
    """Whether the archive takes anything; since when the oldest case waits for it, and how long Temporal keeps it."""
    folder = archive_folder(settings.archive, settings.state)
    refused = await asyncio.to_thread(why_not_written, folder)
    if refused is not None:
        return problem(NAME, "archive_not_written", folder=folder, why=refused, variable=Settings.archive.variable)
    if reader is None or client is None:
        return skipped(NAME, "archive_not_looked_at")
    try:
        waiting = await asyncio.to_thread(reader.waiting_for_archive)
        keeps = await kept_by_temporal(client)
    except Exception as error:
        return failed(NAME, error)
    hours = f"{keeps.total_seconds() / 3600:g}"
    if waiting.since is None:
        return ok(NAME, "archive_waits_for_nothing", hours=hours)
    passed = datetime.now(UTC) - waiting.since
    if passed <= LATE:
        return ok(NAME, "archive_waits", number=waiting.number, since=waiting.since, hours=hours)
    found = problem if passed > keeps / URGENT else warning
    return found(NAME, "archive_waits_long", number=waiting.number, since=waiting.since, hours=hours)


def why_not_written(folder: Path) -> str | None:
    """Why no file can be made in a folder, or in what is there of the way to it; None where one can."""
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=there):
            return None
    except OSError as error:
        return error.strerror or type(error).__name__
