"""With which notices each limit was counted (所据日历版本): those that were published and that the engine had by then.

A notice is published on one day and entered here on a later one, or on the same after a limit was counted. The record
says itself what the engine had: each limit names the notices that it was counted with, and each limit that was counted
again the notice that was the reason. What the engine has once it has for good.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, islice, product, takewhile
from typing import Final

from audit.released import always_had
from domain.calendar import Calendar, WorkingDays, day_of
from domain.calendar.horizon import HORIZON
from domain.engine.records import Clock, RecordedEvent
from domain.words import EventType

BY_CALENDAR: Final = "calendar:"
"""How the reason of a superseding begins that a published edition brought."""
PROVISIONAL: Final = "provisional"
"""What a limit names in the place of an edition that was counted with none: as ``domain.calendar`` says it."""
MOST_TRIED: Final = 512
"""So many calendars are tried where nothing shows which notices had been entered: a handful in an honest case."""


@dataclass(frozen=True)
class KnownThen:
    """What was known of the calendar in a step: by which day (None: every edition), and what was not entered by then.

    ``missing`` are the ids of editions that were published by that day.
    """

    day: date | None
    missing: frozenset[str] = frozenset()

    def days(self, calendar: Calendar) -> WorkingDays:
        """The working days as the step had them. Raises CalendarError as ``as_known_on`` does."""
        return calendar.as_known_on(self.day, self.missing)

    def days_or_more(self, calendar: Calendar, years: Collection[int]) -> Iterator[WorkingDays]:
        """The working days as the step may have had them: more may have been entered, with nothing yet to show it.

        A limit names the notices that bear on its own days, not those that bear on what comes after its end alone.
        Those of one year are entered in the order of their publication. ``years`` are those that matter. Raises
        CalendarError as ``as_known_on`` does.
        """
        unshown = dict[int, list[str]]()
        for edition in calendar.editions:
            if edition.id in self.missing and edition.year in years:
                unshown.setdefault(edition.year, []).append(edition.id)
        ways = product(*(range(len(names) + 1) for names in unshown.values()))
        for entered in islice(ways, MOST_TRIED):
            more = {name for names, number in zip(unshown.values(), entered, strict=True) for name in names[:number]}
            yield calendar.as_known_on(self.day, self.missing - more)


def days_left(calendar: Calendar, clock: Clock, day: date) -> int:
    """How many working days of a limit were left after a day: by the notices that it was counted with; none once over.

    A notice that came after its count, or was entered after it, would give another number than its own days add up to.
    Raises CalendarError for a day outside the calendar.
    """
    counted = calendar.as_known_on(None)
    if clock.calendar_editions or clock.calendar_edition == PROVISIONAL:
        had = _with_amended(calendar, clock.calendar_editions)
        counted = calendar.as_known_on(HORIZON.last, {each.id for each in calendar.editions} - had)
    return max(counted.working_days_between(day, clock.due_date), 0)


def known_by(calendar: Calendar, events: Sequence[RecordedEvent], day: date | None, edition: str) -> KnownThen:
    """What was known on a day after these events of a case, when it was told of an edition."""
    if day is None:
        return KnownThen(None)
    named = {edition, *(name for event in events for name in _named(event))}
    return _by(day, calendar, {*always_had(), *_with_amended(calendar, named)})


def known_then(
    calendar: Calendar, events: Sequence[RecordedEvent], all_editions: bool = False
) -> Mapping[int, KnownThen]:
    """By each event's number what was known in its step, whose last event gives the day.

    Events of one command share its key; what time alone brought has none, and then stands by itself, unless its limit
    names a notice of a later day: then it was recorded in one step with what follows by that day (all workers were
    away). ``all_editions``: a played case, which knew every one from the start.
    """
    found: dict[int, KnownThen] = {}
    had = set(always_had())
    for place, step in _steps(events):
        had |= _with_amended(calendar, {name for event in step for name in _named(event)})
        day = day_of(step[-1].at)
        if step[-1].key is None:
            day = _day_of_all(calendar, events, place)
        known = KnownThen(None) if all_editions else _by(day, calendar, had)
        found.update((event.seq, known) for event in step)
    return found


def _steps(events: Sequence[RecordedEvent]) -> Iterator[tuple[int, Sequence[RecordedEvent]]]:
    """The events step by step, as far as their keys tell, each with the place of its last."""
    place = -1
    for _, group in groupby(events, key=lambda event: event.key or event.seq):
        step = list(group)
        place += len(step)
        yield place, step


def _day_of_all(calendar: Calendar, events: Sequence[RecordedEvent], place: int) -> date:
    """The day on which the notices were known that a limit names, as far as later events without a key reach."""
    event = events[place]
    day, named = day_of(event.at), {*_named(event)}
    needed = max((edition.published for edition in calendar.editions if edition.id in named), default=day)
    if needed > day:
        later = takewhile(lambda each: each.key is None, islice(events, place + 1, None))
        day = next((on for each in later if (on := day_of(each.at)) >= needed), day)
    return day


def _by(day: date, calendar: Calendar, had: Collection[str]) -> KnownThen:
    published = (edition.id for edition in calendar.editions if edition.published <= day)
    return KnownThen(day, frozenset(name for name in published if name not in had))


def _named(event: RecordedEvent) -> Iterable[str]:
    """The editions that an event itself shows to have been known."""
    if event.clock is not None:
        yield from event.clock.calendar_editions
    if event.type is EventType.CLOCK_SUPERSEDED:
        reason = str(event.data.get("reason", ""))
        if reason.startswith(BY_CALENDAR):
            yield reason.removeprefix(BY_CALENDAR)


def _with_amended(calendar: Calendar, named: Iterable[str]) -> set[str]:
    """Whoever has an amendment has what it amends: none is entered without."""
    found = set(named)
    for edition in reversed(calendar.editions):
        if edition.id in found and edition.amends is not None:
            found.add(edition.amends)
    return found
