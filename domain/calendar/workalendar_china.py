"""The editions as a workalendar calendar, for users of that library."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from workalendar.asia import China
from workalendar.core import CoreCalendar

from domain.calendar.editioned import Calendar
from domain.calendar.instants import day_of

_Days = Collection[date] | None


class ChinaNotices(China):  # type: ignore[misc]
    "China, by the published notices"

    # The line above is what workalendar shows as the calendar's name.

    # workalendar's own China has data for 2018 to 2023 only, misses the 2020 extension, and for later
    # years answers False for a make-up Saturday or Sunday without a word. Every day here comes from
    # the editions; later years work and are provisional. Outside the horizon: CalendarError.

    def __init__(self, as_known_on: date | None = None, calendar: Calendar | None = None) -> None:
        """As ``Calendar.as_known_on`` of ``calendar``, or of the packaged one."""
        super().__init__()
        self.working_days = (calendar or Calendar.packaged()).as_known_on(as_known_on)
        self.extra_working_days = list(self.working_days.make_up_days())

    def is_provisional(self, year: int) -> bool:
        """Whether the notice of ``year`` is not known, so that its days are only presumed."""
        return self.working_days.is_provisional_year(year)

    def get_calendar_holidays(self, year: int) -> list[tuple[date, str]]:
        """The days off of ``year`` with an English label, plain weekends left out."""
        return [(day, nature.text_en) for day, nature in self.working_days.days_off(year)]

    def is_working_day(self, day: date, extra_working_days: _Days = None, extra_holidays: _Days = None) -> bool:
        """Whether ``day`` is a working day; extra working days win over extra holidays."""
        plain = _plain(day)
        if extra_working_days and plain in {_plain(extra) for extra in extra_working_days}:
            return True
        if extra_holidays and plain in {_plain(extra) for extra in extra_holidays}:
            return False
        return self.working_days.is_working_day(plain)

    def is_holiday(self, day: date, extra_holidays: _Days = None) -> bool:
        """Whether a notice or festival makes ``day`` off; False for a plain weekend, as in workalendar."""
        plain = _plain(day)
        if extra_holidays and plain in {_plain(extra) for extra in extra_holidays}:
            return True
        nature = self.working_days.nature(plain)
        return not nature.working and nature.code != "weekend"

    def add_working_days(
        self,
        day: date,
        delta: int,
        extra_working_days: _Days = None,
        extra_holidays: _Days = None,
        keep_datetime: bool = False,
    ) -> date:
        """``delta`` working days after ``day``, or before it when negative; 0 gives the day itself."""
        start = day if keep_datetime else _plain(day)
        if delta > 0 and not extra_working_days and not extra_holidays and not keep_datetime:
            return self.working_days.add_working_days(start, delta)
        # Past China's own method, which would put its list of make-up days in front of extra holidays.
        result: date = CoreCalendar.add_working_days(
            self, start, delta, extra_working_days, extra_holidays, keep_datetime
        )
        return result

    def sub_working_days(
        self,
        day: date,
        delta: int,
        extra_working_days: _Days = None,
        extra_holidays: _Days = None,
        keep_datetime: bool = False,
    ) -> date:
        """``delta`` working days before ``day``; the sign of ``delta`` does not matter."""
        return self.add_working_days(day, -abs(delta), extra_working_days, extra_holidays, keep_datetime)

    def find_following_working_day(self, day: date) -> date:
        """``day`` if it is a working day, else the next; unlike workalendar's it knows the holidays."""
        plain = _plain(day)
        while not self.working_days.is_working_day(plain):
            plain += timedelta(days=1)
        return plain

    def get_working_days_delta(
        self,
        start: date,
        end: date,
        include_start: bool = False,
        extra_working_days: _Days = None,
        extra_holidays: _Days = None,
    ) -> int:
        """The number of working days between two dates in either order, the first only on request."""
        result: int = super().get_working_days_delta(
            _plain(start), _plain(end), include_start, extra_working_days, extra_holidays
        )
        return result


def _plain(day: date) -> date:
    """The date meant: of an aware datetime the day in China, of a naive one its own, as workalendar does."""
    if isinstance(day, datetime):
        return day.date() if day.utcoffset() is None else day_of(day)
    return day
