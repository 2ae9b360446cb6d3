"""Limits that were missed (逾期办理)."""

from collections.abc import Iterator

from audit.findings.finding import Examined, Finding, FindingKind
from domain.calendar import day_of
from domain.clocks import is_duty
from domain.engine.records import Clock
from domain.words import Basis, ClockState, EventType

MISSED = (ClockState.BREACHED, ClockState.MET_LATE)


def late_answers(examined: Examined) -> Iterator[Finding]:
    """Each limit of a text, or of a decision under one, whose act came late or has not come: 809 art. 21 and 39
    (4), and the article of each limit of the local texts.

    Working days late are those after its last day up to the day of the act; while it is still missing, up to now. A
    limit that the operator alone has set is no ground for a finding, and neither is the end of a window. A record that
    calls late what was done before the limit was over contradicts itself: that is for verification to name.
    """
    for clock in examined.case.clocks.values():
        over = (clock.ended_at or examined.now) >= clock.due_at
        if over and clock.state in MISSED and clock.basis is not Basis.POLICY and is_duty(clock.id):
            yield _late(examined, clock)


def _late(examined: Examined, clock: Clock) -> Finding:
    event = examined.told_by(clock, EventType.CLOCK_BREACHED, EventType.CLOCK_MET) or examined.started_by(clock)
    ended = clock.ended_at or examined.now
    done = "done_late" if clock.state is ClockState.MET_LATE else "never_done" if clock.ended_at else "not_done"
    return Finding(
        kind=FindingKind.LATE_ANSWER,
        request_id=examined.recorded.request_id,
        seq=event.seq,
        at=event.at,
        statute=examined.statute_of(clock),
        article=clock.article,
        who=examined.answerable(clock),
        found=done,
        should="in_time",
        clock=clock.id,
        facts={"clock": clock.id, "due": clock.due_date, "day": day_of(ended), "at": ended},
        working_days_late=max(0, examined.working_days.working_days_between(clock.due_date, day_of(ended))),
    )
