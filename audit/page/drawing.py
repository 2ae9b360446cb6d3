"""Days drawn month by month: working days wide, days off narrow, with marks on days and bars from day to day."""

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final

from audit.page.markup import Content, Html, el, together
from domain.calendar import WorkingDays, day_of
from domain.engine.records import ShownClock
from domain.words import ClockState

MOST_MONTHS: Final = 48
"""So many months are drawn; the page says where there are more."""
WHOLE: Final = 15
"""What lasts so many months is drawn month by month; of what is longer those in which nothing happens are left out."""
MOST_LANES: Final = 12
"""So many bars are drawn under one month where nobody says otherwise."""
LABEL, WIDE, NARROW, TALL, LANE = 60, 20, 11, 22, 9

Month = tuple[int, int]


@dataclass(frozen=True)
class DayBar:
    """Something that lasts from one day to another, under a short name.

    ``due`` is the last day inside a limit, after which it is late; None for what has no limit (a stage).
    """

    name: str
    start: date
    end: date
    due: date | None = None


def limit_bar(name: str, clock: ShownClock) -> DayBar:
    """A limit as a bar."""
    return DayBar(name, day_of(clock.started_at), _end(clock), clock.due_date)


def _end(clock: ShownClock) -> date:
    """Up to which day a limit is drawn: until it ended, else its last day, and past that where it was missed."""
    if clock.ended_at is not None:
        # What ends together with the limit ends at midnight, which is the next day already.
        day = day_of(clock.ended_at)
        return day if clock.ended_at > clock.due_at else min(day, clock.due_date)
    return clock.due_date if clock.state is not ClockState.BREACHED else clock.due_date + timedelta(days=1)


def months_of(days: Iterable[date]) -> tuple[Sequence[Month], int]:
    """The months to be drawn for these days, and how many are not."""
    busy = sorted({(day.year, day.month) for day in days})
    (year, month), (last_year, last_month) = busy[0], busy[-1]
    many = (last_year - year) * 12 + last_month - month + 1
    if many <= WHOLE:
        all_of_them = [divmod(year * 12 + month - 1 + n, 12) for n in range(many)]
        return [(year, month + 1) for year, month in all_of_them], 0
    return busy[:MOST_MONTHS], many - len(busy[:MOST_MONTHS])


@dataclass(frozen=True)
class Drawing:
    """What is drawn: ``marks`` are what stands under a day, ``bars`` one below the other, ``most`` under one month."""

    known: WorkingDays
    marks: Mapping[date, str]
    bars: Sequence[DayBar]
    most: int = MOST_LANES

    def month(self, month: Month) -> Html:
        """One month: a cell a day, the marks under it, and the bars that run."""
        year, number = month
        days, widths, edges, cells = _cells(self.known, month)
        lanes = [bar for bar in self.bars if bar.start <= days[-1] and bar.end >= days[0]][: self.most]
        name = f"{year}-{number:02}"
        parts: list[Content] = [el("text", name, x=2, y=15, cls="month"), cells]
        parts += list(self._marks(days, edges, widths))
        for lane, bar in enumerate(lanes):
            parts += list(_bar(bar, days, edges, TALL + 14 + lane * LANE))
        width, height = LABEL + 31 * WIDE, TALL + 16 + len(lanes) * LANE
        return el("svg", parts, "\n", viewbox=f"0 0 {width} {height}", role="img", aria_label=name, cls="m")

    def _marks(self, days: Sequence[date], edges: Sequence[int], widths: Sequence[int]) -> Iterator[Html]:
        for place, day in enumerate(days):
            text = self.marks.get(day)
            if text is not None:
                middle = edges[place] + widths[place] // 2
                yield el("circle", cx=middle, cy=TALL + 1, r=2, cls="act")
                yield el("text", text, x=middle, y=TALL + 11, cls="n")


def _bar(bar: DayBar, days: Sequence[date], edges: Sequence[int], y: int) -> Iterator[Html]:
    inside, kind = (bar.end, "stage") if bar.due is None else (min(bar.due, bar.end), "in")
    yield from _stretch(max(bar.start, days[0]), min(inside, days[-1]), days, edges, y, kind)
    if inside < bar.end:
        late = inside + timedelta(days=1)
        yield from _stretch(max(late, days[0]), min(bar.end, days[-1]), days, edges, y, "late")
    x = _left(max(bar.start, days[0]), days, edges)
    yield el("text", bar.name, x=max(x - 2, 2 + 24), y=y + 6, cls="c")


# The months of one calendar look the same in every case.
@lru_cache(maxsize=256)
def _cells(known: WorkingDays, month: Month) -> tuple[Sequence[date], Sequence[int], Sequence[int], Html]:
    """The days of a month, the width of each, where each begins and the last ends, and their cells."""
    year, number = month
    days = [date(year, number, day) for day in range(1, monthrange(year, number)[1] + 1)]
    widths = [WIDE if _works(known, day) else NARROW for day in days]
    edges = list(accumulate(widths, initial=LABEL))
    cells = (_cell(known, day, x, width) for day, x, width in zip(days, edges, widths, strict=False))
    return days, widths, edges, together(cells)


def _works(known: WorkingDays, day: date) -> bool:
    return known.is_working_day(day) if known.first <= day <= known.last else day.weekday() < 5


def _cell(known: WorkingDays, day: date, x: int, width: int) -> Html:
    kind, mark = _kind(known, day)
    cell = el("rect", x=x, y=2, width=width, height=TALL - 4, cls=kind)
    number = el("text", day.day, x=x + width // 2, y=12, cls="d")
    return together(cell, number, el("text", mark, x=x + width // 2, y=19, cls="k") if mark else None)


def _kind(known: WorkingDays, day: date) -> tuple[str, str]:
    if not known.first <= day <= known.last:
        return ("work" if day.weekday() < 5 else "weekend"), ""
    match known.nature(day).code:
        case "working":
            return "work", ""
        case "make_up":
            return "makeup", "班"
        case "weekend":
            return "weekend", ""
        case _:
            return "off", "休"


def _left(day: date, days: Sequence[date], edges: Sequence[int]) -> int:
    return edges[bisect_left(days, day)]


def _stretch(first: date, last: date, days: Sequence[date], edges: Sequence[int], y: int, cls: str) -> Iterator[Html]:
    if first <= last and first <= days[-1] and last >= days[0]:
        x, end = _left(first, days, edges), edges[bisect_left(days, last) + 1]
        yield el("rect", x=x, y=y, width=end - x, height=LANE - 3, cls=cls)
