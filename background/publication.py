"""Publishing a calendar edition (发布日历): every case with a running clock that it changes is told.

Nothing is decided here. Clocks that are still wrong are read from the ledger repeatedly until there are none; the case
itself supersedes them, and a case with nothing to change writes nothing. So a publication may be interrupted anywhere,
restarted, or even run twice at once, and each clock is superseded once.

If several editions are published, each is given as the reason for the clocks that it moves itself; a clock moved only
by editions that others are publishing is left to them.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from background.alone import done_alone
from domain.calendar import CHINA, Calendar
from domain.engine.recount import ClockChange, change_of
from ledger.calendar_store import CalendarStore
from ledger.engine import Engine
from ledger.failures import DATABASE_FAILED
from ledger.queries.calendars import (
    OpenClock,
    Place,
    abandoned_publication,
    counted_with,
    editions_under_way,
    note_progress,
    note_seen,
    open_clocks,
    open_clocks_of,
    place_of,
    publication,
)
from protocol.asking import TEMPORAL_FAILED, WorkflowGone, tell_of_calendar
from protocol.connecting import TemporalClient
from protocol.messages import CalendarNews

log = logging.getLogger("shareflow.publication")

PAGE = 500
IN_HAND = 200
"""The most cases told at a time that have not answered yet. People's commands wait in the same queues, and so behind
at most this many."""
SIGNALS_AT_ONCE = 16
LOOK_EVERY = 0.1
PATIENCE_FOR_ONE = 30.0
"""Seconds after which a case that does not answer is left for the next round: its worker died, or it is parked."""
ROUNDS_WITHOUT_PROGRESS = 3
NOTED_EVERY = 5.0
ABANDONED_AFTER = timedelta(seconds=20)
LOOKED_FOR_EVERY = 15.0
LONGEST_PAUSE = 3600.0
PUT_RIGHT_EVERY = 3600.0
PUBLICATION = "publication"
"""The lease of the publishing process; even if two publish at once, each clock is superseded once."""
AWAY = (*DATABASE_FAILED, *TEMPORAL_FAILED)
"""The errors of a database or a server that does not answer."""
GONE = "workflow_missing"
SILENT = "no_answer"


@dataclass
class Progress:
    """The progress of a publication in this process. ``left``: cases still to be corrected, with the reason."""

    told: int = 0
    cases_done: int = 0
    rounds: int = 0
    left: dict[str, str] = field(default_factory=dict)
    finished: bool = False


Tell = Callable[[Progress], None]


def _quiet(_: Progress) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True)
class Yardstick:
    """The calendar to which running clocks are compared, and the editions being published here and by others."""

    calendar: Calendar
    edition: str
    others: frozenset[str]
    now: datetime

    def wrong(self, page: Iterable[OpenClock]) -> list[OpenClock]:
        """The clocks that have to be superseded."""
        changes = ((clock, self._change(clock)) for clock in page)
        return [clock for clock, change in changes if change is not None and change.superseded]

    def is_ours(self, clock: OpenClock, counted: Collection[str]) -> bool:
        """Whether a wrong clock, counted with these editions, is for this publication and not for another one."""
        return self._moved_by(self.edition, clock, counted) or not any(
            self._moved_by(other, clock, counted) for other in self.others
        )

    def _moved_by(self, edition: str, clock: OpenClock, counted: Collection[str]) -> bool:
        return edition not in counted and self._change(clock, {edition}) != self._change(clock)

    def _change(self, clock: OpenClock, without: Collection[str] = ()) -> ClockChange | None:
        return change_of(clock.limit, self.calendar.as_known_on(self.now.date(), without), self.now)


@dataclass
class Publisher:
    """Publishes an edition, in force since an instant; used by the process that holds the lease."""

    client: TemporalClient
    engine: Engine
    calendar: CalendarStore
    edition: str
    since: datetime
    tell: Tell = _quiet
    progress: Progress = field(default_factory=Progress)
    _waiting: dict[str, float] = field(default_factory=dict)
    _noted: float = 0.0

    async def until_done(self, within: timedelta) -> Progress:
        """Work until no clock is left for this publication, there is no more progress, or the time is up.

        Waits for a database or server that does not answer for a moment.
        """
        deadline = time.monotonic() + within.total_seconds()
        idle = 0
        while idle < ROUNDS_WITHOUT_PROGRESS and time.monotonic() < deadline:
            before = self.progress.cases_done
            try:
                await self._round(deadline)
                if self.progress.finished:
                    break
            except AWAY as error:
                log.warning("the publication waits", extra={"error": f"{type(error).__name__}: {error}"})
                await asyncio.sleep(1)
                continue
            idle = 0 if self.progress.cases_done > before else idle + 1
        return self.progress

    async def _round(self, deadline: float) -> None:
        """Tell every case with a clock to supersede, and wait for each. None: the publication is finished."""
        progress = self.progress
        progress.rounds += 1
        progress.left = {}
        self._waiting.clear()
        yardstick = await self._yardstick()
        found = False
        async for page in self._pages():
            for batch in _in_batches(await self._to_tell(page, yardstick)):
                found = True
                await self._tell_batch(batch)
            if time.monotonic() > deadline:
                break
        await self._room_for(IN_HAND)
        if not found:
            await asyncio.to_thread(note_progress, self.engine, self.edition, True)
            progress.finished = True
        self.tell(progress)

    async def _yardstick(self) -> Yardstick:
        # Read the calendar first: an edition stored later is not in it; one stored before is listed as under way.
        calendar = await asyncio.to_thread(self.calendar.now)
        others = await asyncio.to_thread(editions_under_way, self.engine) - {self.edition}
        return Yardstick(calendar, self.edition, others, datetime.now(CHINA))

    async def _to_tell(self, page: Iterable[OpenClock], yardstick: Yardstick) -> dict[str, str]:
        """The workflows of cases with a clock that this publication must have superseded."""
        wrong = yardstick.wrong(page)
        if wrong and yardstick.others:
            counted = await asyncio.to_thread(counted_with, self.engine, wrong)
            wrong = [clock for clock in wrong if yardstick.is_ours(clock, counted[clock.request_id, clock.number])]
        return {clock.request_id: clock.workflow_id for clock in wrong}

    async def _pages(self) -> AsyncIterator[tuple[OpenClock, ...]]:
        after: Place | None = None
        while True:
            page = await asyncio.to_thread(open_clocks, self.engine, after, PAGE)
            yield page
            await self._note()
            if len(page) < PAGE:
                return
            after = place_of(page[-1])

    async def _tell_batch(self, batch: dict[str, str]) -> None:
        fresh = {
            request_id: workflow_id
            for request_id, workflow_id in batch.items()
            if request_id not in self._waiting and request_id not in self.progress.left
        }
        await self._room_for(len(fresh))
        now = time.monotonic()
        self._waiting.update(dict.fromkeys(fresh, now))
        await asyncio.gather(*(self._signal(request_id, name) for request_id, name in fresh.items()))

    async def _signal(self, request_id: str, workflow_id: str) -> None:
        news = CalendarNews(edition=self.edition, published_at=self.since)
        try:
            await tell_of_calendar(self.client, workflow_id, news)
            self.progress.told += 1
        except WorkflowGone:  # closed meanwhile, as the ledger will show, or it never existed
            self._waiting.pop(request_id, None)
            self.progress.left[request_id] = GONE

    async def _room_for(self, number: int) -> None:
        """Wait until more cases may be told, because earlier ones are done or left for the next round."""
        while self._waiting and len(self._waiting) + number > IN_HAND:
            rest = await asyncio.to_thread(open_clocks_of, self.engine, list(self._waiting))
            wrong = await self._to_tell(rest, await self._yardstick())
            done = [request_id for request_id in self._waiting if request_id not in wrong]
            late = time.monotonic() - PATIENCE_FOR_ONE
            silent = [request_id for request_id in wrong if self._waiting[request_id] < late]
            self.progress.cases_done += len(done)
            self.progress.left.update(dict.fromkeys(silent, SILENT))
            for request_id in (*done, *silent):
                del self._waiting[request_id]
            await self._note()
            if not done:
                await asyncio.sleep(LOOK_EVERY)

    async def _note(self) -> None:
        """Record that this process is working, and report the progress."""
        self.tell(self.progress)
        if time.monotonic() - self._noted > NOTED_EVERY:
            self._noted = time.monotonic()
            await asyncio.to_thread(note_seen, self.engine, self.edition)


def _in_batches(targets: dict[str, str]) -> Iterable[dict[str, str]]:
    names = list(targets)
    for first in range(0, len(names), SIGNALS_AT_ONCE):
        yield {name: targets[name] for name in names[first : first + SIGNALS_AT_ONCE]}


async def carry_out(
    client: TemporalClient,
    engine: Engine,
    calendar: CalendarStore,
    edition: str,
    within: timedelta,
    tell: Tell = _quiet,
) -> Progress:
    """Finish the publication of a stored edition, or watch the process that does, for a limited time."""
    deadline = time.monotonic() + within.total_seconds()
    progress = Progress()
    while time.monotonic() < deadline:
        left = timedelta(seconds=deadline - time.monotonic())
        try:
            async with done_alone(engine, PUBLICATION) as turn:
                there = await asyncio.to_thread(publication, engine, edition)
                if there is None:
                    raise ValueError(f"edition {edition} is not stored here")
                if turn.mine:
                    publishing = Publisher(client, engine, calendar, there.edition, there.stored_at, tell, progress)
                    return await publishing.until_done(left)
            if there.finished_at is not None:
                progress.finished = True
                return progress
        except AWAY as error:
            log.warning("the publication waits", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(1)
    return progress


async def put_right(client: TemporalClient, engine: Engine, calendar: CalendarStore, within: timedelta) -> Progress:
    """Supersede every running clock that the calendar in force counts differently, whatever the source of its editions.

    Such clocks exist after a new version of Shareflow brings a notice, or if a filing was in progress when one was
    published. The newest edition is given as the reason. So nothing is done as long as a publication is unfinished,
    even if its publisher has died: whoever takes it over gives its own edition as the reason.
    """
    async with done_alone(engine, PUBLICATION) as turn:
        newest = (await asyncio.to_thread(calendar.now)).editions[-1].id
        if not turn.mine or await asyncio.to_thread(abandoned_publication, engine, timedelta()) is not None:
            return Progress()
        return await Publisher(client, engine, calendar, newest, datetime.now(CHINA)).until_done(within)


async def keep_publishing(client: TemporalClient, engine: Engine, calendar: CalendarStore) -> None:
    """Until cancelled, finish abandoned publications, and every hour correct clocks that lag behind.

    A publication is abandoned if its publisher died or cases could not answer. After an incomplete try the next one
    waits longer, up to an hour.
    """
    pause, looked = LOOKED_FOR_EVERY, -PUT_RIGHT_EVERY
    while True:
        await asyncio.sleep(pause)
        try:
            there = await asyncio.to_thread(abandoned_publication, engine, ABANDONED_AFTER)
            if there is not None:
                progress = await carry_out(client, engine, calendar, there.edition, timedelta(hours=1))
                pause = LOOKED_FOR_EVERY if progress.finished else min(pause * 2, LONGEST_PAUSE)
                log.warning(
                    "a publication was taken over", extra={"edition": there.edition, "finished": progress.finished}
                )
            elif time.monotonic() - looked > PUT_RIGHT_EVERY:
                looked, pause = time.monotonic(), LOOKED_FOR_EVERY
                progress = await put_right(client, engine, calendar, timedelta(hours=1))
                if progress.told:
                    log.warning(
                        "limits were put right", extra={"cases": progress.cases_done, "left": sorted(progress.left)}
                    )
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever fails in the database or the server, the next look may succeed
            log.warning("taking over publications postponed", extra={"error": f"{type(error).__name__}: {error}"})
