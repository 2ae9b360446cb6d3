"""Archiving: the history of every ended run is stored, long before Temporal deletes it.

The ledger records in the closing transaction which case is to be archived (``unarchived``); Temporal is asked for runs
that ended otherwise (continued as new, terminated, failed). So nobody has to scan all cases. A history is stored under
its case and run before it is entered in the register; after a crash in between, or a race, it is found there and the
work continues.
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
"""How often Temporal is asked for runs that ended other than by their case being closed."""
OVERLAP: Final = timedelta(minutes=10)
"""How far Temporal's list of runs may lag behind."""
AT_ONCE: Final = 50
LEASE: Final = timedelta(minutes=5)
FIRST_PAUSE: Final = timedelta(seconds=30)
LONGEST_PAUSE: Final = timedelta(hours=1)
LOST: Final = "Temporal no longer has run {run}, which was not archived"
GONE: Final = "Temporal has no run of this case"


@dataclass
class ArchivingRound:
    """The result of one round: archived runs, cases that are still running, and problems of others."""

    archived: list[ArchivedRun] = field(default_factory=list)
    running: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)


def name_of(request_id: str, run_id: str) -> str:
    """The name in the archive of the history of a run."""
    return f"{both_digests(request_id.encode())[0][:2]}/{request_id}/{run_id}.json.gz"


async def archive_next(
    client: TemporalClient, engine: Engine, archive: HistoryArchive, ahead: timedelta = timedelta()
) -> ArchivingRound:
    """Archive the next waiting cases, up to the size of one round.

    ``ahead``: also those due within this time. Raises OSError if the archive cannot be used, one of TEMPORAL_FAILED if
    the server does not answer; cases that were not reached are tried again when their lease expires.
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
    """Archive every ended run of a case that is not archived yet; note the case as archived if those are all.

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
    """How long to wait after a number of failed tries."""
    return min(FIRST_PAUSE * (1 << min(tries, 10)), LONGEST_PAUSE)


async def ask_temporal(client: TemporalClient, engine: Engine, since: datetime | None) -> int:
    """Request archiving of the cases with runs that ended otherwise since an instant; returns how many."""
    asked, runs = 0, list[tuple[str, str]]()
    async for run in ended_otherwise(client, since):
        runs.append(run)
        if len(runs) == AT_ONCE:
            asked += await asyncio.to_thread(ask_for_archive, engine, runs)
            runs = []
    return asked + await asyncio.to_thread(ask_for_archive, engine, runs)


async def keep_archiving(client: TemporalClient, engine: Engine, archive: HistoryArchive) -> None:
    """Archive what is waiting, every half minute, until cancelled. Failures are logged and retried."""
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
        except Exception as error:  # whatever fails there, the next try may succeed
            log.warning("archiving postponed", extra={"error": _told(error)})
        if len(done.archived) < AT_ONCE:
            await asyncio.sleep(EVERY.total_seconds())


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
