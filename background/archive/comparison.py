"""Comparing Temporal, the ledger and the archive (对账): what is missing in one of them, or different.

Nothing here writes to a case. Findings are checked once more before they are reported, because cases change meanwhile;
steps that may still be in progress are left out.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from background.archive.altered import altered_cases
from background.archive.differing import Alteration, CompareFinding, Discrepancy
from background.archive.kept import kept_otherwise
from background.archive.lacking import Lacking, Older
from background.archive.papers import PaperThere, papers_missing
from background.archive.store import HistoryArchive
from ledger.engine import Engine
from ledger.queries.acts import settled_of
from ledger.queries.archive import ArchivedRun, archived_runs
from ledger.queries.compared import (
    ComparedCase,
    archived_of,
    compared_case,
    compared_cases,
    digest_of,
    latest_compared,
    recorded_after,
)
from ledger.queries.retention import histories_disposed_of
from ledger.queries.standing import lost_messages
from ledger.reader import Reader
from protocol.asking import WorkflowGone
from protocol.connecting import TemporalClient
from protocol.histories import (
    RUNNING,
    ListedRun,
    ToldRun,
    all_runs,
    state_of_latest,
    told_run,
)

PAGE: Final = 200
AT_ONCE: Final = 8
QUIET: Final = timedelta(minutes=1)
ARCHIVED_WITHIN: Final = timedelta(minutes=10)


_OTHER_EVENTS: Final = (Discrepancy.BEHIND, Discrepancy.REWRITTEN)
"""What is told where events are not those that a history was told: once of a case, and nothing else of its row."""


@dataclass
class Comparison:
    """One comparison of a whole ledger. ``quick``: without reading histories that both have, or events of the ledger.

    ``compared`` counts the cases that were looked at, ``on_their_way`` those that may be in the middle of a step: the
    ledger has it, and their history does not say so yet.
    """

    client: TemporalClient
    reader: Reader
    archive: HistoryArchive
    quick: bool = False
    quiet: timedelta = QUIET
    within: timedelta = ARCHIVED_WITHIN
    paper_there: PaperThere | None = None
    compared: int = 0
    on_their_way: int = 0
    _runs: dict[str, ListedRun] = field(default_factory=dict)

    @property
    def engine(self) -> Engine:
        """The compared ledger."""
        return self.reader.engine

    async def findings(self) -> AsyncIterator[CompareFinding]:
        """What is found, as it is found: the cases of the ledger by their ids, and then what Temporal alone has.

        Raises one of TEMPORAL_FAILED, of ``ledger.failures.DATABASE_FAILED``, or OSError where one does not answer.
        """
        async for run in all_runs(self.client):
            there = self._runs.get(run.request_id)
            if there is None or run.started_at > there.started_at:
                self._runs[run.request_id] = run
        after = ""
        while page := await asyncio.to_thread(compared_cases, self.engine, after, PAGE):
            after = page[-1].request_id
            self.compared += len(page)
            for found in await self._page(page):
                yield found
        for run in self._runs.values():
            if await self._is_extra(run):
                yield await self._extra(run)

    async def of_latest(self, number: int) -> list[CompareFinding]:
        """What differs with so many of the newest runs of Temporal and of the cases that the ledger wrote last.

        Enough to tell whether one of the two is older than the other. Raises as :meth:`findings`.
        """
        found = list[CompareFinding]()
        async for run in all_runs(self.client, number):
            case = await asyncio.to_thread(compared_case, self.engine, run.request_id)
            if case is not None and case.closed_at is None:
                self._runs[run.request_id] = run
            elif await self._is_extra(run):
                found.append(await self._extra(run))
        latest = await asyncio.to_thread(latest_compared, self.engine, number)
        known = [await asyncio.to_thread(compared_case, self.engine, request_id) for request_id in self._runs]
        looked_at = {case.request_id: case for case in (*latest, *known) if case is not None}
        for case in looked_at.values():
            found += await self._differences(case, False)
        return found

    async def _page(self, page: Sequence[ComparedCase]) -> list[CompareFinding]:
        listed = {case.request_id: self._runs.pop(case.request_id, None) for case in page}
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(case: ComparedCase) -> list[CompareFinding]:
            async with gate:
                return await self._states(case, listed[case.request_id])

        found = [each for some in await asyncio.gather(*map(one, page)) for each in some]
        archived = await asyncio.to_thread(archived_of, self.engine, [case.request_id for case in page])
        gone = await asyncio.to_thread(histories_disposed_of, self.engine, [case.request_id for case in page])
        left = [(case, archived.get(case.request_id, [])) for case in page if case.request_id not in gone]
        kept = await asyncio.to_thread(lambda: [each for case, runs in left for each in self._kept(case, runs)])
        if self.quick:
            return found + kept
        these = [case.request_id for case in page]
        found = _once_of_a_case([*found, *kept, *await asyncio.to_thread(unlike_the_log, self.reader, these)])
        spoilt = {each.request_id for each in found if each.kind in _OTHER_EVENTS}
        return found + await asyncio.to_thread(self.as_events_give, [each for each in these if each not in spoilt])

    def _kept(self, case: ComparedCase, runs: Sequence[ArchivedRun]) -> list[CompareFinding]:
        return kept_otherwise(self.engine, self.archive, case, runs, within=self.within, quick=self.quick)

    async def _states(self, case: ComparedCase, run: ListedRun | None) -> list[CompareFinding]:
        """The differences between ledger and Temporal in one case: whether it is open, and its events."""
        if run is None and case.closed_at is not None:
            return []  # Temporal's retention has deleted it
        open_here, open_there = case.closed_at is None, run is not None and run.state == RUNNING
        return await self._differences(case, open_here == open_there)

    async def _differences(self, case: ComparedCase, both_open_or_not: bool) -> list[CompareFinding]:
        """The differences of one case. If one side has ended only because the other is older, that is reported."""
        ended = None if both_open_or_not else await self._really_differs(case.request_id)
        if self.quick or (ended is not None and ended.kind is Discrepancy.MISSING):
            return [ended] if ended else []
        heads = await self._heads(case)
        if ended is not None and (not heads or (ended.kind, heads[0].kind) == (Discrepancy.ENDED, Discrepancy.AHEAD)):
            return [ended]
        return heads

    async def _really_differs(self, request_id: str) -> CompareFinding | None:
        """The difference in being open, checked again: Temporal's list lags, and the case may have changed."""
        case = await asyncio.to_thread(compared_case, self.engine, request_id)
        assert case is not None, "cases stay in the ledger"
        try:
            state = await state_of_latest(self.client, case.workflow_id)
        except WorkflowGone:
            return await asyncio.to_thread(_missing, self.engine, case) if case.closed_at is None else None
        if case.closed_at is None and state != RUNNING:
            case = await asyncio.to_thread(compared_case, self.engine, request_id)
            if case is not None and case.closed_at is None:
                said = f"The case is open in the ledger; its workflow has ended ({state})."
                return CompareFinding(Discrepancy.ENDED, request_id, said)
        elif case.closed_at is not None and state == RUNNING and self._is_quiet(case):
            said = "The case is closed in the ledger; its workflow still runs."
            return CompareFinding(Discrepancy.RUNNING, request_id, said)
        return None

    async def _heads(self, case: ComparedCase) -> list[CompareFinding]:
        """Differences between the events in the history and those in the ledger."""
        try:
            told = await told_run(self.client, case.workflow_id)
        except WorkflowGone:
            return []
        if told is None or not told.heads:
            return []
        now = await asyncio.to_thread(compared_case, self.engine, case.request_id)
        assert now is not None, "cases stay in the ledger"
        found = await asyncio.to_thread(_difference, self.engine, now, told)
        if found is not None and found.kind is Discrepancy.AHEAD and not self._is_quiet(now):
            self.on_their_way += 1
            return []
        return [found] if found else []

    def _is_quiet(self, case: ComparedCase) -> bool:
        return case.updated_at < datetime.now(UTC) - self.quiet

    def of_one(self, request_id: str) -> list[CompareFinding]:
        """What differs in one case and Temporal need not be asked about. Blocks; raises as :meth:`findings`."""
        case = compared_case(self.engine, request_id)
        if case is None:
            return []
        gone = histories_disposed_of(self.engine, [request_id])
        kept = [] if gone else self._kept(case, archived_runs(self.engine, request_id))
        return self.as_events_give([request_id]) + kept

    def as_events_give(self, these: Sequence[str]) -> list[CompareFinding]:
        """Whether what everybody reads of these cases is what their events give, and was told to the outside."""
        altered = [
            CompareFinding(Discrepancy.ALTERED, request_id, _altered_said(found), alterations=tuple(found))
            for request_id, found in altered_cases(self.engine, these)
        ]
        return [*altered, *unsent(self.engine, these), *papers_missing(self.reader, these, self.paper_there)]

    async def _extra(self, run: ListedRun) -> CompareFinding:
        """A case that Temporal alone has, or one whose filing nobody has recorded yet: its history tells which."""
        said = f"Temporal carries a case ({run.state}) that the ledger does not have."
        try:
            told = await told_run(self.client, run.workflow_id)
        except WorkflowGone:
            told = None
        if told is not None and not told.heads and run.state == RUNNING:
            said = "Its filing waits to be recorded: the ledger has nothing of it yet, and nobody was told that it has."
            return CompareFinding(Discrepancy.UNRECORDED, run.request_id, said)
        by_listing = Lacking(Older.LEDGER, 1, run.started_at, run.started_at, whole=True)
        lacking = _of_ledger(told, 0) if told and told.heads else by_listing
        return CompareFinding(Discrepancy.EXTRA, run.request_id, said, lacking=lacking)

    async def _is_extra(self, run: ListedRun) -> bool:
        """Whether it is a case at all, not a filing that was refused, and one that the ledger does not have by now.

        One that has just begun may be on its way; not where its history was told that the ledger has it.
        """
        if run.state not in (RUNNING, "completed") or await self._is_known(run):
            return False
        if run.started_at <= datetime.now(UTC) - self.quiet:
            return True
        with suppress(WorkflowGone):
            told = await told_run(self.client, run.workflow_id)
            return told is not None and bool(told.heads) and not await self._is_known(run)
        return False

    async def _is_known(self, run: ListedRun) -> bool:
        return await asyncio.to_thread(compared_case, self.engine, run.request_id) is not None


