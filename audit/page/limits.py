"""Each limit of the case (时限): where it stands, from when, every day of it and why it counts, and what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from typing import Final

from audit.known_editions import days_left
from audit.page.cover import heading, number_of
from audit.page.facts import CaseFacts
from audit.page.markup import Content, Html, both, el, english, fixed, length, pairs, said, table, together
from audit.page.told import cite, quoted, time_of
from domain.calendar import CHINA, Calendar, CalendarError, DayReason, WorkingDays, day_of
from domain.clocks import ClockId
from domain.engine.deadlines import COUNTED
from domain.engine.records import Clock, RecordedEvent
from domain.messages import event_word
from domain.words import Basis, ClockState, EventType, Unit

MOST_DAYS: Final = 20_000
"""How many days the page counts one by one, of all limits together."""
LONGEST_COUNT: Final = 1_500
"""Of a limit of more days than this the page tells its end alone."""
_EXTENDED: Final = (ClockId.PROVIDER_ANSWER, ClockId.CATALOGUE_UPDATE)
"""The limits that some texts let be extended."""
_ALIKE: Final = 3
"""So many days in a row that count for the same reason are told on one line, where days off are not deducted."""


def limits(facts: CaseFacts) -> Html:
    """Every limit in the order in which they started."""
    told, left = list[Html](), MOST_DAYS
    for event, clock in facts.clocks:
        start = clock.started_at.astimezone(CHINA).date()
        days = (clock.due_date - start).days
        counted = None
        if clock.unit is not Unit.DATE and days <= min(LONGEST_COUNT, left):
            counted = _count(facts.known[event.seq].days(facts.calendar), start, clock.amount, clock.unit)
            left -= days
        told.append(_limit(facts, event, clock, counted))
    return el("section", heading("limits"), "\n", told or el("p", fixed("no_limits")))


def _limit(facts: CaseFacts, event: RecordedEvent, clock: Clock, counted: Html | None) -> Html:
    number = f"{number_of('limits')}-{clock.number}"
    title = el("h3", f"{number} ", both("clock", clock.id), " ", both("clock_state", clock.state), _flag(clock))
    if counted is None:
        why = "fixed_day" if clock.unit is Unit.DATE else "not_counted_here"
        counted = el("p", fixed(why), cls="note")
    return el("article", title, pairs(_about(facts, event, clock)), "\n", counted, id=f"c{clock.number}")


def _flag(clock: Clock) -> Content:
    return el("span", fixed("provisional"), cls="flag") if clock.provisional else None


def _about(facts: CaseFacts, event: RecordedEvent, clock: Clock) -> Iterator[tuple[Content, Content]]:
    known = facts.known[event.seq].day
    yield fixed("basis"), _basis(facts, clock)
    yield fixed("length"), length(clock.amount, clock.unit) if clock.unit is not Unit.DATE else both("unit", clock.unit)
    yield fixed("started"), [time_of(clock.started_at), " ", fixed("day_zero")]
    yield fixed("last_day"), [clock.due_date.isoformat(), " ", fixed("ends_at", at=time_of(clock.due_at))]
    editions = "、".join(clock.calendar_editions) or clock.calendar_edition
    yield fixed("edition"), [said(editions), " ", fixed("known_on", day=known) if known else fixed("all_known")]
    yield fixed("came"), _result(facts, clock)
    before = clock.supersedes
    if before is not None:
        yield fixed("supersedes"), el("a", f"{number_of('limits')}-{before}", href=f"#c{before}")
    yield from _touched(facts, clock)


def _basis(facts: CaseFacts, clock: Clock) -> Content:
    if clock.basis is not Basis.STATUTE or clock.article is None:
        return [both("basis", clock.basis), " ", fixed("not_of_the_text")]
    quote = quoted(clock.quote) if clock.quote else None
    return [both("basis", clock.basis), " ", cite(facts, clock.statute, clock.article), quote]


def _result(facts: CaseFacts, clock: Clock) -> Content:
    state = both("clock_state", clock.state)
    if clock.ended_at is None:
        return state
    told: list[Content] = [state, " ", time_of(clock.ended_at)]
    if clock.state in (ClockState.MET, ClockState.MET_LATE) and clock.unit is Unit.WORKING_DAY:
        with suppress(CalendarError):
            told += [" ", _left_or_late(facts.calendar, clock, day_of(clock.ended_at))]
    return told


def _left_or_late(calendar: Calendar, clock: Clock, day: date) -> Html:
    """By how many working days an act came before the end, as this was counted; or after it, as is known now."""
    if clock.state is ClockState.MET:
        return fixed("left", days=days_left(calendar, clock, day))
    late = calendar.as_known_on(None).working_days_between(clock.due_date, day)
    return fixed("late", days=max(late, 1))


def _touched(facts: CaseFacts, clock: Clock) -> Iterator[tuple[Content, Content]]:
    """What happened to a limit, and what was asked and decided about a longer one while it ran."""
    asked = (event for event in facts.extensions if clock.id in _EXTENDED and _runs(clock, event))
    for event in sorted([*facts.touching.get(clock.number, ()), *asked], key=lambda event: event.seq):
        yield both(*event_word(event.type, event.data)), [time_of(event.at), " ", _more(event), " ", _why(event)]


def _runs(clock: Clock, event: RecordedEvent) -> bool:
    return clock.started_at <= event.at and (clock.ended_at is None or event.at <= clock.ended_at)


def _more(event: RecordedEvent) -> Content:
    days = event.data.get("working_days")
    return length(days, Unit.WORKING_DAY) if isinstance(days, int) else None


def _why(event: RecordedEvent) -> Content:
    """Why a limit gave way to another: a notice by its edition, else a word."""
    if event.type is not EventType.CLOCK_SUPERSEDED:
        return None
    why, _, edition = str(event.data.get("reason", "")).partition(":")
    return [both("superseded_for", why), " ", said(edition) if edition else None]


# Many limits of many cases begin on one day and are equally long.
@lru_cache(maxsize=128)
def _count(known: WorkingDays, start: date, amount: int, unit: Unit) -> Html | None:
    """Every day of a limit, with the calendar as it was known; None for one that cannot be counted."""
    try:
        days = known.explain(start, amount, COUNTED[unit])
    except CalendarError:
        return None
    head = [fixed(word) for word in ("day", "counted", "why", "by_edition")]
    return table(head, [_row(run) for run in _together(unit, days)], "days")


Run = tuple[DayReason, DayReason]


def _together(unit: Unit, days: Sequence[DayReason]) -> Iterator[Run]:
    """The lines of a count: a day each, and one for many days alike where every day counts."""
    plain = list[DayReason]()
    for row in days:
        if unit is not Unit.WORKING_DAY and row.number is not None and row.day != days[-1].day:
            plain.append(row)
            continue
        yield from _lines(plain)
        plain = []
        yield row, row
    yield from _lines(plain)


def _lines(plain: Sequence[DayReason]) -> Iterator[Run]:
    if not plain:
        return
    # The last of them may be the one on which the limit would end but for a day off: it is told by itself.
    *alike, last = plain
    if len(alike) >= _ALIKE:
        yield alike[0], alike[-1]
    else:
        yield from ((row, row) for row in alike)
    yield last, last


def _row(run: Run) -> Sequence[Content]:
    first, last = run
    if first is not last:
        between = f"{first.day.isoformat()} – {last.day.isoformat()}"
        return between, f"{first.number}–{last.number}", fixed("alike"), None
    number = "—" if first.number is None else str(first.number)
    return first.day.isoformat(), number, together(first.text_zh, english(first.text_en)), said(first.edition or "")
