"""A strip of days as a figure: how many limits end on each, drawn with attributes alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

WIDE: Final = 38
"""Of a day, in units of the figure."""
HIGH: Final = 80
"""Of the tallest bar."""
ABOVE: Final = 20
BELOW: Final = 20


@dataclass(frozen=True)
class Bar:
    """One day: its date, its number, where its bar stands."""

    day: date
    number: int
    x: int
    y: int
    height: int

    @property
    def middle(self) -> int:
        """Where its words stand."""
        return self.x + WIDE // 2


@dataclass(frozen=True)
class Strip:
    """The figure: its size, its bars, and the line on which they stand."""

    width: int
    height: int
    ground: int
    bars: Sequence[Bar]


def strip(days: Sequence[tuple[date, int]]) -> Strip:
    """Bars as tall as their numbers, the greatest as tall as there is room; a number that is not 0 is always seen."""
    most = max((number for _, number in days), default=0) or 1
    bars = []
    for place, (day, number) in enumerate(days):
        height = max(2, round(HIGH * number / most)) if number else 0
        bars.append(Bar(day, number, place * WIDE, ABOVE + HIGH - height, height))
    return Strip(max(len(bars), 1) * WIDE, ABOVE + HIGH + BELOW, ABOVE + HIGH, bars)