def _altered_said(found: Sequence[Alteration]) -> str:
    return f"Its row is not what its events give: {'; '.join(each.says for each in found)}."


def _once_of_a_case(found: Sequence[CompareFinding]) -> list[CompareFinding]:
    """Of several findings that tell of one case that its events are others, the first alone."""
    first = {each.request_id: each for each in reversed(found) if each.kind in _OTHER_EVENTS}
    return [each for each in found if each.kind not in _OTHER_EVENTS or each is first[each.request_id]]


def unlike_the_log(reader: Reader, these: Sequence[str]) -> list[CompareFinding]:
    """Of which of these cases an event is not the one that the log has."""
    said = "Event {seq} of the ledger is not the one that was entered in the log: it was changed since."
    changed = reader.log.changed_since(these).items()
    return [CompareFinding(Discrepancy.REWRITTEN, case, said.format(seq=seq)) for case, seq in changed]


def unsent(engine: Engine, these: Sequence[str]) -> Iterator[CompareFinding]:
    """Of which events of these cases the outbox has no message, but for those that an act has settled."""
    settled = settled_of(engine, Discrepancy.UNSENT, these)
    for lost in lost_messages(engine, these):
        left = tuple(seq for seq in lost.events if seq not in settled.get(lost.request_id, ()))
        if left:
            said = f"The outbox has no message of {len(left)} of its events, of {left[0]} to {left[-1]}."
            yield CompareFinding(Discrepancy.UNSENT, lost.request_id, said, of=left)


