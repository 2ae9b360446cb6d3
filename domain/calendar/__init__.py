"""The Chinese working-day calendar with editions (工作日历).

Stands alone: nothing else of the project is imported here. ``Calendar.packaged().as_known_on(day)``
gives the working days as they were known on a day; ``ChinaNotices`` offers the same to users of
workalendar and is loaded only when asked for, because importing that library takes a while.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.calendar.amending import published_now, with_stored
from domain.calendar.editioned import Calendar
from domain.calendar.editions import DayKind, Edition, load_edition, packaged_editions
from domain.calendar.errors import CalendarError
from domain.calendar.instants import CHINA, day_of, end_of
from domain.calendar.reasons import DayCode, DayReason, Nature
from domain.calendar.working_days import Due, Unit, WorkingDays

if TYPE_CHECKING:
    from domain.calendar.workalendar_china import ChinaNotices

__all__ = [
    "CHINA",
    "Calendar",
    "CalendarError",
    "ChinaNotices",
    "DayCode",
    "DayKind",
    "DayReason",
    "Due",
    "Edition",
    "Nature",
    "Unit",
    "WorkingDays",
    "day_of",
    "end_of",
    "load_edition",
    "packaged_editions",
    "published_now",
    "with_stored",
]


def __getattr__(name: str) -> object:
    if name == "ChinaNotices":
        from domain.calendar.workalendar_china import ChinaNotices

        return ChinaNotices
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
