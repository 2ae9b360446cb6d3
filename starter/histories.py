"""The histories of a case's runs, from Temporal or, after its retention, from the archive."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from audit.verification.history import opening_in
from background.archive.store import ArchiveDamaged, HistoryArchive
from domain.log.acts import ActKind
from domain.retention import Keepsake
from ledger.queries.archive import ArchivedRun
from ledger.reader import Reader
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.connecting import TemporalClient
from protocol.histories import (
    COMPLETED,
    CaseHistory,
    has_begun,
    history_in,
    history_of,
    latest_run,
    run_before,
    text_of,
)
from protocol.names import workflow_id
from protocol.sealing import NotOpened
from starter.errors import NeedsOperator, NotFound, Unavailable


class NotArchived(Unavailable):
    """A case whose history only Temporal has, and nobody asks Temporal."""


class HistoryDisposed(NotFound):
    """The history of a case was disposed of; one sentence says when, by whom and why."""


@dataclass(frozen=True)
class CaseRun:
    """The history of one run of a case, with the text that is archived and packed."""

    history: CaseHistory
    text: bytes


async def histories_of(
    temporal: TemporalClient | None, reader: Reader, request_id: str, archive: HistoryArchive | None
) -> list[CaseRun]:
    """The histories of a case's runs, from the first to the current or last one.

    A run that no worker has started yet is left out: it has nothing beyond what the previous one handed over.
    What Temporal no longer has is taken from the archive, by the digests of the register; where Temporal does not
    answer (or ``temporal`` is None), so is a case of which that run is archived that ended by the case's own rules.
    Raises NotFound where neither has the case, HistoryDisposed where its history was let go of, NeedsOperator where a
    run or its archived history is lost or sealed with a key that is not here, Unavailable.
    """
    case = workflow_id(request_id)
    kept = {run.run_id: run for run in await asyncio.to_thread(reader.archived_runs, request_id)}
    if temporal is None:
        open_still = NotArchived(f"The history of {request_id} is not archived yet, and Temporal does not answer.")
        return await asyncio.to_thread(_without_temporal, reader, request_id, kept, archive, open_still)
    found: list[CaseRun] = []
    try:
        run_id = await _latest(temporal, case, kept)
        if run_id is None and await asyncio.to_thread(reader.case, request_id) is None:
            raise NotFound(f"There is no case {request_id}.")
        if run_id is None:
            raise NotFound(f"Neither Temporal nor the archive has a history of {request_id}.")
        while run_id is not None:
            run = await _from_temporal(temporal, case, run_id)
            if run is None:
                run = await asyncio.to_thread(_kept_run, reader, request_id, run_id, kept, archive)
            found.insert(0, run)
            run_id = run_before(run.history)
    except TEMPORAL_FAILED as error:
        away = Unavailable(f"Temporal does not give the history of {request_id} now: {error}.")
        return await asyncio.to_thread(_without_temporal, reader, request_id, kept, archive, away)
    return found if len(found) == 1 or has_begun(found[-1].history) else found[:-1]


def put_aside_of(
    reader: Reader, request_id: str, archive: HistoryArchive | None, led_on: Sequence[CaseRun], filing: str
) -> list[CaseRun]:
    """The archived runs of a case that were replaced by a reset; ``filing`` is the digest of what was filed.

    They are recognised by their content: the run after a reset begins with the same first event, which has the old
    run's id. Blocks. Raises NeedsOperator for an archived history that is lost or damaged, Unavailable.
    """
    if archive is None or _disposal(reader, request_id) is not None:
        return []
    case, there = workflow_id(request_id), {hashlib.sha256(run.text).hexdigest() for run in led_on}
    kept = {run.run_id: run for run in reader.archived_runs(request_id)}
    others = (_from_archive(case, run_id, kept, archive) for run_id, run in kept.items() if run.sha256 not in there)
    return [run for run in others if opening_in(run.history).digest == filing]


def _without_temporal(
    reader: Reader,
    request_id: str,
    kept: Mapping[str, ArchivedRun],
    archive: HistoryArchive | None,
    otherwise: Unavailable,
) -> list[CaseRun]:
    """The runs of a case whose last run is archived, without asking Temporal. Raises ``otherwise`` if it is not."""
    if reader.case(request_id) is None:
        raise NotFound(f"There is no case {request_id}.")
    if not kept or [*kept.values()][-1].ended != COMPLETED:
        raise otherwise
    found: list[CaseRun] = []
    run_id: str | None = [*kept][-1]
    while run_id is not None:
        found.insert(0, _kept_run(reader, request_id, run_id, kept, archive))
        run_id = run_before(found[0].history)
    return found


def _kept_run(
    reader: Reader, request_id: str, run_id: str, kept: Mapping[str, ArchivedRun], archive: HistoryArchive | None
) -> CaseRun:
    gone = _disposal(reader, request_id)
    if gone is not None:
        raise HistoryDisposed(gone)
    return _from_archive(workflow_id(request_id), run_id, kept, archive)


async def _latest(temporal: TemporalClient, case: str, kept: Mapping[str, ArchivedRun]) -> str | None:
    try:
        return await latest_run(temporal, case)
    except WorkflowGone:
        return [*kept][-1] if kept else None


async def _from_temporal(temporal: TemporalClient, case: str, run_id: str) -> CaseRun | None:
    try:
        history = await history_of(temporal, case, run_id)
    except WorkflowGone:
        return None
    except NotOpened as error:
        raise NeedsOperator(str(error)) from None
    return CaseRun(history, text_of(history))


def _disposal(reader: Reader, request_id: str) -> str | None:
    """When and why the history was disposed of, as a sentence; None if it was not."""
    for act in reader.acts(request_id):
        if act.kind == ActKind.DISPOSE and Keepsake.HISTORY in act.details["disposed"]:
            return (
                f"The history of {request_id} was disposed of on {act.at:%Y-%m-%d} by {act.by.subject}: {act.reason}."
            )
    return None


def _from_archive(case: str, run_id: str, kept: Mapping[str, ArchivedRun], archive: HistoryArchive | None) -> CaseRun:
    if run_id not in kept or archive is None:
        raise NeedsOperator(f"Temporal no longer has run {run_id} of {case}, and the archive does not have it.")
    try:
        text = archive.read(kept[run_id])
    except ArchiveDamaged as error:
        raise NeedsOperator(f"{error}: restore it from a backup.") from None
    except OSError as error:
        raise Unavailable(f"The archive cannot be read: {error.strerror}.") from None
    return CaseRun(history_in(case, text), text)
