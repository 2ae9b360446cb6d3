"""Retention (保存与销毁): what is due for disposal, holds, and disposal itself.

Only what is beside the ledger can be disposed of: the archived histories of a case, and uploaded papers that no other
case needs. Events, filings and log entries stay for ever, because the proofs of all other cases depend on them. Each
hold, release and disposal is an act covered by the log.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any, Final

from background.archive.differing import Discrepancy
from background.archive.kept import told_when_archived
from background.archive.store import ArchiveDamaged, HistoryArchive
from domain.calendar import CHINA
from domain.log.acts import Acting, ActKind, NewAct, OperatorAct
from domain.messages import LANGUAGES, label
from domain.retention import Keepsake, KeptUntil, RetentionRules, may_go, packaged_retention
from ledger.queries.archive import ArchivedRun
from ledger.queries.retention import CaseHeld, RetainedCase
from ledger.reader import Reader
from ledger.writer import Writer
from protocol.asking import TEMPORAL_FAILED, WorkflowGone
from protocol.connecting import TemporalClient
from protocol.histories import ToldHead, ToldRun, told_run
from protocol.names import workflow_id
from protocol.sealing import NotOpened
from starter.attachments import AttachmentStore
from starter.errors import EngineError, NotFound, Unavailable

PAGE: Final = 500


class NotDisposable(EngineError):
    """Nothing of the case can be disposed of now; one sentence says why."""


@dataclass(frozen=True)
class DueCase:
    """A case due for disposal: the kinds of things, how many of each, and until when each had to be kept."""

    request_id: str
    statute: str
    closed_on: date
    due: Mapping[Keepsake, int]
    kept_until: tuple[KeptUntil, ...]
    held: str | None


@dataclass(frozen=True)
class Disposal:
    """The result of a disposal: the act, and how many histories and papers were removed."""

    act: OperatorAct
    histories: int
    papers: int


def due_cases(reader: Reader, today: date, rules: RetentionRules | None = None) -> Iterator[DueCase]:
    """The cases due for disposal, longest closed first; those on hold with the reason."""
    rules = rules or packaged_retention()
    until = datetime.combine(today, time(), CHINA) - timedelta(days=28 * rules.shortest())
    after: tuple[datetime, str] | None = None
    while page := reader.closed_until(until, after, PAGE):
        for case in page:
            due = due_of(case, today, rules)
            if due is not None:
                yield due
        after = (_closed(page[-1]), page[-1].request_id)


def due_of(case: RetainedCase, today: date, rules: RetentionRules) -> DueCase | None:
    """What of a case is due for disposal; None if nothing is due or left."""
    if case.closed_at is None or case.rests_on_it:
        return None
    closed_on = _closed(case).date()
    kept = [rules.kept_until(case.statute, keepsake, closed_on) for keepsake in case.keeps]
    over = tuple(each for each in kept if may_go(each, today))
    if not over:
        return None
    due = {each.keepsake: case.keeps[each.keepsake] for each in over}
    return DueCase(case.request_id, case.statute, closed_on, due, over, case.held)


def _closed(case: RetainedCase) -> datetime:
    assert case.closed_at is not None, "asked of closed cases alone"
    return case.closed_at.astimezone(CHINA)


def hold(writer: Writer, reader: Reader, request_id: str, reason: str, by: Acting) -> OperatorAct:
    """Place a hold on a case, which prevents disposal. Raises NotFound, NotDisposable if it is on hold."""
    held = _retained(reader, request_id).held
    if held is not None:
        raise NotDisposable(f"{request_id} is held already: {held}.")
    return writer.hold_or_release(_act(ActKind.HOLD, request_id, reason, by))


def release(writer: Writer, reader: Reader, request_id: str, reason: str, by: Acting) -> OperatorAct:
    """Release the hold on a case. Raises NotFound, NotDisposable if there is none."""
    if _retained(reader, request_id).held is None:
        raise NotDisposable(f"{request_id} is not held.")
    return writer.hold_or_release(_act(ActKind.RELEASE, request_id, reason, by))


@dataclass(frozen=True)
class Disposer:
    """Carries out disposals. Each is recorded first, in an act that lists everything by digest."""

    reader: Reader
    writer: Writer
    archive: HistoryArchive
    papers: AttachmentStore | None
    rules: RetentionRules

    def dispose(
        self, request_id: str, reason: str, by: Acting, today: date, in_temporal: ToldRun | None = None
    ) -> Disposal:
        """Dispose of everything of a case that is due, and of what an earlier disposal failed to remove.

        ``in_temporal``: what the case was told by the history that Temporal still has. Raises NotFound, and
        NotDisposable for a case that is open, held or too young, or whose histories contradict the ledger or cannot be
        read; Unavailable where the archive does not answer, OSError where that happens once the act is recorded.
        """
        case = _retained(self.reader, request_id)
        if case.held is not None:
            raise NotDisposable(f"{request_id} is held: {case.held}.")
        due = due_of(case, today, self.rules)
        before = [act for act in self.reader.acts(request_id) if act.kind == ActKind.DISPOSE]
        if due is None and not before:
            raise NotDisposable(_why_not(case, self.rules))
        if due is not None:
            if Keepsake.HISTORY in due.due:
                self._refuse_contradiction(request_id, in_temporal)
            try:
                act = self.writer.dispose(_act(ActKind.DISPOSE, request_id, reason, by), due.due)
            except CaseHeld as held:
                raise NotDisposable(f"{request_id} is held: {held}.") from None
            before.append(act)
        return Disposal(before[-1], *self._remove(request_id, [act.details for act in before]))

    def _refuse_contradiction(self, request_id: str, in_temporal: ToldRun | None) -> None:
        """Keep a history that contradicts the ledger, since it is the only evidence of that. Raises NotDisposable.

        So is one that the archive should have and nobody can read any more: it may have said so. An operator settles
        that by an act.
        """
        archived = (self._told(run) for run in self._unsettled(request_id))
        for told in filter(None, chain([in_temporal], archived)):
            if told.heads and not self._stands(request_id, told.head):
                raise _not_explained("contradicted", request_id)

    def _unsettled(self, request_id: str) -> list[ArchivedRun]:
        """The archived runs of a case, without those whose loss or damage an act has settled."""
        acts = (act.details for act in self.reader.acts(request_id) if act.kind == ActKind.SETTLE)
        settled = {
            run for said in acts if said["difference"] in (Discrepancy.GONE, Discrepancy.DAMAGED) for run in said["of"]
        }
        return [run for run in self.reader.archived_runs(request_id) if run.run_id not in settled]

    def _stands(self, request_id: str, head: ToldHead) -> bool:
        """Whether the ledger has this event with this digest."""
        there = self.reader.events(request_id, head.seq - 1, limit=1)
        return [event.digest for event in there] == [head.digest]

    def _told(self, run: ArchivedRun) -> ToldRun | None:
        """What an archived run was told; None where it tells of nothing. Raises NotDisposable, Unavailable."""
        try:
            return told_when_archived(self.archive, run)
        except ArchiveDamaged as error:
            raise _not_explained("unreadable", run.request_id, why=error) from None
        except OSError as error:
            raise Unavailable("The archive cannot be read: nothing is disposed of.") from error
        except ValueError:
            return None

    def _remove(self, request_id: str, said: list[Mapping[str, Any]]) -> tuple[int, int]:
        """Remove what the acts name; what is gone already is. Raises OSError: dispose again then."""
        named = {history["run_id"] for details in said for history in details["histories"]}
        runs = [run for run in self.reader.archived_runs(request_id) if run.run_id in named]
        papers = {paper for details in said for paper in details["papers"]}
        store = self.papers
        removed = [self.writer.remove_unwanted(paper, store.remove) for paper in sorted(papers)] if store else []
        return sum(self.archive.remove(run) for run in runs), sum(removed)


async def told_in_temporal(temporal: TemporalClient, request_id: str) -> ToldRun | None:
    """What a case was told by the history that Temporal still has; None where that cannot be known."""
    try:
        return await told_run(temporal, workflow_id(request_id))
    except (WorkflowGone, NotOpened, *TEMPORAL_FAILED):
        return None


def _act(kind: ActKind, request_id: str, reason: str, by: Acting) -> NewAct:
    return NewAct(kind=kind, by=by, target=request_id, request_id=request_id, reason=reason)


def _not_explained(word: str, request_id: str, **also: object) -> NotDisposable:
    said = (label("retention", word, each).format(case=request_id, **also) for each in LANGUAGES)
    return NotDisposable(" ".join(said))


def _retained(reader: Reader, request_id: str) -> RetainedCase:
    case = reader.retained(request_id)
    if case is None:
        raise NotFound(f"There is no case {request_id}.")
    return case


def _why_not(case: RetainedCase, rules: RetentionRules) -> str:
    if case.closed_at is None:
        return f"{case.request_id} is open: nothing of it may go."
    if case.rests_on_it:
        resting = "1 open case rests" if case.rests_on_it == 1 else f"{case.rests_on_it} open cases rest"
        return f"{resting} on {case.request_id}: nothing of it may go."
    kept = [rules.kept_until(case.statute, keepsake, _closed(case).date()) for keepsake in case.keeps]
    if not kept:
        return f"Nothing of {case.request_id} is kept beside the ledger."
    first = min(kept, key=lambda each: each.last_day)
    by = f"{first.clause.statute} art. {first.clause.article}" if first.clause else "the operator's own rule"
    return f"{case.request_id} must be kept until {first.last_day} ({first.keepsake}, by {by})."
