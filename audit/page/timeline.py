"""The case drawn day by day (时间轴): working days wide, days off narrow, each act and each limit in its place."""

from collections.abc import Mapping, Sequence
from datetime import date

from audit.page.cover import heading, number_of
from audit.page.drawing import Drawing, Month, limit_bar, months_of
from audit.page.facts import CaseFacts
from audit.page.markup import Html, el, fixed
from domain.calendar import day_of


def timeline(facts: CaseFacts) -> Html:
    """The drawing, with what its marks mean."""
    months, left_out = _months(facts)
    bars = [limit_bar(f"{number_of('limits')}-{clock.number}", clock) for _, clock in facts.clocks]
    drawing = Drawing(facts.calendar.as_known_on(None), _marks(facts), bars)
    note = el("p", fixed("months_left_out", number=left_out), cls="note") if left_out else None
    rows = [drawing.month(month) for month in months]
    return el("section", heading("timeline"), el("p", fixed("legend"), cls="note"), "\n", rows, note, cls="timeline")


def _months(facts: CaseFacts) -> tuple[Sequence[Month], int]:
    """The months to be drawn, and how many are not."""
    days = {day_of(event.at) for event in facts.events}
    for _, clock in facts.clocks:
        days |= {day_of(clock.started_at), *_bounded(clock.due_date, facts)}
    return months_of(days)


def _bounded(day: date, facts: CaseFacts) -> Sequence[date]:
    """A last day that lies far ahead of all that has happened is not drawn."""
    return [day] if (day - day_of(facts.events[-1].at)).days < 366 else []


def _marks(facts: CaseFacts) -> Mapping[date, str]:
    """The numbers of the acts of each day."""
    found: dict[date, list[str]] = {}
    for event in facts.acts:
        found.setdefault(day_of(event.at), []).append((facts.number_of(event.seq) or "").partition("-")[2])
    return {day: each[0] if len(each) == 1 else f"{each[0]}–{each[-1]}" for day, each in found.items()}
