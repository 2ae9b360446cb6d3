"""The days that the calendar speaks about, and those that anybody outside may name (日历范围、可填日期范围)."""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True)
class Horizon:
    """The first and last day the calendar speaks about (日历范围), both included.

    ``earliest`` and ``furthest`` bound the days that anybody outside may name (可填日期范围): what follows from such a
    day, a window after it or a ladder, still ends within the calendar.
    """

    first: date
    last: date
    earliest: date
    furthest: date


HORIZON: Final = Horizon(
    first=date(2018, 1, 1),
    last=date(2099, 12, 31),
    earliest=date(1949, 10, 1),
    furthest=date(2090, 12, 31),
)
"""What this calendar can count: the packaged notices begin with 2018, the lunar tables and the formula of Qingming end
with 2099. Who files or acts may name days from ``earliest`` to ``furthest``: more than fifty years ahead for a term,
and nine years before the calendar ends for the windows and ladders that follow it."""
