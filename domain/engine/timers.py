"""What time alone does to a case: it warns, it records breaches, it climbs the ladder, it closes windows.

It never grants and never refuses. Everything happens at its own instant, in order, however late it is noticed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TypeVar

from domain.engine.case import Case
from domain.engine.decision import PLATFORM, Decision
from domain.engine.evolve import evolve_all
from domain.engine.procedure import Procedure
from domain.engine.records import Clock, Event
from domain.words import ClockState, EventType

P = TypeVar("P", bound=Case)


class TimerKind(IntEnum):
    """What an instant brings; of things due at once, in this order."""

    WARNING = 0
    BREACH = 1
    RUNG = 2


@dataclass(frozen=True, order=True)
class Instant:
    """Something due: when, which clock, and what (a warning before a breach before a rung)."""

    at: datetime
    what: TimerKind
    number: int


def next_instant(case: Case) -> Instant | None:
    """The next thing that time will do to a case, or None when it waits for people alone."""
    return None if case.closed else min(_instants(case), default=None)


def advance(procedure: Procedure[P], case: P, until: datetime) -> tuple[P, list[Event]]:
    """The case as time alone leaves it at ``until`` (inclusive), and the events on the way.

    A limit may have ended before the case began (a change of long ago that is filed today): what that brings is
    noticed at once and written down after what has happened since.
    """
    happened: list[Event] = []
    while (due := next_instant(case)) is not None and due.at <= until:
        # A notice can move a limit's end to before it was published: that is known from then on and not before.
        at = max(due.at, case.last_at) if case.last_at is not None else due.at
        decision = Decision(case, PLATFORM, at, case.stage)
        _pass(procedure, decision, case.clocks[due.number], due.what)
        case = evolve_all(case, decision.events)
        happened += decision.events
    return case, happened


def _instants(case: Case) -> Iterator[Instant]:
    for clock in case.clocks.values():
        if clock.state is ClockState.RUNNING:
            for at in clock.warn_at[clock.warned : clock.warned + 1]:
                yield Instant(at, TimerKind.WARNING, clock.number)
            yield Instant(clock.due_at, TimerKind.BREACH, clock.number)
        elif clock.open:
            for rung in clock.rungs[clock.climbed : clock.climbed + 1]:
                yield Instant(rung.at, TimerKind.RUNG, clock.number)


def _pass(procedure: Procedure[P], decision: Decision[P], clock: Clock, what: TimerKind) -> None:
    about = {"number": clock.number, "clock": clock.id.value}
    due = {"due_date": clock.due_date.isoformat()}
    match what:
        case TimerKind.WARNING:
            decision.events.append(_event(decision, EventType.CLOCK_WARNED, clock, {**about, **due}))
        case TimerKind.BREACH:
            start = decision.stage
            if not procedure.on_expiry(decision, clock):
                decision.events.append(_event(decision, EventType.CLOCK_BREACHED, clock, {**about, **due}))
                decision.case = evolve_all(decision.case, decision.events)
                procedure.on_breach(decision, clock)
            procedure.complete(decision, start, clock.id)
        case TimerKind.RUNG:
            level = clock.rungs[clock.climbed].level
            said = {**about, "level": level.value, "rung": clock.climbed + 1, "automatic": True}
            decision.events.append(_event(decision, EventType.URGED, clock, said))


def _event(decision: Decision[P], type_: EventType, clock: Clock, data: Mapping[str, object]) -> Event:
    return Event(
        type=type_,
        at=decision.at,
        actor=PLATFORM,
        stage=decision.stage,
        article=clock.article,
        data={**data, **decision.case.standing_notes(decision.stage)},
        statute=clock.statute,
    )


def recounted(case: Case, fresh: dict[int, Clock], why: str, at: datetime) -> list[Event]:
    """The events that put right the running clocks whose deadline a new calendar edition changes.

    ``fresh`` holds each running clock as it would be started today. A clock whose last day and certainty
    stay the same is left alone.
    """
    decision = Decision(case, PLATFORM, at, case.stage)
    for number, now in fresh.items():
        old = case.clocks[number]
        if old.state is not ClockState.RUNNING:
            continue
        if (old.due_at, old.provisional) != (now.due_at, now.provisional):
            decision.replace(old, why, None, old.amount)
    return decision.events
