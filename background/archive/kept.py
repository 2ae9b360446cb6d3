"""What the archive has of a case (归档核对): whether all is there, is what was archived, and tells of the same events.

Temporal lets go of a history after some weeks. From then on the archived one alone tells what the ledger had said.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from background.archive.differing import CompareFinding, Discrepancy
from background.archive.store import ArchiveDamaged, ArchiveGone, HistoryArchive
from ledger.engine import Engine
from ledger.queries.acts import settled_of
from ledger.queries.archive import ArchivedRun
from ledger.queries.compared import ComparedCase, digests_of
from protocol.histories import HANDED_OVER, ToldRun, history_in, told_in
from protocol.names import workflow_id


def told_when_archived(archive: HistoryArchive, run: ArchivedRun) -> ToldRun | None:
    """What an archived run was told by the ledger; None where its history tells of nothing.

    Raises ArchiveDamaged, OSError.
    """
    text = archive.read(run)
    try:
        return told_in(history_in(workflow_id(run.request_id), text))
    except ValueError:
        return None


def kept_otherwise(
    engine: Engine,
    archive: HistoryArchive,
    case: ComparedCase,
    runs: Sequence[ArchivedRun],
    *,
    within: timedelta,
    quick: bool,
) -> list[CompareFinding]:
    """How the archive differs from what it should have of a case, ``runs`` being those that the register has.

    ``within``: how long after its end a case may wait. ``quick`` reads no file. Raises OSError.
    """
    found = [] if quick else [*_read(engine, archive, runs)]
    found += [*_lost(runs), *_unarchived(case, runs, within)]
    settled = {kind: settled_of(engine, kind, [case.request_id]) for kind in {each.kind for each in found if each.of}}
    return [each for each in found if not {*each.of} & settled.get(each.kind, {}).get(case.request_id, frozenset())]


def _read(engine: Engine, archive: HistoryArchive, runs: Sequence[ArchivedRun]) -> Iterator[CompareFinding]:
    """What reading each history shows: one that is gone or damaged, one that was told of other events."""
    for run in runs:
        try:
            told = told_when_archived(archive, run)
        except ArchiveDamaged as error:
            kind = Discrepancy.GONE if isinstance(error, ArchiveGone) else Discrepancy.DAMAGED
            yield CompareFinding(kind, run.request_id, f"{error}.", run.run_id, of=(run.run_id,))
            continue
        other = None if told is None else _other_events(digests_of(engine, run.request_id), told)
        if other is not None:
            kind, said = other
            yield CompareFinding(kind, run.request_id, f"{said} (archived run {run.run_id}).", run.run_id)
            return


def _other_events(there: Sequence[str], told: ToldRun) -> tuple[Discrepancy, str] | None:
    """How the events of a case, by their digests in order, are not those that a run was told of."""
    for head in sorted(told.heads, key=lambda head: head.seq):
        if head.seq > len(there):
            said = f"The ledger has {len(there)} events; its history was told of {told.head.seq}"
            return Discrepancy.BEHIND, said
        if there[head.seq - 1] != head.digest:
            said = f"Event {head.seq} of the ledger has another digest than its history was told: it was changed since"
            return Discrepancy.REWRITTEN, said
    return None


def _lost(runs: Sequence[ArchivedRun]) -> Iterator[CompareFinding]:
    known = {run.run_id for run in runs}
    for run in runs:
        before = run.previous_run_id
        if before is not None and before not in known:
            said = f"Run {before}, which came before one that is archived, is not archived."
            yield CompareFinding(Discrepancy.LOST, run.request_id, said, before, of=(before,))


def _unarchived(case: ComparedCase, runs: Sequence[ArchivedRun], within: timedelta) -> Iterator[CompareFinding]:
    whole = any(run.ended != HANDED_OVER for run in runs)
    late = case.asked_at is None or case.asked_at < datetime.now(UTC) - within
    if case.problem is not None or (case.closed_at is not None and not whole and late):
        why = case.problem or "no history of it is archived"
        yield CompareFinding(Discrepancy.UNARCHIVED, case.request_id, f"Not archived: {why}.")
