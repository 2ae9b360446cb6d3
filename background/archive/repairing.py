"""Repairs (修复) that decide nothing: histories are archived, and cases take over what is in the ledger.

The events of the ledger are never changed; a row that differs from its events is rewritten. A case that lags behind is
nudged. A case that Temporal has lost is started again only if an operator asks for it, because a newer copy of
Temporal's store may know more about it.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from background.archive.altered import mend_case
from background.archive.archiving import ArchivingRound, archive_case
from background.archive.comparison import Comparison
from background.archive.differing import CompareFinding, Discrepancy
from background.archive.digests import both_digests
from background.archive.store import ArchiveDiffers
from domain.words import ProcedureName
from ledger.queries.archive import Unarchived, archived_runs
from ledger.queries.cases import get_case
from ledger.queries.compared import compared_case
from ledger.queries.events import events_of
from ledger.rule_text_store import RuleTextStore
from procedures.registry import PROCEDURES
from protocol.asking import TEMPORAL_FAILED, WorkflowGone, nudge, view_of
from protocol.histories import history_of, text_of
from protocol.messages import CaseOpening
from protocol.opening import opening_of
from protocol.starting import begin_anew

CAUGHT_UP_WITHIN: Final = timedelta(seconds=10)
LOOK_EVERY: Final = 0.1


async def repair(comparison: Comparison, found: CompareFinding, anew: bool = False) -> bool:
    """Repair a finding, if possible; returns whether it was. ``anew``: also restart cases that Temporal has lost.

    Raises one of TEMPORAL_FAILED or ``ledger.failures.DATABASE_FAILED``, or OSError, if one does not answer.
    """
    try:
        if found.kind is Discrepancy.UNARCHIVED:
            return await _archive(comparison, found.request_id)
        if found.kind is Discrepancy.GONE and found.run_id is not None:
            return await _write_again(comparison, found.request_id, found.run_id)
        if found.kind is Discrepancy.ALTERED:
            return await asyncio.to_thread(mend_case, comparison.engine, found.request_id)
        if found.kind is Discrepancy.AHEAD:
            return await _catch_up(comparison, found.request_id)
        if found.kind is Discrepancy.MISSING and anew:
            opening = await asyncio.to_thread(_opening, comparison, found.request_id)
            return await begin_anew(comparison.client, opening) and await _caught_up(comparison, found.request_id)
    except (ArchiveDiffers, WorkflowGone):
        return False
    return False


async def _catch_up(comparison: Comparison, request_id: str) -> bool:
    case = await asyncio.to_thread(compared_case, comparison.engine, request_id)
    if case is None:
        return False
    await nudge(comparison.client, case.workflow_id)
    return await _caught_up(comparison, request_id)


async def _caught_up(comparison: Comparison, request_id: str) -> bool:
    """Whether a case takes over everything in the ledger within some time, which needs a running worker."""
    with suppress(TimeoutError, *TEMPORAL_FAILED):
        async with asyncio.timeout(CAUGHT_UP_WITHIN.total_seconds()):
            while True:
                case = await asyncio.to_thread(compared_case, comparison.engine, request_id)
                assert case is not None, "cases stay in the ledger"
                if (await view_of(comparison.client, case.workflow_id, CAUGHT_UP_WITHIN)).head >= case.seq:
                    return True
                await asyncio.sleep(LOOK_EVERY)
    return False


def _opening(comparison: Comparison, request_id: str) -> CaseOpening:
    """The opening of a case, from the ledger; its actor gets the places that the filing required."""
    case, [filing] = get_case(comparison.engine, request_id), events_of(comparison.engine, request_id, limit=1)
    assert case is not None, "cases stay in the ledger"
    RuleTextStore(comparison.engine).fetch(case.statute_digest, case.policy_digest)
    procedure = ProcedureName(case.procedure)
    return opening_of(
        procedure,
        PROCEDURES[procedure].matter.model_validate(case.application),
        request_id=request_id,
        key=case.filing_key,
        actor=filing.actor,
        statute=case.statute,
        statute_digest=case.statute_digest,
        policy_digest=case.policy_digest,
        filed_at=case.filed_at,
        opened_by=case.opened_by,
    )


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
