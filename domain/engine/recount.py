"""What a new calendar does to an open limit: whether its last day moves, and whether that still takes effect.

``timers.recounted`` applies the change in a case; this module predicts it from the ledger alone.
"""

from dataclasses import dataclass
from datetime import date, datetime, time

from domain.calendar import WorkingDays, day_of
from domain.engine.deadlines import ends_at, last_day
from domain.words import ClockState, Stage, Unit


@dataclass(frozen=True)
class OpenLimit:
    """The part of an open clock needed to count it again; ``close_of_business`` is that of the case's policy."""

    state: ClockState
    started_at: datetime
    amount: int
    unit: Unit
    due_date: date
    due_at: datetime
    provisional: bool
    close_of_business: time | None = None


@dataclass(frozen=True)
class ClockChange:
    """The effect of a calendar on an open limit.

    ``superseded``: a new clock takes its place. False if the limit has already ended: a missed limit stays missed, and
    the other fields say what the new count would have given. ``newly_overdue``: by the new count it has already ended.
    ``no_longer_overdue``: by the new count it would still run.
    """

    due_date: date
    days: int
    superseded: bool
    newly_overdue: bool
    no_longer_overdue: bool
    becomes_certain: bool
    becomes_provisional: bool


def change_of(limit: OpenLimit, calendar: WorkingDays, now: datetime) -> ClockChange | None:
    """The effect of ``calendar`` on a limit at the instant ``now``; None if last day and certainty stay as they are.

    Raises CalendarError outside the calendar's years.
    """
    due = last_day(day_of(limit.started_at), limit.amount, limit.unit, calendar)
    due_at = ends_at(due.due_date, limit.close_of_business)
    if (due_at, due.provisional) == (limit.due_at, limit.provisional):
        return None
    ended = limit.state is ClockState.BREACHED or limit.due_at <= now
    if ended and due_at == limit.due_at:
        return None
    return ClockChange(
        due_date=due.due_date,
        days=(due.due_date - limit.due_date).days,
        superseded=not ended,
        newly_overdue=not ended and due_at <= now,
        no_longer_overdue=ended and due_at > now,
        becomes_certain=not ended and limit.provisional and not due.provisional,
        becomes_provisional=not ended and due.provisional and not limit.provisional,
    )


def stage_measured(clock: str, stage: str) -> Stage | None:
    """The stage whose act a clock measures: the one named like the clock, else the case's current stage."""
    stages = {each.value: each for each in Stage}
    return stages.get(clock) or stages.get(stage)
