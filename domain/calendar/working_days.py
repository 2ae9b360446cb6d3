"""Working days as one set of known editions gives them (工作日), and deadlines counted on them."""

from __future__ import annotations

from array import array
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate, compress, cycle, islice
from typing import Literal, get_args

from domain.calendar.editions import Edition
from domain.calendar.errors import CalendarError
from domain.calendar.horizon import Horizon
from domain.calendar.reasons import DayReason, Nature, Span, day_zero_reason, nature_of, reason_in_span
from domain.calendar.regulation import (
    Festival,
    RegulationVersion,
    regulation_days,
    statutory_days,
    version_for,
)

Unit = Literal["working_day", "month", "day"]
"""In what a limit is counted: working days (工作日), months (月) or calendar days (日)."""

_UNITS: tuple[str, ...] = get_args(Unit)
_WEEK = (1, 1, 1, 1, 1, 0, 0)


@dataclass(frozen=True)
class Due:
    """The end of a limit (期限届满日) and what it rests on.

    ``due_date`` is the last day inside the limit. ``provisional`` says that a year from the start to
    the due date has no known notice yet, so that its notice may move the date. ``editions`` are the
    ids of the known editions of those years, in order of publication; ``edition`` is the last of
    them, or "provisional" when there is none.
    """

    due_date: date
    provisional: bool
    editions: tuple[str, ...]
    edition: str


@dataclass(frozen=True)
class _Index:
    """For counting in constant time: per day whether it works and how many have so far, and those days.

    Arrays, because each set of editions has an index and a tuple of eighty years of days takes ten times the room.
    """

    works: bytes
    rank: array[int]
    ordinals: array[int]


