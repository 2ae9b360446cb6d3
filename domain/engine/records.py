"""What travels and what stays: actors, events, clocks and the step that records them together.

An :class:`Event` is what a rule says happened. A :class:`NumberedEvent` is an event in its place, with its clock's
deadline worked out; a :class:`RecordedEvent` is one as the ledger holds it: chained to the one before.
"""

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar, Literal

from pydantic import Field

from domain.clocks import ClockId
from domain.field_types import Salt, ShortText
from domain.model import Fixed
from domain.policy import LadderStep
from domain.words import Basis, ClockState, EventType, Role, Stage, Unit, Urgency

Algorithm = Literal["sm3", "sha256"]
"""How digests are computed: SM3 (GB/T 32905, 国密) or SHA-256."""


class Record(Fixed):
    """A value that never changes once made; unknown keys are refused.

    ``ADDED_LATER`` are fields that older records do not have: evidence leaves them out where they are None.
    """

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


class ShownClock(Record):
    """A limit that runs, ran out or was kept (时限), as people are shown its clock.

    ``due_date`` is the last day inside the limit, ``due_at`` the instant at which that day ends. ``statute`` is
    the regulation that the article stands in, where that is not the case's own statute.
    """

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
    supersedes: int | None = None
    statute: str | None = None
    state: ClockState = ClockState.RUNNING
    ended_at: datetime | None = None

    @property
    def open(self) -> bool:
        """Running, or breached and still waiting for the act it measures."""
        return self.state in (ClockState.RUNNING, ClockState.BREACHED) and self.ended_at is None


class Clock(ShownClock):
    """A limit with all that the engine goes by (时限记录). Never edited: a new one supersedes it.

    ``due_date`` is the last day inside the limit, ``due_at`` the instant at which that day ends. ``statute`` is
    the regulation that the article stands in, where that is not the case's own statute. ``warn_at`` are the instants
    of its warnings, ``rungs`` those of the supervision ladder; ``warned`` and ``climbed`` say how many are over.
    """

    ADDED_LATER = frozenset({"statute"})

    calendar_editions: tuple[str, ...] = ()
    warn_at: tuple[datetime, ...] = ()
    rungs: tuple[Rung, ...] = ()
    warned: int = 0
    climbed: int = 0


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


class NumberedEvent(Record):
    """An event in its place in a case, with its clock's deadline worked out.

    ``data`` is what was said; ``clock`` is there when a clock started and only then. ``key`` is the
    caller's key of the command that caused it. ``statute`` is the regulation that the article stands in: the case's
    own, or one above it.
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


class RecordedEvent(NumberedEvent):
    """One line of the ledger (台账记录): ``digest`` covers all of it and ``prev``, the digest of the event before.

    Of the person who acted it covers a commitment, made with ``salt``: both stand here or neither. Where a person was
    withheld, its commitment stands in the place of its name, and there is no salt.
    """

    ADDED_LATER = frozenset({"salt"})

    prev: str
    digest: str
    salt: Salt | None = None


class Step(Record):
    """Everything that one decision, or one instant reached by a clock, writes: all of it or nothing.

    ``statute`` is the case's own. ``head`` is the number of the last event that the case knows of, ``prev`` that
    event's digest and ``algorithm`` how the case's digests are computed (None: not known, to be looked up); ``key``
    makes a repeated command the same step. ``known_on`` is the day whose knowledge of the calendar counts (None: all
    editions). ``header`` comes with a filing.
    """

    request_id: str
    statute: str
    head: int
    prev: str | None = None
    algorithm: Algorithm | None = None
    events: tuple[Event, ...]
    key: str | None = None
    known_on: date | None = None
    close_of_business: time | None = None
    header: Mapping[str, Any] | None = None


class Deadline(Record):
    """What the calendar adds to a :class:`ClockOrder`; the fields are those of :class:`Clock`."""

    due_date: date
    due_at: datetime
    provisional: bool
    calendar_edition: str
    calendar_editions: tuple[str, ...] = ()
    warn_at: tuple[datetime, ...] = ()
    rungs: tuple[Rung, ...] = ()


class StepResult(Record):
    """Where the ledger stands after a step, and what the case does not know yet.

    ``applied`` says whether the step itself is in it, with ``dues`` for the clocks that it starts, in their order.
    ``events`` are there only when the ledger was ahead (somebody was there before, or a step's answer was lost: the
    case takes them over and, unless it was this step, thinks again), or when the step's key gave them before.
    ``head`` and ``digest`` are the number and digest of the last event. ``key_reused``: nothing was written, for the
    caller's key stands for something else.
    """

    applied: bool
    head: int
    digest: str
    algorithm: Algorithm | None = None
    dues: tuple[Deadline, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    key_reused: bool = False
