"""What a case's events make of its own row and of its clocks (现状): what everybody reads follows from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from domain.engine.evolve import fold_clock
from domain.engine.records import Clock, NumberedEvent, RecordedEvent
from domain.evidence import plain
from domain.model import Fixed
from domain.words import ClockState, EventType, Outcome, Urgency

ABOUT_MORE_TIME: Final = (EventType.EXTENSION_REQUESTED, EventType.EXTENSION_APPROVED, EventType.EXTENSION_DENIED)
LADDER: Final = tuple(Urgency)
"""The rungs of supervision from the lowest; a case's row has the place of the highest that it was urged at, from 1."""


class StandingRow(Fixed):
    """What of a case's row its events decide. Words are plain text: a row may have been written by anybody."""

    stage: str
    outcome: str | None = None
    closed_at: datetime | None = None
    seq: int
    head_digest: str
    due_at: datetime | None
    due_unit: str | None
    due_amount: int | None
    breached: bool
    extension_asked: bool
    rung: int


class StandingClock(Fixed):
    """What the table of clocks has of one of them."""

    number: int
    seq: int
    id: str
    started_at: datetime
    amount: int
    unit: str
    due_date: date
    due_at: datetime
    provisional: bool
    state: str
    ended_at: datetime | None
    warned: int
    climbed: int


@dataclass(frozen=True)
class CaseStanding:
    """How a case stands: its row, and its clocks by their numbers."""

    row: StandingRow
    clocks: Mapping[int, StandingClock]


def standing_of(events: Sequence[RecordedEvent]) -> CaseStanding:
    """How a case stands after all of its events, of which there must be any."""
    started: dict[int, int] = {}
    clocks: Mapping[int, Clock] = {}
    for event in events:
        if event.clock is not None:
            started[event.clock.number] = event.seq
        clocks = fold_clock(clocks, event)
    after = row_after(events, [event.digest for event in events])
    return CaseStanding(
        StandingRow.model_validate({**row_of_clocks([*clocks.values()]), **after}),
        {
            number: StandingClock.model_validate(
                {name: plain(getattr(clock, name)) for name in StandingClock.model_fields if name != "seq"}
                | {"seq": started[number]}
            )
            for number, clock in clocks.items()
        },
    )


def row_after(events: Sequence[NumberedEvent], digests: Sequence[str]) -> dict[str, Any]:
    """What events say in the case's own row; what they say nothing of stays as it was."""
    after: dict[str, Any] = {"stage": events[-1].stage, "seq": events[-1].seq, "head_digest": digests[-1]}
    for event in events:
        if event.type is EventType.CLOSED:
            after |= {"outcome": Outcome(event.data["outcome"]), "closed_at": plain(event.at)}
        elif event.type in ABOUT_MORE_TIME:
            after["extension_asked"] = event.type is EventType.EXTENSION_REQUESTED
        elif event.type is EventType.URGED and "level" in event.data:
            after["rung"] = max(after.get("rung", 0), LADDER.index(event.data["level"]) + 1)
    return after


def row_of_clocks(clocks: Sequence[Clock]) -> dict[str, Any]:
    """What the clocks of a case say in its row, where nothing else was said in it."""
    still_open = [clock for clock in clocks if clock.open]
    first = min(still_open, key=lambda clock: (clock.due_at, clock.number), default=None)
    return {
        "due_at": plain(first.due_at) if first else None,
        "due_unit": first.unit if first else None,
        "due_amount": first.amount if first else None,
        "breached": any(clock.state is ClockState.BREACHED for clock in still_open),
        "extension_asked": False,
        "rung": 0,
    }
