"""Lights (灯): how close a limit is to its end, in working days. They are not the supervision ladder (牌)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.calendar import WorkingDays, day_of
from domain.engine.records import ShownClock
from domain.messages import Language, label
from domain.policy import Warnings
from domain.words import ClockState

Colour = Literal["green", "amber", "red", "grey"]


@dataclass(frozen=True)
class Light:
    """A colour, and the working days left (negative: overdue by so many); None if no limit runs."""

    colour: Colour
    working_days: int | None = None
    due_date: date | None = None
    provisional: bool = False

    def words(self, language: Language, today: date) -> str:
        """The text beside the light: 剩余 3 个工作日, 今日到期, 已超期 2 个工作日, 已超期，不足 1 个工作日."""
        if self.working_days is None:
            return label("console", "no_limit", language)
        number = abs(self.working_days)
        if self.colour == "red":
            word = "over" if number else "just_over"
        else:
            word = "due_today" if self.due_date == today else "left"
        return label("console", word, language).format(number=number)


def light_of(clock: ShownClock, now: datetime, days: WorkingDays, warnings: Warnings) -> Light:
    """The light of one limit at an instant, by the days as known then.

    Amber (临期) begins with the first warning for a limit of this length, at the latest on its last day. Raises
    CalendarError for a day outside the calendar.
    """
    if not clock.open:
        return Light("grey")
    today = day_of(now)
    left = days.working_days_between(today, clock.due_date)
    if clock.state is ClockState.BREACHED or now >= clock.due_at:
        return Light("red", min(left, 0), clock.due_date, clock.provisional)
    near = left <= max(warnings.before(clock.unit, clock.amount), default=0)
    return Light("amber" if near else "green", left, clock.due_date, clock.provisional)


def most_pressing(
    clocks: Sequence[ShownClock], now: datetime, days: WorkingDays, warnings: Warnings
) -> tuple[ShownClock | None, Light]:
    """The open limit with the earliest end, and its light; None and grey if no limit is open."""
    clock = min((each for each in clocks if each.open), key=lambda each: each.due_at, default=None)
    return clock, Light("grey") if clock is None else light_of(clock, now, days, warnings)
