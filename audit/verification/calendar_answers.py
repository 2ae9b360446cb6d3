"""Whether what a case was answered of the calendar is what the calendar gives: warnings, ladders, limits that moved.

A history has these answers from the ledger and from an activity. How a deadline itself is counted is checked elsewhere.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import date, timedelta
from typing import NamedTuple

from audit.verification.record import CaseRecord
from audit.verification.replayed import Replayed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import Calendar, CalendarError, WorkingDays
from domain.engine.deadlines import resolve
from domain.engine.records import Clock, ClockOrder


class Ordered(NamedTuple):
    """A limit as the case has ordered it, and the day whose knowledge of the calendar counted (None: all editions)."""

    order: ClockOrder
    known_on: date | None


def check_calendar_answers(record: CaseRecord, ordered: Mapping[int, Ordered], replayed: Replayed) -> None:
    """Each limit warns and climbs when it must, and each recount gave what it must.

    ``ordered``: the orders by the number of the event that starts the limit. Raises DecidesOtherwise.
    """
    for event in record.events:
        if event.clock is not None and event.seq in ordered:
            order, known_on = ordered[event.seq]
            again = [_counted(order, days, record) for days in _known(record.calendar, known_on)]
            if (event.clock.warn_at, event.clock.rungs) not in [
                (clock.warn_at, clock.rungs) for clock in again if clock
            ]:
                raise DecidesOtherwise(
                    f"event {event.seq}: the warnings and the ladder of {order.id.value} do not come when they must",
                    order.article,
                )
    for heard in replayed.recounts:
        days_then = list(_known(record.calendar, heard.recount.known_on, heard.edition))
        numbers = [[each.number for each in listed] for listed in (heard.recount.orders, heard.answer)]
        if numbers[0] != numbers[1]:
            raise DecidesOtherwise(f"for {heard.edition} the history counts other limits again than it was asked to")
        for order, answered in zip(heard.recount.orders, heard.answer, strict=True):
            again = [_counted(order, days, record) for days in days_then]
            if (answered.due_at, answered.provisional) not in [(c.due_at, c.provisional) for c in again if c]:
                raise DecidesOtherwise(
                    f"{heard.edition} does not give {order.id.value} the last day that the history has", order.article
                )


def _counted(order: ClockOrder, days: WorkingDays, record: CaseRecord) -> Clock | None:
    try:
        return resolve(order, days, record.policy.close_of_business)
    except CalendarError:
        return None


def _known(calendar: Calendar, day: date | None, edition: str | None = None) -> Iterator[WorkingDays]:
    """The calendars that the engine may have had on a day: an edition can be entered later than it is published.

    Those with ``edition``, where one is named.
    """
    with suppress(CalendarError):
        yield calendar.as_known_on(day)
    for later in reversed(calendar.editions):
        if later.id == edition:
            return
        if day is not None and later.published <= day:
            try:
                yield calendar.as_known_on(later.published - timedelta(days=1))
            except CalendarError:
                return
