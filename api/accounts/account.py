"""What a case has come through, worked out of its record: stages, limits day by day, lateness, rounds, changes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from api.disputes.standing import APART, INSTANCES, ROUNDS, said_in
from audit.dossier.documents import NamedPaper, RelatedCase, papers_named, related_cases
from audit.findings.finding import Examined, Finding
from audit.findings.late_answers import late_answers
from audit.known_editions import KnownThen, known_then
from audit.replay.case import RecordedCase
from domain.calendar import Calendar, CalendarError, DayReason, WorkingDays, day_of
from domain.engine.deadlines import COUNTED
from domain.engine.records import Clock, RecordedEvent
from domain.words import EventType, Stage, Unit

MOST_DAYS: Final = 2_000
"""So many days are told one by one, of all limits together; the latest limits go first."""


@dataclass(frozen=True)
class StagePassed:
    """A stage in which the case was, from one instant to another (None: it is there now)."""

    stage: Stage
    since: datetime
    until: datetime | None


@dataclass(frozen=True)
class CountedLimit:
    """A limit with every day from its start to its end, and why each counts; none where it is fixed to a day."""

    clock: Clock
    days: Sequence[DayReason]


@dataclass(frozen=True)
class SaidInRound:
    """What somebody said in a round: the event, and its parts by name."""

    event: RecordedEvent
    parts: Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Round:
    """What was said from one proposal to the next; number 0 is what came before the first."""

    number: int
    said: Sequence[SaidInRound]


@dataclass(frozen=True)
class Replaced:
    """Something that was put in the place of something else: a field of the application, or the last day of a limit.

    ``clock``: the limit that took another's place; ``why`` is the word for it.
    """

    event: RecordedEvent
    name: str
    before: Any
    after: Any
    clock: Clock | None = None
    why: str | None = None


@dataclass(frozen=True)
class Account:
    """A recorded case as it stands at ``now``."""

    recorded: RecordedCase
    calendar: Calendar
    now: datetime

    @cached_property
    def examined(self) -> Examined:
        """The case as findings look at it."""
        return Examined(self.recorded, self.calendar, self.now)

    def stage_before(self, event: RecordedEvent) -> Stage | None:
        """The stage in which an event of the case came; None for the filing."""
        return self.recorded.events[event.seq - 2].stage if event.seq > 1 else None

    @property
    def clocks(self) -> Sequence[Clock]:
        """Every limit as it stands, in the order in which they started."""
        return list(self.examined.case.clocks.values())

    @cached_property
    def stages(self) -> Sequence[StagePassed]:
        """The stages in the order in which the case came through them."""
        turns = [event for before, event in _pairs(self.recorded.events) if not before or before.stage != event.stage]
        ends = [event.at for event in turns[1:]]
        return [
            StagePassed(event.stage, event.at, until)
            for event, until in zip(turns, [*ends, None], strict=True)
            if event.stage is not Stage.CLOSED
        ]

    @cached_property
    def late(self) -> Sequence[Finding]:
        """Each limit of a text, or of a decision, whose act came late or has not come: whose it was, how many days."""
        return list(late_answers(self.examined))

    @cached_property
    def counted(self) -> Mapping[int, CountedLimit]:
        """The limits by their numbers, as far as there is room each with all of its days."""
        found, left = dict[int, CountedLimit](), MOST_DAYS
        for clock in reversed(self.clocks):
            days = self._days(clock) if (clock.due_date - day_of(clock.started_at)).days < left else ()
            left -= len(days)
            found[clock.number] = CountedLimit(clock, days)
        return dict(sorted(found.items()))

    @cached_property
    def _known(self) -> Mapping[int, KnownThen]:
        return known_then(self.calendar, self.recorded.events)

    def _days(self, clock: Clock) -> Sequence[DayReason]:
        if clock.unit is Unit.DATE:
            return ()
        known = self._known[self.examined.started_by(clock).seq].days(self.calendar)
        # A case played with all editions knew more than its day did.
        for days in (known, self.calendar.as_known_on(None)):
            rows = _explained(days, clock)
            if rows and rows[-1].day == clock.due_date:
                return rows
        return ()

    @cached_property
    def rounds(self) -> Sequence[Round]:
        """What each side said while departments differed."""
        found: list[list[SaidInRound]] = [[]]
        for before, event in _pairs(self.recorded.events):
            if event.type in ROUNDS:
                found.append([])
            disputed = event.stage in self._disputing or (before is not None and before.stage in self._disputing)
            parts = list(said_in(event))
            if disputed and event.type not in APART and (parts or event.type is EventType.TERMS_AGREED):
                found[-1].append(SaidInRound(event, parts))
        return [Round(number, said) for number, said in enumerate(found) if said]

    @cached_property
    def _disputing(self) -> frozenset[Stage]:
        """The stages in which departments differ: those that an instance's limit measures."""
        stages = self.recorded.procedure.process.stages
        return frozenset(it.stage for it in stages if any(clock in it.limits for clock in INSTANCES))

    @cached_property
    def changes(self) -> Sequence[Replaced]:
        """What was put in the place of something else, in order."""
        return sorted([*self._corrected(), *self._moved()], key=lambda change: change.event.seq)

    def _corrected(self) -> Iterator[Replaced]:
        there = dict(self.recorded.application)
        for event in self.recorded.events:
            changed = event.data.get("changed")
            if isinstance(changed, Mapping):
                yield from (Replaced(event, name, there.get(name), value) for name, value in changed.items())
                there.update(changed)

    def _moved(self) -> Iterator[Replaced]:
        clocks = self.examined.case.clocks
        for clock in clocks.values():
            before = clocks.get(clock.supersedes or 0)
            if before is not None:
                event = self.examined.started_by(clock)
                told = self.examined.told_by(before, EventType.CLOCK_SUPERSEDED)
                why = str(told.data.get("reason", "")) if told else None
                yield Replaced(event, "due_date", before.due_date, clock.due_date, clock, why)

    @cached_property
    def papers(self) -> Sequence[NamedPaper]:
        """The papers that the case names, each once."""
        named = papers_named(self.recorded.application, self.recorded.events)
        return list({(paper.name, paper.sha256): paper for paper in reversed(list(named))}.values())[::-1]

    @cached_property
    def related(self) -> Sequence[RelatedCase]:
        """The other cases that it names."""
        return list(related_cases(self.recorded.application, self.recorded.events))


def _explained(days: WorkingDays, clock: Clock) -> Sequence[DayReason]:
    try:
        return list(days.explain(day_of(clock.started_at), clock.amount, COUNTED[clock.unit]))
    except CalendarError:
        return ()


def _pairs(events: Sequence[RecordedEvent]) -> Iterator[tuple[RecordedEvent | None, RecordedEvent]]:
    """Each event with the one before it."""
    return zip([None, *events], events, strict=False)


def stays_until(passed: StagePassed, now: datetime) -> datetime:
    """Until when a stage is drawn: its end, or now."""
    return passed.until or max(now, passed.since + timedelta(microseconds=1))
