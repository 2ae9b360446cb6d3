"""The periods of recurring duties (履行期间): ``2026``, ``2026-H1``, ``2026-Q3``."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Recurrence = Literal["year", "half_year", "quarter"]

MONTHS: dict[Recurrence, int] = {"year": 12, "half_year": 6, "quarter": 3}
"""The length of each kind of period, in months."""
LETTERS: dict[Recurrence, str] = {"year": "", "half_year": "H", "quarter": "Q"}
"""The letter before the number of a period within its year."""
FIRST_YEAR, LAST_YEAR = 2018, 2090
"""The years in which cases can be filed; there are no periods outside them."""

_NAME = re.compile(r"([0-9]{4})(?:-([HQ])([1-4]))?", re.ASCII)


@dataclass(frozen=True)
class Period:
    """One period: its name, its first and its last day."""

    name: str
    first: date
    last: date


def period_of(every: Recurrence, day: date) -> Period:
    """The period that a day lies in."""
    return _period(every, day.year, (day.month - 1) // MONTHS[every] + 1)


def period_named(every: Recurrence, name: str) -> Period | None:
    """The period of this name; None for a name of another kind or a year outside FIRST_YEAR to LAST_YEAR."""
    found = _NAME.fullmatch(name)
    if found is None or (found[2] or "") != LETTERS[every] or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        return None
    number = int(found[3] or 1)
    return _period(every, int(found[1]), number) if number <= 12 // MONTHS[every] else None


def beginnings(every: Recurrence) -> tuple[int, ...]:
    """The months in which periods begin."""
    return tuple(range(1, 13, MONTHS[every]))


def _period(every: Recurrence, year: int, number: int) -> Period:
    name = f"{year}-{LETTERS[every]}{number}" if LETTERS[every] else str(year)
    month = (number - 1) * MONTHS[every] + 1
    first = date(year, month, 1)
    after = month + MONTHS[every]
    last = date(year + after // 13, (after - 1) % 12 + 1, 1) - timedelta(days=1)
    return Period(name, first, last)
