"""The records of a case: actors, events, clocks, and the step that writes them together.

An :class:`Event` is what a rule says happened. A :class:`NumberedEvent` also has its number in the case and the
deadline of the clock it starts. A :class:`RecordedEvent` is a row of the ledger, chained by digest to the one before.
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
    """An immutable value; unknown keys are refused.

    ``ADDED_LATER``: fields that older records do not have; digests leave them out when they are None.
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
    """A clock to be started, with everything that is known before its deadline is computed.

    ``warn_before`` are working days before the due date; ``ladder`` is climbed after a breach. ``supersedes`` is the
    number of the clock that this one replaces. ``statute`` is the regulation of the article, if it is not the case's
    own statute.
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
    """The clock of a limit (时限), running or ended, as people are shown it.

    ``due_date`` is the last day inside the limit, ``due_at`` the instant at which that day ends. ``statute`` is
    the regulation of the article, if it is not the case's own statute.
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
    """What a rule says happened (事件), before it is numbered and chained in the ledger.

    ``stage`` is the stage after the event. ``order`` is set if and only if a clock starts. ``statute`` is the
    regulation of the article, if it is not the case's own statute.
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
    """An event with its number in the case and the computed deadline of the clock it starts.

    ``data`` is what was said; ``clock`` is set if and only if a clock started. ``key`` is the caller's idempotency key
    of the command that caused the event. ``statute`` is the regulation of the article: the case's own, or one above it.
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
    """One row of the ledger (台账记录): ``digest`` covers the event and ``prev``, the digest of the event before.

    The digest covers a commitment to the acting person instead of the name. ``salt`` is what the commitment was made
    with; person and salt come together. If the person is withheld, the commitment replaces the name and there is no
    salt.
    """

    ADDED_LATER = frozenset({"salt"})

    prev: str
    digest: str
    salt: Salt | None = None


class Step(Record):
    """Everything that one decision, or one instant reached by a clock, writes atomically.

    ``statute`` is the case's own. ``head`` is the number of the last event that the case knows, ``prev`` that event's
    digest and ``algorithm`` how the case's digests are computed (None: unknown, to be looked up). ``key`` is the
    idempotency key. ``known_on``: only calendar editions known on that day count (None: all). ``header`` comes with a
    filing. ``awaits``: whose move it is afterwards, where the stage alone does not say so.
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
    awaits: tuple[Role, ...] | None = None


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
    """The state of the ledger after a step, and what the case does not know yet.

    ``applied``: the step is in the ledger; ``dues`` are the deadlines of the clocks that it starts, in order.
    ``events``: the newer events, if the ledger was ahead because another step came first or the answer to a step was
    lost (the case takes them over and decides again, unless they are this very step), or the events that the step's key
    has already caused.
    ``head`` and ``digest``: number and digest of the last event.
    ``key_reused``: nothing was written, because the key was used for a different command.
    """

    applied: bool
    head: int
    digest: str
    algorithm: Algorithm | None = None
    dues: tuple[Deadline, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    key_reused: bool = False
