"""From instants to Chinese days and back (时刻与日期)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from typing import Final

from domain.calendar.errors import CalendarError

# A fixed offset, not zoneinfo: China has kept +08:00 without summer time since 1991, and a fixed
# offset needs no time zone database on the machine and never differs between two of them.
CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Beijing time (北京时间), +08:00."""


def day_of(instant: datetime) -> date:
    """The day in China (北京时间日期) on which ``instant`` falls.

    ``instant`` may be in any time zone but must say which: a naive datetime raises CalendarError,
    because 20:00 UTC is already the next day in China.
    """
    if not isinstance(instant, datetime):
        raise CalendarError(f"{instant!r} is not an instant: a date with a time and an offset is needed.")
    if instant.utcoffset() is None:
        raise CalendarError(f"The instant {instant.isoformat()} has no time zone, so its day in China is unknown.")
    try:
        return instant.astimezone(CHINA).date()
    except OverflowError:
        raise CalendarError(f"The instant {instant.isoformat()} has no date in China.") from None


def end_of(day: date, close: time | None = None) -> datetime:
    """The instant at which ``day`` ends for a deadline (截止时刻), in Beijing time.

    Without ``close`` it is 24:00, written as 00:00 of the next day; with ``close`` it is that close
    of business on the day itself (民法典第二百零三条第二款). An act at or after it is late. Raises
    CalendarError for a close with a time zone of its own or at 00:00, and for a datetime as ``day``.
    """
    if isinstance(day, datetime) or not isinstance(day, date):
        raise CalendarError(f"{day!r} is not a plain date.")
    if close is None:
        if day == date.max:
            raise CalendarError(f"The day {day.isoformat()} has no next day.")
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=CHINA)
    if close.tzinfo is not None:
        raise CalendarError("The close of business is a time in China and takes no time zone.")
    if close == time(0):
        # Midnight would end the day before it began; whoever means 24:00 leaves it out.
        raise CalendarError("The close of business must be later than 00:00.")
    return datetime.combine(day, close, tzinfo=CHINA)
