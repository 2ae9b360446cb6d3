"""Whether what a case was answered of the calendar is what the calendar gives: warnings, ladders, limits that moved.

A history has these answers from the ledger and from an activity. How a deadline itself is counted is checked elsewhere.
"""

from collections.abc import Iterator, Mapping

from audit.known_editions import KnownThen, known_by, known_then
from audit.verification.record import CaseRecord
from audit.verification.replayed import HeardRecount, Replayed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import CalendarError, day_of
from domain.engine.deadlines import resolve
from domain.engine.records import Clock, ClockOrder


def check_calendar_answers(
    record: CaseRecord, ordered: Mapping[int, ClockOrder], replayed: Replayed, all_editions: bool
) -> None:
    """Each limit warns and climbs when it must, and each recount gave what it must.

    ``ordered``: the orders by the number of the event that starts the limit. ``all_editions``: a played case that knew
    every edition from the start. Raises DecidesOtherwise.
    """
    known = known_then(record.calendar, record.events, all_editions)
    for event in record.events:
        if event.clock is not None and event.seq in ordered:
            order = ordered[event.seq]
            again = _counted(record, order, event.clock, known[event.seq])
            if not any((event.clock.warn_at, event.clock.rungs) == (clock.warn_at, clock.rungs) for clock in again):
                raise DecidesOtherwise(
                    f"event {event.seq}: the warnings and the ladder of {order.id.value} do not come when they must",
                    order.article,
                )
    for heard in replayed.recounts:
        _check_recount(record, heard)


def _check_recount(record: CaseRecord, heard: HeardRecount) -> None:
    """A notice moved the limits that it was asked about as it must. Raises DecidesOtherwise."""
    orders = heard.recount.orders
    if [order.number for order in orders] != [clock.number for clock in heard.answer]:
        raise DecidesOtherwise(f"for {heard.edition} the history counts other limits again than it was asked to")
    known = known_by(record.calendar, record.events[: heard.head], heard.recount.known_on, heard.edition)
    for order, answered in zip(orders, heard.answer, strict=True):
        again = _counted(record, order, answered, known)
        if not any((answered.due_at, answered.provisional) == (clock.due_at, clock.provisional) for clock in again):
            raise DecidesOtherwise(
                f"{heard.edition} does not give {order.id.value} the last day that the history has", order.article
            )


def _counted(record: CaseRecord, order: ClockOrder, said: Clock, known: KnownThen) -> Iterator[Clock]:
    """A limit, by all that the engine may have known of the calendar."""
    last = max([said.due_date, *(day_of(rung.at) for rung in said.rungs)])
    years = range(day_of(order.started_at).year, last.year + 1)
    try:
        for days in known.days_or_more(record.calendar, years):
            yield resolve(order, days, record.policy.close_of_business)
    except CalendarError:
        return
