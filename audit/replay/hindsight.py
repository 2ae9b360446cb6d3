"""What was known of a limit then against what is known now (事后视角): the calendar may have changed since."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from domain.calendar import WorkingDays, day_of
from domain.engine.deadlines import ends_at, last_day
from domain.engine.records import Clock
from domain.words import ClockState


@dataclass(frozen=True)
class MovedLimit:
    """A limit whose last day, or certainty, is another by the calendar as it is known now.

    ``clock`` is the limit as it was known then. ``days`` is how many calendar days later the last day is now.
    ``late_then`` and ``late_now``: whether the act was late, or still missing when it was due, by either count.
    """

    clock: Clock
    due_date: date
    due_at: datetime
    provisional: bool
    days: int
    late_then: bool
    late_now: bool


def moved_since(
    clocks: Sequence[Clock], calendar: WorkingDays, at: datetime, close_of_business: time | None = None
) -> Iterator[MovedLimit]:
    """The limits of a case at an instant that are others by a later calendar.

    A limit that another has superseded is left out: what took its place says it already. Raises CalendarError outside
    the calendar's years.
    """
    for clock in clocks:
        if clock.state is not ClockState.SUPERSEDED:
            moved = counted_again(clock, calendar, at, close_of_business)
            if moved is not None:
                yield moved


def counted_again(
    clock: Clock, calendar: WorkingDays, at: datetime, close_of_business: time | None = None
) -> MovedLimit | None:
    """A limit counted again from its start; None where its last day and its certainty are the same. Raises likewise."""
    due = last_day(day_of(clock.started_at), clock.amount, clock.unit, calendar)
    due_at = ends_at(due.due_date, close_of_business)
    if (due_at, due.provisional) == (clock.due_at, clock.provisional):
        return None
    ended, counts = clock.ended_at or at, clock.state is not ClockState.CANCELLED
    return MovedLimit(
        clock=clock,
        due_date=due.due_date,
        due_at=due_at,
        provisional=due.provisional,
        days=(due.due_date - clock.due_date).days,
        late_then=counts and clock.due_at <= ended,
        late_now=counts and due_at <= ended,
    )
