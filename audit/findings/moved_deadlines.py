"""Deadlines that a later notice has moved (期限因日历变动)."""

from collections.abc import Iterator

from audit.findings.finding import Examined, Finding, FindingKind
from audit.known_editions import BY_CALENDAR
from audit.replay.hindsight import moved_since
from domain.engine.records import Clock
from domain.words import EventType


def moved_deadlines(examined: Examined) -> Iterator[Finding]:
    """Each limit whose last day another notice of the General Office has changed, whose days art. 7 of the holiday
    regulation leaves to it: superseded while it ran; or it stayed as it was, being over by then, and was provisional or
    would be judged otherwise.

    A day that was reckoned before its year had a notice is provisional; one that a notice amends was certain.
    """
    for clock in examined.case.clocks.values():
        event = examined.told_by(clock, EventType.CLOCK_SUPERSEDED)
        if event is not None and str(event.data.get("reason", "")).startswith(BY_CALENDAR):
            later = next((each for each in examined.case.clocks.values() if each.supersedes == clock.number), None)
            if later is not None and later.due_date != clock.due_date:
                yield _moved(examined, clock, event.seq, later, "superseded")
    close = examined.case.policy.close_of_business
    for limit in moved_since([*examined.case.clocks.values()], examined.working_days, examined.now, close):
        judged_otherwise = limit.late_now != limit.late_then
        if limit.days and (judged_otherwise or limit.clock.provisional or limit.clock.open):
            now = limit.clock.model_copy(update={"due_date": limit.due_date, "due_at": limit.due_at})
            how = "would_be_other"
            if judged_otherwise:
                how = "would_be_late" if limit.late_now else "would_be_in_time"
            yield _moved(examined, limit.clock, examined.started_by(limit.clock).seq, now, how)


def _moved(examined: Examined, clock: Clock, seq: int, later: Clock, found: str) -> Finding:
    return Finding(
        kind=FindingKind.DEADLINE_MOVED,
        request_id=examined.recorded.request_id,
        seq=seq,
        at=next(event.at for event in examined.events if event.seq == seq),
        statute=examined.statute_of(clock),
        article=clock.article,
        who=examined.answerable(clock),
        found=found,
        should="last_day_now",
        clock=clock.id,
        facts={"clock": clock.id, "due": clock.due_date, "day": later.due_date, "provisional": clock.provisional},
    )
