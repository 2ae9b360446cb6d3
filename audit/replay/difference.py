"""What two instants of a case differ in (两时点比较)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from audit.replay.state import PastState
from domain.engine.records import Clock, RecordedEvent
from domain.words import CommandName, Role

CHANGING: Final = ("state", "ended_at", "warned", "climbed")
"""What of a clock changes in its life; all else stays as it was started."""


@dataclass(frozen=True)
class ChangedClock:
    """A clock that stood at both instants, and what of it was then and later."""

    clock: Clock
    changes: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True)
class Difference:
    """From the earlier of two states of a case to the later one.

    ``events`` happened after the one and up to the other. ``gained`` and ``lost`` are the commands that a role might
    give later and not before, and before and not later. ``started`` are the clocks that the earlier one does not have.
    """

    before: PastState
    after: PastState
    events: Sequence[RecordedEvent]
    gained: Mapping[Role, Sequence[CommandName]]
    lost: Mapping[Role, Sequence[CommandName]]
    started: Sequence[Clock]
    changed: Sequence[ChangedClock]


def difference(one: PastState, other: PastState) -> Difference:
    """What changed between two states of one case, whichever of them is the earlier."""
    before, after = sorted((one, other), key=lambda state: state.at)
    known = {clock.number: clock for clock in before.clocks}
    return Difference(
        before=before,
        after=after,
        events=after.events[len(before.events) :],
        gained=_more(after.allowed, before.allowed),
        lost=_more(before.allowed, after.allowed),
        started=[clock for clock in after.clocks if clock.number not in known],
        changed=[*_changed(known, after.clocks)],
    )


def _more(
    these: Mapping[Role, Sequence[CommandName]], than: Mapping[Role, Sequence[CommandName]]
) -> Mapping[Role, Sequence[CommandName]]:
    left = {role: [name for name in names if name not in than.get(role, ())] for role, names in these.items()}
    return {role: names for role, names in left.items() if names}


def _changed(known: Mapping[int, Clock], later: Sequence[Clock]) -> Iterator[ChangedClock]:
    for clock in later:
        before = known.get(clock.number)
        if before is not None and before != clock:
            pairs = {name: (getattr(before, name), getattr(clock, name)) for name in CHANGING}
            yield ChangedClock(clock, {name: pair for name, pair in pairs.items() if pair[0] != pair[1]})
