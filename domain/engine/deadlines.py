"""Turns an ordered clock into a running one: the calendar is asked once and its answer is stored with the clock."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from domain.calendar import CHINA, Due, WorkingDays, day_of, end_of
from domain.calendar import Unit as CountedUnit
from domain.engine.records import Clock, ClockOrder, Rung
from domain.words import Unit

WARNING_HOUR = time(9, 0)
"""Warnings are for people: they come at the opening of office hours, not at midnight."""
COUNTED: Mapping[Unit, CountedUnit] = {Unit.WORKING_DAY: "working_day", Unit.MONTH: "month", Unit.DAY: "day"}
"""The units that are counted with the calendar."""
SATURDAY = 5
NEAR_THE_END = timedelta(days=731)
"""No rung of a ladder is further from its limit."""
NO_EDITION = "none"
"""The edition recorded for a limit that was not computed from a calendar."""


def resolve(order: ClockOrder, calendar: WorkingDays, close_of_business: time | None = None) -> Clock:
    """The clock with its last day, the instant that day ends, its warnings and its ladder.

    The day of ``started_at`` (Asia/Shanghai) is day 0. A limit fixed to a day can always be recorded, however far away
    that day is. Raises ``CalendarError`` for a counted limit that leaves the years of the calendar.
    """
    start = day_of(order.started_at)
    due = last_day(start, order.amount, order.unit, calendar)
    due_at = ends_at(due.due_date, close_of_business)
    said = {name: getattr(order, name) for name in type(order).model_fields if name not in ("warn_before", "ladder")}
    return Clock(
        **said,
        due_date=due.due_date,
        due_at=due_at,
        provisional=due.provisional,
        calendar_edition=due.edition,
        calendar_editions=due.editions,
        warn_at=_warnings(order, calendar, due.due_date),
        rungs=tuple(
            Rung(level=step.level, at=_rung_at(calendar, due.due_date, due_at, step.working_days, close_of_business))
            for step in sorted(order.ladder, key=lambda step: step.working_days)
        ),
    )


def last_day(start: date, amount: int, unit: Unit, calendar: WorkingDays) -> Due:
    """The last day of a limit; one fixed to a day ends on that day, whatever the calendar says."""
    if unit is Unit.DATE:
        return Due(start + timedelta(days=amount), provisional=False, editions=(), edition=NO_EDITION)
    return calendar.due(start, amount, COUNTED[unit])


def ends_at(due_date: date, close_of_business: time | None) -> datetime:
    """The instant at which the last day of a limit ends; for ``date.max``, its last microsecond."""
    if due_date == date.max and close_of_business is None:
        return datetime.combine(due_date, time.max, tzinfo=CHINA)
    return end_of(due_date, close_of_business)


def order_again(clock: Clock) -> ClockOrder:
    """An order to compute a clock's deadline again: same start and limit, no warnings, no ladder."""
    return ClockOrder(**{name: getattr(clock, name) for name in ClockOrder.model_fields if name in Clock.model_fields})


def _warnings(order: ClockOrder, calendar: WorkingDays, due_date: date) -> tuple[datetime, ...]:
    instants = []
    for days in sorted(order.warn_before, reverse=True):
        day = due_date
        for _ in range(days):
            day -= timedelta(days=1)
            while not _is_working_day(calendar, day):
                day -= timedelta(days=1)
        instant = end_of(day, WARNING_HOUR)
        if instant > order.started_at:
            instants.append(instant)
    return tuple(instants)


def _is_working_day(calendar: WorkingDays, day: date) -> bool:
    """Whether it is a working day; outside the calendar, by the day of the week."""
    return calendar.is_working_day(day) if calendar.first <= day <= calendar.last else day.weekday() < SATURDAY


def _rung_at(
    calendar: WorkingDays, due_date: date, due_at: datetime, working_days: int, close_of_business: time | None
) -> datetime:
    """The instant of a rung: so many working days after the limit's last day; beyond the calendar, weekdays count."""
    if working_days == 0:
        return due_at
    if due_date <= calendar.last - NEAR_THE_END:
        return end_of(calendar.add_working_days(due_date, working_days), close_of_business)
    day = due_date
    while working_days and day < date.max:
        day += timedelta(days=1)
        working_days -= _is_working_day(calendar, day)
    return ends_at(day, close_of_business)
