"""Whether histories are archived as cases end, well before Temporal lets go of them."""

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from configuration.archive import archive_folder
from configuration.settings import Settings
from domain.calendar import CHINA
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
        mend = f"let the user of the workers write there, or name another folder with {Settings.archive.variable}"
        return problem(NAME, f"The archive {folder} cannot be written ({refused}).", mend)
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


def why_not_written(folder: Path) -> str | None:
    """Why no file can be made in a folder, or in what is there of the way to it; None where one can."""
    try:
        there = next(each for each in (folder, *folder.parents) if each.exists())
        with tempfile.TemporaryFile(dir=there):
            return None
    except OSError as error:
        return error.strerror or type(error).__name__
