"""What time alone does to a case: warnings, breaches, rungs of the supervision ladder, closing windows.

Time never grants and never refuses. Everything is recorded at its own instant and in order, however late it is noticed.
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
    """What is due at an instant; if several things are due at once, in this order."""

    WARNING = 0
    BREACH = 1
    RUNG = 2


@dataclass(frozen=True, order=True)
class Instant:
    """Something due: when, what, and the number of its clock."""

    at: datetime
    what: TimerKind
    number: int


def next_instant(case: Case) -> Instant | None:
    """The next thing that time will bring to a case, or None if it waits only for people."""
    return None if case.closed else min(_instants(case), default=None)


def advance(procedure: Procedure[P], case: P, until: datetime) -> tuple[P, list[Event]]:
    """The case after time has passed until ``until`` (inclusive), and the events on the way.

    A limit may have ended before the case began, for instance when a change of long ago is filed today. Its
    consequences are noticed at once and recorded after everything that has happened since.
    """
    happened: list[Event] = []
    while (due := next_instant(case)) is not None and due.at <= until:
        # A notice can move the end of a limit to before its own publication; nobody knew until then.
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
    """The events that supersede the running clocks whose deadline a new calendar edition changes.

    ``fresh`` holds, by number, each running clock as it would be computed today. A clock whose end and certainty stay
    the same is left alone.
    """
    decision = Decision(case, PLATFORM, at, case.stage)
    for number, now in fresh.items():
        old = case.clocks[number]
        if old.state is not ClockState.RUNNING:
            continue
        if (old.due_at, old.provisional) != (now.due_at, now.provisional):
            decision.replace(old, why, None, old.amount)
    return decision.events
