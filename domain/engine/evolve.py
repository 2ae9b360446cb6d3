"""How each event changes a case.

The state of a case is a fold over its events. :func:`evolve` is the only way it changes: in the running case, in a
replay years later, and in tests.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from domain.engine.case import Case
from domain.engine.records import Clock, Event, NumberedEvent
from domain.words import ClockState, EventType, Outcome

P = TypeVar("P", bound=Case)


def evolve(case: P, event: Event | NumberedEvent) -> P:
    """The case after one more event. An unrecorded :class:`Event` starts no clock, because it has no deadline yet."""
    changes: dict[str, Any] = {
        "stage": event.stage,
        "last_at": event.at,
        "clocks": fold_clock(case.clocks, event),
        "head": event.seq if isinstance(event, NumberedEvent) else case.head,
    }
    match event.type:
        case EventType.FILED:
            changes["opener"] = event.actor.role
        case EventType.CLOSED:
            changes["outcome"] = Outcome(event.data["outcome"])
        case EventType.CASE_OPENED:
            changes["opened"] = case.opened + 1
        case EventType.RECTIFICATION_ORDERED:
            changes["rectified"] = case.rectified | {event.data["number"]}
    case = replace(case, **changes)
    own = case.apply_event(event)
    return replace(case, **own) if own else case


def evolve_all(case: P, events: Iterable[Event | NumberedEvent]) -> P:
    """The case after all of these events, in order."""
    for event in events:
        case = evolve(case, event)
    return case


def fold_clock(clocks: Mapping[int, Clock], event: Event | NumberedEvent) -> Mapping[int, Clock]:
    """The clocks after an event, by number; the ledger's clock table and the running case both hold this fold."""
    if event.type is EventType.CLOCK_STARTED:
        clock = getattr(event, "clock", None)
        if clock is None:
            return clocks
        past = sum(1 for warning in clock.warn_at if warning <= event.at)
        return {**clocks, clock.number: clock.model_copy(update={"warned": past}) if past != clock.warned else clock}
    number = event.data.get("number")
    if not isinstance(number, int) or number not in clocks:
        return clocks
    change = _clock_change(clocks[number], event)
    return {**clocks, number: clocks[number].model_copy(update=change)} if change else clocks


def _clock_change(clock: Clock, event: Event | NumberedEvent) -> dict[str, Any]:
    match event.type:
        case EventType.CLOCK_WARNED:
            return {"warned": clock.warned + 1}
        case EventType.CLOCK_BREACHED:
            return {"state": ClockState.BREACHED}
        case EventType.CLOCK_MET:
            # A rule that cannot know whether the act was late leaves "late" out; the clock tells.
            late = clock.state is ClockState.BREACHED or ("late" not in event.data and clock.due_at <= event.at)
            return {"state": ClockState.MET_LATE if late else ClockState.MET, "ended_at": event.at}
        case EventType.CLOCK_SUPERSEDED:
            return {"state": ClockState.SUPERSEDED, "ended_at": event.at}
        case EventType.CLOCK_CANCELLED:
            # A limit that was missed stays missed, even when the act it measured is no longer needed.
            missed = clock.state is ClockState.BREACHED
            return {"state": clock.state if missed else ClockState.CANCELLED, "ended_at": event.at}
        case EventType.URGED if "rung" in event.data:
            return {"climbed": clock.climbed + 1}
        case _:
            return {}
