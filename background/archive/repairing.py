"""What may be repaired without touching a case: a history that is missing in the archive is written there."""

import asyncio
from datetime import UTC, datetime

from background.archive.archiving import ArchivingRound, archive_case
from background.archive.comparison import CompareFinding, Comparison, Discrepancy
from background.archive.digests import both_digests
from background.archive.store import ArchiveDiffers
from ledger.queries.archive import Unarchived, archived_runs
from ledger.queries.compared import compared_case
from protocol.asking import WorkflowGone
from protocol.histories import history_of, text_of


async def repair(comparison: Comparison, found: CompareFinding) -> bool:
    """Put right what may be put right here; whether it is now.

    Raises one of TEMPORAL_FAILED, of ``ledger.failures.DATABASE_FAILED``, or OSError where one does not answer.
    """
    try:
        if found.kind is Discrepancy.UNARCHIVED:
            return await _archive(comparison, found.request_id)
        if found.kind is Discrepancy.GONE and found.run_id is not None:
            return await _write_again(comparison, found.request_id, found.run_id)
    except (ArchiveDiffers, WorkflowGone):
        return False
    return False


async def _archive(comparison: Comparison, request_id: str) -> bool:
    case = await asyncio.to_thread(compared_case, comparison.engine, request_id)
    if case is None:
        return False
    done, asked = ArchivingRound(), case.asked_at or datetime.now(UTC)
    wanted = Unarchived(request_id, case.workflow_id, case.closed_at, asked, tries=0)
    await archive_case(comparison.client, comparison.engine, comparison.archive, wanted, done)
    return not done.problems and not done.running


async def _write_again(comparison: Comparison, request_id: str, run_id: str) -> bool:
    case = await asyncio.to_thread(compared_case, comparison.engine, request_id)
    runs = await asyncio.to_thread(archived_runs, comparison.engine, request_id)
    [run] = [run for run in runs if run.run_id == run_id]
    if case is None:
        return False
    text = text_of(await history_of(comparison.client, case.workflow_id, run_id))
    if both_digests(text) != (run.sha256, run.sm3):
        return False
    await asyncio.to_thread(comparison.archive.keep, run.stored_as, text)
    return True
