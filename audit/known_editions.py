"""With which notices each limit was counted (所据日历版本): those that were published and that the engine had by then.

A notice is published on one day and entered here on a later one, or on the same after a limit was counted. The record
says itself what the engine had: each limit names the notices that it was counted with, and each limit that was counted
again the notice that was the reason. What the engine has once it has for good.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Final

from audit.released import always_had
from domain.calendar import Calendar, WorkingDays, day_of
from domain.engine.records import RecordedEvent
from domain.words import EventType

BY_CALENDAR: Final = "calendar:"
"""How the reason of a superseding begins that a published edition brought."""


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


def known_then(
    calendar: Calendar, events: Sequence[RecordedEvent], all_editions: bool = False
) -> Mapping[int, KnownThen]:
    """By each event's number what was known in its step, whose last event gives the day.

    Events of one command share its key; what time alone brought has none, and then stands by itself.
    ``all_editions``: a played case, which knew every one from the start.
    """
    found: dict[int, KnownThen] = {}
    had = set(always_had())
    for _, group in groupby(events, key=lambda event: event.key or event.seq):
        step = list(group)
        had |= _with_amended(calendar, {name for event in step for name in _named(event)})
        known = KnownThen(None) if all_editions else _by(day_of(step[-1].at), calendar, had)
        found.update((event.seq, known) for event in step)
    return found


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


def _with_amended(calendar: Calendar, named: Collection[str]) -> set[str]:
    """Whoever has an amendment has what it amends: none is entered without."""
    found = set(named)
    for edition in reversed(calendar.editions):
        if edition.id in found and edition.amends is not None:
            found.add(edition.amends)
    return found
