"""The timeline of a case: who did what, under which article, until when, with how many days left or late."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from audit.known_editions import days_left
from domain.calendar import Calendar, day_of
from domain.engine.records import Clock, RecordedEvent
from domain.messages import label
from domain.statutes.loader import regulation_title
from domain.words import Basis, ClockState, EventType, Unit

BOOKKEEPING = (EventType.CLOCK_MET, EventType.CLOCK_CANCELLED)
"""Events without a line of their own, because they belong to the act before them."""


@dataclass(frozen=True)
class Line:
    """One line of a timeline; ``article`` is empty if no text applies, ``until`` if no limit is affected."""

    at: str
    who: str
    what: str
    article: str
    until: str


def timeline(
    events: Sequence[RecordedEvent], clocks: Sequence[Clock], calendar: Calendar, statute: str
) -> Iterator[Line]:
    """The lines of a case under a statute, in order."""
    by_number = {clock.number: clock for clock in clocks}
    for position, event in enumerate(events):
        if event.type in BOOKKEEPING:
            continue
        clock = event.clock or by_number.get(event.data.get("number", 0))
        kept = _kept(events[position + 1 :], by_number) if event.clock is None else None
        yield Line(
            at=event.at.strftime("%Y-%m-%d %H:%M"),
            who=_who(event),
            what=_what(event),
            article=_article(event, statute),
            until=_until(event, clock, kept, calendar),
        )


def _article(event: RecordedEvent, statute: str) -> str:
    """The article, with the title of its regulation if that is above the case's own statute."""
    if event.article is None:
        return ""
    title = regulation_title(event.statute) if event.statute != statute else None
    return f"{f'《{title.zh}》' if title else ''}第{event.article}条"


def _who(event: RecordedEvent) -> str:
    role = event.actor.role
    return f"{label('role', role, 'zh')} {label('role', role, 'en')}"


def _what(event: RecordedEvent) -> str:
    said = f"{label('event', event.type, 'zh')} {label('event', event.type, 'en')}"
    detail = event.data.get("clock") if event.clock is None else None
    if event.clock is not None:
        detail = event.clock.id
        limit = "" if event.clock.unit is Unit.DATE else f" {event.clock.amount}{label('unit', event.clock.unit, 'zh')}"
        basis = (
            ""
            if event.clock.basis is Basis.STATUTE
            else f"，{label('basis', event.clock.basis, 'zh')} {event.clock.basis}"
        )
        return f"{said}: {label('clock', detail, 'zh')}{limit}{basis}"
    if event.type is EventType.CLOSED:
        outcome = event.data["outcome"]
        return f"{said}: {label('outcome', outcome, 'zh')} {label('outcome', outcome, 'en')}"
    if event.type is EventType.URGED:
        return f"{said} ({event.data['level']})"
    return f"{said}: {label('clock', detail, 'zh')}" if detail else said


def _kept(following: Sequence[RecordedEvent], clocks: dict[int, Clock]) -> Clock | None:
    """The clock that an act met, in time or late, according to the event right after it."""
    for event in following:
        if event.type not in BOOKKEEPING:
            return None
        if event.type is EventType.CLOCK_MET:
            return clocks.get(event.data["number"])
    return None


def _until(event: RecordedEvent, clock: Clock | None, kept: Clock | None, calendar: Calendar) -> str:
    if kept is not None:
        return _left_or_late(kept, day_of(event.at), calendar)
    if clock is None:
        return ""
    provisional = " 暂定 provisional" if clock.provisional else ""
    if event.type in (EventType.CLOCK_STARTED, EventType.CLOCK_WARNED):
        return f"{clock.due_date}{provisional}"
    late = clock.state in (ClockState.BREACHED, ClockState.MET_LATE)
    return f"{clock.due_date} 已过 passed" if late else f"{clock.due_date}{provisional}"


def _left_or_late(clock: Clock, day: date, calendar: Calendar) -> str:
    """How many days an act was before or after a limit's last day, in working days if the limit is counted in these."""
    if clock.unit is not Unit.WORKING_DAY:
        return f"{clock.due_date} {label('clock_state', clock.state, 'zh')} {label('clock_state', clock.state, 'en')}"
    if clock.state is ClockState.MET_LATE:
        days = max(calendar.as_known_on(None).working_days_between(clock.due_date, day), 1)
        return f"{clock.due_date} 超期{days}个工作日 {days} late"
    days = days_left(calendar, clock, day)
    return f"{clock.due_date} 余{days}个工作日 {days} left"
