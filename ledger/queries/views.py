"""What the ledger answers with: values, never rows. Instants are in Beijing time (+08:00)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from domain.access import Visibility
from domain.clocks import ClockId
from domain.engine.records import Clock, Record, RecordedEvent, ShownClock
from domain.evidence import COVERED, Algorithm, instant_text
from domain.policy import Policy
from domain.rule_texts import KNOWN
from domain.statutes.model import Statute
from domain.stuck import StuckKind
from domain.words import ClockState, Outcome, ProcedureName, Role, Stage
from ledger.particulars import CaseParticulars


class Parked(Record):
    """Why the engine, not a person, holds a case up, and since when it is known: the operator's business."""

    reason: str
    since: datetime


class CaseSummary(CaseParticulars):
    """Where a case stands (事项概况), with all of its clocks in the order in which they started.

    ``seq`` and ``head_digest`` are the number and digest of its last event. ``parked``: every reason that holds the
    case up, the oldest first. ``awaits``: whose move it is, where the stage alone does not say so.
    """

    request_id: str
    stage: Stage
    outcome: Outcome | None
    closed_at: datetime | None
    seq: int
    head_digest: str
    algorithm: Algorithm
    parked: tuple[Parked, ...] = ()
    awaits: tuple[Role, ...] | None = None
    updated_at: datetime
    clocks: tuple[ShownClock, ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether a clock is breached and the act that it measures is still awaited."""
        return any(clock.open and clock.state is ClockState.BREACHED for clock in self.clocks)

    @property
    def due_at(self) -> datetime | None:
        """When the next open clock is due, or was; None when none is open."""
        return min((clock.due_at for clock in self.clocks if clock.open), default=None)


class CaseDetail(CaseSummary):
    """A case with what it was filed with. Statute and policy of then are texts, which the reader has fetched."""

    clocks: tuple[Clock, ...] = ()
    application: Mapping[str, Any]

    @property
    def statute_then(self) -> Statute:
        """The statute as it stood when the case was filed. Raises RuleTextMissing where the ledger has lost it."""
        return KNOWN.statute(self.statute_digest)

    @property
    def policy_then(self) -> Policy:
        """The operator's policy as it stood then. Raises RuleTextMissing where the ledger has lost it."""
        return KNOWN.policy(self.policy_digest)


@dataclass(frozen=True)
class Page:
    """Some cases of a list; ``next`` is the cursor of the following page, None on the last."""

    cases: tuple[CaseSummary, ...]
    next: str | None


@dataclass(frozen=True)
class CaseFilter:
    """Which cases a list shows; a field left None (or False) does not narrow it.

    ``party`` is an organisation's code that must be requester or provider. ``breached``: only cases
    with an open breached clock. ``stuck``: those, and the ones parked with a reason. ``open``: only
    cases that are not closed (False: only closed ones). ``visibility``: only what its holder may see.
    ``since`` and ``before``: only cases that were open at some time from the one instant to short of the other.
    ``or_disposed``: where there is a ``since``, also those that were closed before, and of which an act then let go of
    something. ``between_two``: only cases that have two departments, not those of one department alone.
    """

    procedure: ProcedureName | None = None
    opened_by: str | None = None
    stage: Stage | None = None
    outcome: Outcome | None = None
    statute: str | None = None
    resource: str | None = None
    party: str | None = None
    requester: str | None = None
    provider: str | None = None
    open: bool | None = None
    breached: bool = False
    stuck: bool = False
    visibility: Visibility | None = None
    since: datetime | None = None
    before: datetime | None = None
    or_disposed: bool = False
    between_two: bool = False


@dataclass(frozen=True)
class WorklistFilter:
    """Whose move it is: cases under one of ``statutes`` in one of ``stages``; ``org`` is the ``party`` (None: whoever).

    ``extension_asked`` narrows it to those in which the provider waits for an answer to its request for more time,
    ``superiors`` to cases that name one of these as their superior (an empty set: to those that name none), ``role`` to
    those in whose stage it is this role's turn, where the stage may wait for several.
    """

    stages: frozenset[Stage]
    statutes: frozenset[str]
    party: Literal["requester", "provider"] | None = None
    org: str | None = None
    extension_asked: bool = False
    superiors: frozenset[str] | None = None
    role: Role | None = None


@dataclass(frozen=True)
class ListSize:
    """How many cases a list has, how many of them are late, how many due today; MOST_COUNTED + 1: so many or more."""

    number: int
    late: int = 0
    today: int = 0


MOST_COUNTED: Final = 99
"""So far the cases of a list are counted: what a badge holds."""


@dataclass(frozen=True)
class Held:
    """Whose cases of a worklist: those that one of ``officers`` of a unit does; none named: that nobody there does."""

    unit: str
    officers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Head:
    """How far the ledger knows a case, to compare with its workflow."""

    request_id: str
    seq: int
    closed: bool
    workflow_id: str
    updated_at: datetime


@dataclass(frozen=True)
class OutboxMessage:
    """One event on its way out; ``id`` is its position, which only grows. ``payload`` is the event's own JSON."""

    id: int
    request_id: str
    seq: int
    type: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class LimitsEnded:
    """What became of limits since a position of the outbox: how many ran out, and of each that was kept, in time or
    late, how long that took. ``upto`` is the last position that was looked at.
    """

    upto: int
    breached: Mapping[ClockId, int] = field(default_factory=dict)
    kept: Sequence[tuple[ClockId, bool, timedelta]] = ()
    """Each with whether it was late."""


@dataclass(frozen=True)
class Counts:
    """Figures for metrics. ``pending``: messages that a webhook has not looked at yet, and
    ``oldest_pending`` when the oldest of them was written. ``causes``: how much is stuck for each of the most frequent.
    ``unsigned_since``: when the newest checkpoint was made, where something was recorded since; None where nothing was
    and where none was ever made. ``unarchived_since``: since when the first ended case waits for the archive.
    ``unbacked_since``: when the newest backup was made, or the first case filed where none was; None: nothing is there.
    ``wal_waits_since``: when the server last archived its WAL, where it has failed to since.
    """

    cases: Mapping[tuple[str, Stage, Outcome | None], int]
    running: Mapping[ClockId, int]
    breached: Mapping[ClockId, int]
    ended: LimitsEnded
    stuck: int
    causes: Mapping[tuple[StuckKind, str], int]
    pending: int
    oldest_pending: datetime | None
    unsigned_since: datetime | None
    unarchived_since: datetime | None
    unbacked_since: datetime | None
    wal_waits_since: datetime | None


OF_AN_EVENT: Final = (*COVERED, "prev", "digest", "salt")


def event_from(row: Mapping[Any, Any]) -> RecordedEvent:
    """An event as it is stored, from a row or from its own JSON."""
    return RecordedEvent.model_validate({name: row[name] for name in OF_AN_EVENT if name in row})


def message_from(row: RowMapping) -> OutboxMessage:
    """A message from its row in the outbox beside the columns of its event, which hold JSON as it was digested."""
    payload = {**{name: row[name] for name in OF_AN_EVENT}, "at": instant_text(row["at"])}
    if payload["salt"] is None:
        del payload["salt"]
    return OutboxMessage(row["position"], row["request_id"], row["seq"], row["type"], payload, row["created_at"])


def cases_from(texts: Iterable[str]) -> tuple[CaseSummary, ...]:
    """Cases from the JSON of each: one call of what reads and checks it, for all of them."""
    return _cases().validate_json(f"[{','.join(texts)}]")


@cache
def _cases() -> TypeAdapter[tuple[CaseSummary, ...]]:
    return TypeAdapter(tuple[CaseSummary, ...])
