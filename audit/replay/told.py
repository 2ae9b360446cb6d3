"""States of a case, and what two of them differ in, as plain data for programs."""

from collections.abc import Mapping, Sequence
from typing import Any

from audit.replay.case import RecordedCase
from audit.replay.difference import Difference
from audit.replay.hindsight import MovedLimit
from audit.replay.state import HolderThen, PastState
from domain.engine.records import Clock, ShownClock
from domain.evidence import plain
from domain.words import Basis


def state_told(recorded: RecordedCase, state: PastState, moved: Sequence[MovedLimit] = ()) -> dict[str, Any]:
    """A state with its events; ``moved`` are the limits that are others as known now."""
    return {
        **summary_told(recorded, state),
        "allowed": state.allowed,
        "clocks": [clock_told(clock, recorded.statute.id) for clock in state.clocks],
        "known_now": [moved_told(limit) for limit in moved],
        "events": [plain(event) for event in state.events],
    }


def summary_told(recorded: RecordedCase, state: PastState) -> dict[str, Any]:
    """Where a case stood, and with whom."""
    return {
        "request_id": recorded.request_id,
        "statute": recorded.statute.id,
        "at": state.at.isoformat(),
        "stage": state.stage,
        "outcome": state.outcome,
        "waits_for": list(state.waits_for),
        "holders": [_holder_told(holder) for holder in state.holders],
    }


def difference_told(recorded: RecordedCase, found: Difference) -> dict[str, Any]:
    """What two instants of a case differ in."""
    of = recorded.statute.id
    return {
        "request_id": recorded.request_id,
        "statute": of,
        "from": summary_told(recorded, found.before),
        "to": summary_told(recorded, found.after),
        "gained": found.gained,
        "lost": found.lost,
        "started": [clock_told(clock, of) for clock in found.started],
        "changed": [
            {
                "number": each.clock.number,
                "id": each.clock.id,
                "changes": {name: [_value(one), _value(two)] for name, (one, two) in each.changes.items()},
            }
            for each in found.changed
        ],
        "events": [plain(event) for event in found.events],
    }


def clock_told(clock: Clock, statute: str) -> dict[str, Any]:
    """A limit; ``statute`` is the case's own, for limits that stand in it."""
    said = {name: _value(getattr(clock, name)) for name in ShownClock.model_fields}
    return {**said, "statute": clock.statute or (statute if clock.basis is Basis.STATUTE else None)}


def moved_told(limit: MovedLimit) -> Mapping[str, Any]:
    """A limit as known then and as known now."""
    return {
        "number": limit.clock.number,
        "id": limit.clock.id,
        "due_date_then": limit.clock.due_date.isoformat(),
        "due_date_now": limit.due_date.isoformat(),
        "due_at_now": limit.due_at.isoformat(),
        "provisional_then": limit.clock.provisional,
        "provisional_now": limit.provisional,
        "days": limit.days,
        "late_then": limit.late_then,
        "late_now": limit.late_now,
    }


def _holder_told(holder: HolderThen) -> Mapping[str, Any]:
    name = holder.name
    return {"role": holder.role, "org": holder.org, "name": {"zh": name.zh, "en": name.en} if name else None}


def _value(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