def _missing(engine: Engine, case: ComparedCase) -> CompareFinding:
    """The finding of a case that Temporal does not have."""
    said = "The ledger has an open case; Temporal has no workflow of it."
    after = recorded_after(engine, case.request_id, 0)
    lacking = Lacking(Older.TEMPORAL, after.calls, after.first_at, after.last_at, whole=True)
    return CompareFinding(Discrepancy.MISSING, case.request_id, said, lacking=lacking)


def _difference(engine: Engine, case: ComparedCase, told: ToldRun) -> CompareFinding | None:
    """How what the ledger has of a case differs from what it has told a run of it."""
    request_id, head = case.request_id, told.head
    here = digest_of(engine, request_id, head.seq)
    if here is None:
        said = f"The ledger has {case.seq} events; the history decides {head.seq}."
        return CompareFinding(Discrepancy.BEHIND, request_id, said, lacking=_of_ledger(told, case.seq))
    if here != head.digest:
        said = f"Event {head.seq} of the ledger has another digest than the history was told: it was changed since."
        return CompareFinding(Discrepancy.REWRITTEN, request_id, said)
    if case.seq > head.seq:
        said = f"The ledger has {case.seq} events; the history knows of {head.seq}."
        after = recorded_after(engine, request_id, head.seq)
        lacking = Lacking(Older.TEMPORAL, after.calls, after.first_at, after.last_at)
        return CompareFinding(Discrepancy.AHEAD, request_id, said, lacking=lacking)
    return None


def _of_ledger(told: ToldRun, seq: int) -> Lacking | None:
    """What the ledger lacks of what it once told a run, after event ``seq``; None where it is not older, but spoilt."""
    at = [head.at for head in told.heads if head.seq > seq]
    calls = sum(call > seq for call in told.calls)
    return Lacking(Older.LEDGER, calls, min(at), max(at), whole=seq == 0) if at else None
