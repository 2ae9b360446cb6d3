"""What happened in a case, as every form of event log tells it; persons are left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from audit.replay.case import RecordedCase
from domain.engine.filed import Party
from domain.engine.records import RecordedEvent
from domain.words import EventType, Role

ABOUT_CLOCKS: Final = {
    EventType.CLOCK_STARTED: "starts",
    EventType.CLOCK_WARNED: "warns of",
    EventType.CLOCK_BREACHED: "breaches",
    EventType.CLOCK_MET: "meets",
    EventType.CLOCK_SUPERSEDED: "supersedes",
    EventType.CLOCK_CANCELLED: "cancels",
    EventType.URGED: "urges",
    EventType.RECTIFICATION_ORDERED: "sanctions",
}
"""What an event is to the clock that it is about."""


@dataclass(frozen=True)
class Happening:
    """One event of a case: ``clock`` is the number of the clock that it is about and ``kind`` that clock's word."""

    event: RecordedEvent
    clock: int | None
    kind: str | None


def happenings(recorded: RecordedCase) -> Iterator[Happening]:
    """The events of a case in order."""
    kinds: dict[int, str] = {}
    for event in recorded.events:
        if event.clock is not None:
            kinds[event.clock.number] = event.clock.id.value
        number = event.clock.number if event.clock else event.data.get("number")
        about = number if event.type in ABOUT_CLOCKS and isinstance(number, int) and number in kinds else None
        yield Happening(event, about, None if about is None else kinds[about])


def party_of(recorded: RecordedCase, role: Role) -> Party | None:
    """The department that acts in a role of this case, as it was filed; None for every other role."""
    case = recorded.unfiled
    return {Role.REQUESTER: case.requester, Role.PROVIDER: case.provider}.get(role)