class WorkingDays:
    """Which days are working days, as known from one set of editions; never changes.

    Made by ``Calendar.as_known_on``. A year whose own notice is not among ``editions`` is provisional:
    weekends off, the festivals and days in lieu of the holiday regulation, no make-up days. All days
    asked for and all results lie within the horizon; outside it every method raises CalendarError.
    """

    def __init__(self, editions: Sequence[Edition], regulation: Sequence[RegulationVersion], horizon: Horizon) -> None:
        self._editions = tuple(editions)
        self._regulation = tuple(regulation)
        self._own_years = frozenset(edition.year for edition in editions if edition.amends is None)
        self.first = horizon.first
        self.last = horizon.last
        self._base = horizon.first.toordinal()

    @property
    def editions(self) -> tuple[str, ...]:
        """The ids of the known editions, in order of publication."""
        return tuple(edition.id for edition in self._editions)

    def is_provisional_year(self, year: int) -> bool:
        """Whether the notice of ``year`` is not known (当年放假通知未知)."""
        return year not in self._own_years

    def is_working_day(self, day: date) -> bool:
        """Whether State organs work on ``day`` (工作日), make-up weekends among them."""
        return bool(self._index.works[self._position(day)])

    def add_working_days(self, start: date, n: int) -> date:
        """The ``n``-th working day after ``start``, n at least 1 (若干个工作日内的最后一日).

        ``start`` is day 0 whether or not it is a working day (民法典第二百零一条). Takes the same time
        for every n.
        """
        # Nothing is asked more often: a plain day that the tables have is two looks away.
        if type(start) is not date or (position := start.toordinal() - self._base) < 0:
            position = self._position(start)
        if type(n) is not int or n < 1:
            raise _bad_amount(n)
        index = self._index
        try:
            return date.fromordinal(index.ordinals[index.rank[position] + n - 1])
        except IndexError:
            too_late = self._too_late(start, n, "working_day")
            raise (too_late if start <= self.last else self._outside(start)) from None

    def add_months(self, start: date, n: int) -> date:
        """The end of ``n`` months from ``start``, n at least 1 (按月计算的期间届满日).

        The corresponding day, else the last of the month (民法典第二百零二条); from a day that is not a
        working day it rolls to the next that is (第二百零三条). Days off on the way are not deducted.
        """
        return self._roll(self._same_day_months_later(start, n))

    def add_days(self, start: date, n: int) -> date:
        """The end of ``n`` calendar days from ``start``, n at least 1, rolling as ``add_months`` does."""
        return self._roll(self._days_later(start, n))

    def working_days_between(self, a: date, b: date) -> int:
        """The number of working days after ``a`` up to and including ``b``; negative when b is before a."""
        rank = self._index.rank
        return rank[self._position(b)] - rank[self._position(a)]

    def due(self, start: date, amount: int, unit: Unit) -> Due:
        """The end of a limit of ``amount`` units that starts on the day ``start``, and its basis.

        Raises CalendarError for an unknown unit, an amount below 1 or a day outside the horizon.
        """
        last = self._nominal_and_last(start, amount, unit)[1]
        editions = tuple(edition.id for edition in self._editions if _bears_on(edition, start, last))
        return Due(
            due_date=last,
            provisional=any(self.is_provisional_year(year) for year in range(start.year, last.year + 1)),
            editions=editions,
            edition=editions[-1] if editions else "provisional",
        )

    def explain(self, start: date, amount: int, unit: Unit) -> list[DayReason]:
        """Every day from ``start`` to the due date, each with why it counts or not (逐日说明).

        The first row is day 0, the last is the due date of ``due`` for the same arguments. Working
        days are numbered 1 to ``amount``; for months and days every calendar day is, up to the last
        day before rolling. Raises as ``due`` does.
        """
        nominal, last = self._nominal_and_last(start, amount, unit)
        span = Span(unit=unit, nominal=nominal, last=last)
        rows = [day_zero_reason(start, self.nature(start))]
        counted = 0
        for offset in range(1, (last - start).days + 1):
            day = start + timedelta(days=offset)
            nature = self.nature(day)
            counts = nature.working if unit == "working_day" else day <= nominal
            counted += counts
            rows.append(reason_in_span(day, nature, counted if counts else None, span))
        return rows

    def nature(self, day: date) -> Nature:
        """What kind of day ``day`` is by itself, and by which edition (当日性质)."""
        works = self.is_working_day(day)
        provisional = self.is_provisional_year(day.year)
        edition_id = self._stated_by.get(day)
        version = version_for(day.year, self._regulation)
        festivals = regulation_days if provisional else statutory_days
        return nature_of(day, works, edition_id, festivals(day.year, version).get(day), provisional)

    def days_off(self, year: int) -> list[tuple[date, Nature]]:
        """The days of ``year`` that a notice or a festival makes off, plain weekends left out."""
        if not self.first.year <= year <= self.last.year:
            raise CalendarError(f"The calendar covers the years {self.first.year} to {self.last.year}, not {year}.")
        candidates = {day for day in self._stated_by if day.year == year}
        if self.is_provisional_year(year):
            candidates |= set(self._provisional_days(year))
        natures = ((day, self.nature(day)) for day in sorted(candidates))
        return [(day, nature) for day, nature in natures if not nature.working]

    def make_up_days(self) -> tuple[date, ...]:
        """All weekends on which a known notice orders work (调休上班日)."""
        days = (day for day in self._stated_by if day.weekday() >= 5 and self.first <= day <= self.last)
        return tuple(sorted(day for day in days if self.is_working_day(day)))

    # -- how the answers are found ------------------------------------------------------------

    @cached_property
    def _stated_by(self) -> dict[date, str]:
        """The last known edition that says something of a day."""
        return {day: edition.id for edition in self._editions for day in edition.days}

    @cached_property
    def _index(self) -> _Index:
        length = (self.last - self.first).days + 1
        works = bytearray(islice(cycle(_WEEK), self.first.weekday(), self.first.weekday() + length))
        for year in range(self.first.year, self.last.year + 1):
            if self.is_provisional_year(year):
                for day in self._provisional_days(year):
                    works[day.toordinal() - self._base] = 0
        # In order of publication, so that an amendment overrides what it amends.
        for edition in self._editions:
            for day, kind in edition.days.items():
                # A notice may reach into the December before the horizon.
                if self.first <= day <= self.last:
                    works[day.toordinal() - self._base] = kind == "work"
        ordinals = array("I", compress(range(self._base, self._base + length), works))
        return _Index(bytes(works), array("I", accumulate(works)), ordinals)

    def _provisional_days(self, year: int) -> dict[date, Festival]:
        return regulation_days(year, version_for(year, self._regulation))

    def _position(self, day: date) -> int:
        if isinstance(day, datetime) or not isinstance(day, date):
            # The date of a datetime depends on its zone, which day_of settles and this must not guess.
            raise CalendarError(f"{day!r} is not a plain date.")
        position = day.toordinal() - self._base
        if not 0 <= position <= self.last.toordinal() - self._base:
            raise self._outside(day)
        return position

    def _nominal_and_last(self, start: date, amount: int, unit: Unit) -> tuple[date, date]:
        """The last day before rolling, and after it."""
        if unit == "working_day":
            last = self.add_working_days(start, amount)
            return last, last
        if unit == "month":
            nominal = self._same_day_months_later(start, amount)
        elif unit == "day":
            nominal = self._days_later(start, amount)
        else:
            raise CalendarError(f"{unit!r} is not a unit of a limit; the units are {', '.join(_UNITS)}.")
        return nominal, self._roll(nominal)

    def _same_day_months_later(self, start: date, n: int) -> date:
        self._position(start)
        if type(n) is not int or n < 1:
            raise _bad_amount(n)
        years, month = divmod(start.month - 1 + n, 12)
        year, month = start.year + years, month + 1
        if year > self.last.year:
            raise self._too_late(start, n, "month")
        return date(year, month, min(start.day, monthrange(year, month)[1]))

    def _days_later(self, start: date, n: int) -> date:
        self._position(start)
        if type(n) is not int or n < 1:
            raise _bad_amount(n)
        if n > (self.last - start).days:
            raise self._too_late(start, n, "day")
        return start + timedelta(days=n)

    def _roll(self, day: date) -> date:
        return day if self.is_working_day(day) else self.add_working_days(day, 1)

    def _outside(self, day: date) -> CalendarError:
        return CalendarError(
            f"The calendar covers {self.first.isoformat()} to {self.last.isoformat()}, not {day.isoformat()}."
        )

    def _too_late(self, start: date, n: int, unit: str) -> CalendarError:
        amount = f"{n} {unit.replace('_', ' ')}{'' if n == 1 else 's'}"
        return CalendarError(
            f"A limit of {amount} from {start.isoformat()} ends after {self.last.isoformat()}, "
            "the last day of the calendar."
        )


def _bears_on(edition: Edition, start: date, last: date) -> bool:
    """Whether ``edition`` is of a year between start and last, or sets a December day among them."""
    if start.year <= edition.year <= last.year:
        return True
    return edition.year == last.year + 1 and any(start <= day <= last for day in edition.days)


def _bad_amount(n: object) -> CalendarError:
    return CalendarError(f"The amount of a limit must be a whole number of at least 1, not {n!r}.")
