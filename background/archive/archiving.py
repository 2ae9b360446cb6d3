"""Archiving: the history of every run that has ended is kept, long before Temporal lets go of it.

The ledger itself notes which case was closed (``unarchived``), in the transaction that closes it; Temporal is asked
which runs ended otherwise: handed over to the next, terminated, failed. So nobody looks through all cases. A history is
written under the name of its case and run before the register names it: whoever dies in between, or comes second, finds
it there and goes on.
"""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from background.archive.digests import both_digests
from background.archive.store import ArchiveDiffers, HistoryArchive
from ledger.engine import Engine
from ledger.queries.archive import (
    ArchivedRun,
    Unarchived,
    archived_runs,
    ask_for_archive,
    claim_unarchived,
    is_archived,
    note_archived,
    try_again,
)
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.connecting import TemporalClient
from protocol.histories import HANDED_OVER, EndedRun, FoundRuns, ended_otherwise, runs_of

log = logging.getLogger("shareflow.archive")

EVERY: Final = timedelta(seconds=30)
ASKED_EVERY: Final = timedelta(minutes=5)
"""How often Temporal is asked which runs have ended otherwise than by their case being closed."""
OVERLAP: Final = timedelta(minutes=10)
"""So far Temporal's list of runs may lag behind."""
AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
LOST: Final = "Temporal no longer has run {run}, which was not archived"
GONE: Final = "Temporal has no run of this case"


@dataclass
class ArchivingRound:
    """What one round did: the runs that were archived, the cases that still run, and of others what is wrong."""

    archived: list[ArchivedRun] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def name_of(request_id: str, run_id: str) -> str:
    """The name in the archive of the history of a run."""
    return f"{both_digests(request_id.encode())[0][:2]}/{request_id}/{run_id}.json.gz"


async def archive_next(
    client: TemporalClient, engine: Engine, archive: HistoryArchive, ahead: timedelta = timedelta()
) -> ArchivingRound:
    """Archive the next cases that wait for it, so many as one round takes.

    ``ahead``: also those that would wait so much longer. Raises OSError where the archive cannot be used, one of
    TEMPORAL_FAILED where the server does not answer; what was not come to is tried again when its lease is over.
    """
    done = ArchivingRound()
    for case in await asyncio.to_thread(claim_unarchived, engine, AT_ONCE, LEASE, ahead):
        try:
            await archive_case(client, engine, archive, case, done)
        except (ArchiveDiffers, ValueError) as error:
            done.problems[case.request_id] = str(error)
            await asyncio.to_thread(try_again, engine, case, LONGEST_PAUSE, str(error))
        except (OSError, *TEMPORAL_FAILED) as error:
            await asyncio.to_thread(try_again, engine, case, pause_after(case.tries), _told(error))
            raise
    return done


async def archive_case(
    client: TemporalClient, engine: Engine, archive: HistoryArchive, case: Unarchived, done: ArchivingRound
) -> None:
    """Archive every run of a case that has ended and is not kept yet, and note it as archived when that is all.

    Raises ArchiveDiffers, OSError, one of TEMPORAL_FAILED.
    """
    kept = {run.run_id: run for run in await asyncio.to_thread(archived_runs, engine, case.request_id)}
    try:
        found = await runs_of(client, case.workflow_id, kept)
    except WorkflowGone:
        found = FoundRuns()
        whole = any(run.ended != HANDED_OVER for run in kept.values())
        problem = None if whole else GONE
    else:
        problem = LOST.format(run=found.gone[0]) if found.gone else None
    for run in sorted(found.ended, key=lambda run: run.ended_at):
        done.archived.append(await asyncio.to_thread(_keep, engine, archive, case.request_id, run))
    if problem is not None:
        done.problems[case.request_id] = problem
        await asyncio.to_thread(try_again, engine, case, LONGEST_PAUSE, problem)
    elif found.running and case.closed_at is not None:
        done.running.append(case.request_id)
        await asyncio.to_thread(try_again, engine, case, pause_after(case.tries), None)
    else:
        await asyncio.to_thread(is_archived, engine, case)


def _keep(engine: Engine, archive: HistoryArchive, request_id: str, run: EndedRun) -> ArchivedRun:
    name = name_of(request_id, run.run_id)
    archive.keep(name, run.text)
    sha256, sm3 = both_digests(run.text)
    kept = ArchivedRun(
        request_id, run.run_id, run.previous_run_id, run.ended, run.ended_at, sha256, sm3, len(run.text), name
    )
    note_archived(engine, kept)
    return kept


def pause_after(tries: int) -> timedelta:
    """How long after so many tries in vain the next one is made."""
    return min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)


async def ask_temporal(client: TemporalClient, engine: Engine, since: datetime | None) -> int:
    """Have those cases archived of which runs ended otherwise since an instant; how many they are."""
    asked, runs = 0, list[tuple[str, str]]()
    async for run in ended_otherwise(client, since):
        runs.append(run)
        if len(runs) == AT_ONCE:
            asked += await asyncio.to_thread(ask_for_archive, engine, runs)
            runs = []
    return asked + await asyncio.to_thread(ask_for_archive, engine, runs)


async def keep_archiving(client: TemporalClient, engine: Engine, archive: HistoryArchive) -> None:
    """Archive what waits for it, every half a minute, until cancelled. Failures are logged and tried again."""
    since: datetime | None = None
    looked = -ASKED_EVERY.total_seconds()
    while True:
        done = ArchivingRound()
        try:
            if time.monotonic() - looked >= ASKED_EVERY.total_seconds():
                now = datetime.now(UTC)
                await ask_temporal(client, engine, since)
                since, looked = now - OVERLAP, time.monotonic()
            done = await archive_next(client, engine, archive)
            if done.problems:
                log.warning("histories cannot be archived", extra={"cases": done.problems})
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever the database, the server or the archive does, the next try may go well
            log.warning("archiving postponed", extra={"error": _told(error)})
        if len(done.archived) < AT_ONCE:
            await asyncio.sleep(EVERY.total_seconds())


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
