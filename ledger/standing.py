"""The current state (现状) that a case's events imply: its row and its clocks, which is what everybody reads."""

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
"""The rungs of supervision from the lowest; a case's row has the number, from 1, of the highest one reached."""


class StandingRow(Fixed):
    """The part of a case's row that its events determine. Words are plain text: the row may have been tampered with."""

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
    """One row of the table of clocks."""

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
    """The state of a case: its row, and its clocks by number."""

    row: StandingRow
    clocks: Mapping[int, StandingClock]


def standing_of(events: Sequence[RecordedEvent]) -> CaseStanding:
    """The state of a case after all of its events; there must be at least one."""
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
    """The columns of the case's row that these events set; all others stay as they are."""
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
    """The columns of the case's row that follow from its clocks."""
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
