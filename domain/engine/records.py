"""What travels and what stays: actors, events, clocks and the step that records them together.

An :class:`Event` is what a rule says happened. A :class:`RecordedEvent` is an event as the ledger holds it: numbered,
with its clock's deadline worked out, and chained to the one before.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from domain.field_types import ShortText
from domain.policy import LadderStep
from domain.words import Basis, ClockId, ClockState, EventType, Role, Stage, Unit, Urgency


class Record(BaseModel):
    """A value that never changes once made; unknown keys are refused.

    ``ADDED_LATER`` are fields that older records do not have: evidence leaves them out where they are None.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    ADDED_LATER: ClassVar[frozenset[str]] = frozenset()


class Actor(Record):
    """Who acts (办理人): the role, the organisation's code and, where known, the person."""

    role: Role
    org: ShortText | None = None
    person: ShortText | None = None


class Rung(Record):
    """One rung of the supervision ladder: its level and the instant at which it is reached."""

    level: Urgency
    at: datetime


class ClockOrder(Record):
    """A clock to be started: all that is known before the calendar is asked.

    ``warn_before`` are working days before the due date; ``ladder`` is climbed after a breach.
    ``supersedes`` is the number of the clock that this one replaces. ``statute`` is the regulation that the
    article stands in, where that is not the case's own statute.
    """

    number: int
    id: ClockId
    basis: Basis
    article: str | None
    quote: str | None
    started_at: datetime
    amount: int
    unit: Unit
    warn_before: tuple[int, ...] = ()
    ladder: tuple[LadderStep, ...] = ()
    supersedes: int | None = None
    statute: str | None = None


class Clock(Record):
    """A limit that runs, ran out or was kept (时限记录). Never edited: a new one supersedes it.

    ``due_date`` is the last day inside the limit, ``due_at`` the instant at which that day ends. ``statute`` is
    the regulation that the article stands in, where that is not the case's own statute.
    """

    ADDED_LATER = frozenset({"statute"})

    number: int
    id: ClockId
    basis: Basis
    article: str | None
    quote: str | None
    started_at: datetime
    amount: int
    unit: Unit
    due_date: date
    due_at: datetime
    provisional: bool
    calendar_edition: str
    calendar_editions: tuple[str, ...] = ()
    warn_at: tuple[datetime, ...] = ()
    rungs: tuple[Rung, ...] = ()
    supersedes: int | None = None
    statute: str | None = None
    state: ClockState = ClockState.RUNNING
    ended_at: datetime | None = None
    warned: int = 0
    climbed: int = 0

    @property
    def open(self) -> bool:
        """Running, or breached and still waiting for the act it measures."""
        return self.state in (ClockState.RUNNING, ClockState.BREACHED) and self.ended_at is None


class Event(Record):
    """What a rule says happened (事件), before the ledger numbers and chains it.

    ``stage`` is the stage after it. ``order`` is there when a clock starts and only then. ``statute`` is the
    regulation that the article stands in, where that is not the case's own statute.
    """

    type: EventType
    at: datetime
    actor: Actor
    stage: Stage
    article: str | None = None
    data: Mapping[str, Any] = Field(default_factory=dict)
    order: ClockOrder | None = None
    statute: str | None = None


class RecordedEvent(Record):
    """One line of the ledger (台账记录).

    ``data`` is what was said; ``clock`` is there when a clock started and only then. ``key`` is the
    caller's key of the command that caused it. ``statute`` is the regulation that the article stands in: the case's
    own, or one above it. ``digest`` covers all of it and ``prev``.
    """

    seq: int
    at: datetime
    type: EventType
    actor: Actor
    stage: Stage
    statute: str
    article: str | None
    data: Mapping[str, Any]
    clock: Clock | None = None
    key: str | None = None
    prev: str
    digest: str


class Step(Record):
    """Everything that one decision, or one instant reached by a clock, writes: all of it or nothing.

    ``head`` is the number of the last event that the case knows of; ``key`` makes a repeated command
    the same step. ``known_on`` is the day whose knowledge of the calendar counts (None: all editions).
    """

    request_id: str
    head: int
    events: Sequence[Event]
    key: str | None = None
    known_on: date | None = None
    close_of_business: time | None = None
    header: Mapping[str, Any] | None = None


class StepResult(Record):
    """What the ledger holds after ``head``.

    ``applied`` says whether the step itself is in it. Otherwise somebody was there before (a step whose
    answer was lost): the case takes these events over and thinks again. ``now``: it was written by this call.
    """

    applied: bool
    now: bool = False
    events: Sequence[RecordedEvent]
