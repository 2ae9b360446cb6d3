"""The values that queries of the ledger return. Instants are in Beijing time (+08:00)."""

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
    """A technical reason why a case is stuck, and since when it is known; for operators."""

    reason: str
    since: datetime


class CaseSummary(CaseParticulars):
    """The current state of a case (事项概况), with all of its clocks in the order in which they started.

    ``seq`` and ``head_digest`` are the number and digest of its last event. ``parked``: the reasons why it is stuck,
    oldest first. ``awaits``: whose move it is, if the stage alone does not say so.
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
        """Whether a clock is breached and its act is still awaited."""
        return any(clock.open and clock.state is ClockState.BREACHED for clock in self.clocks)

    @property
    def due_at(self) -> datetime | None:
        """When the first open clock is or was due; None if none is open."""
        return min((clock.due_at for clock in self.clocks if clock.open), default=None)


class CaseDetail(CaseSummary):
    """A case with its filing. Its statute and policy are rule texts, which the reader has loaded."""

    clocks: tuple[Clock, ...] = ()
    application: Mapping[str, Any]

    @property
    def statute_then(self) -> Statute:
        """The statute as it was when the case was filed. Raises RuleTextMissing if the ledger has lost it."""
        return KNOWN.statute(self.statute_digest)

    @property
    def policy_then(self) -> Policy:
        """The operator's policy as it was then. Raises RuleTextMissing if the ledger has lost it."""
        return KNOWN.policy(self.policy_digest)


@dataclass(frozen=True)
class Page:
    """A page of cases; ``next`` is the cursor of the next page, None on the last."""

    cases: tuple[CaseSummary, ...]
    next: str | None


@dataclass(frozen=True)
class CaseFilter:
    """Filter of a list of cases; None (or False) means any.

    ``party``: the code of an organisation that must be requester or provider. ``breached``: only cases with an open
    breached clock. ``stuck``: those, and parked ones. ``open``: only cases that are not closed (False: only closed
    ones). ``visibility``: only what its holder may see. ``since`` (inclusive) and ``before`` (exclusive): only cases
    that were open at some time between. ``or_disposed``, with ``since``: also cases closed earlier of which something
    was disposed of since. ``between_two``: only cases that have two departments, not those of one department alone.
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

    ``extension_asked``: only those with a pending request for an extension. ``superiors``: only those that name one of
    these as their superior (empty set: those that name none). ``role``: if the stage may wait for several roles, only
    those in which it is this role's turn.
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
    """The size of a list, and how many of its cases are late or due today; MOST_COUNTED + 1 means that many or more."""

    number: int
    late: int = 0
    today: int = 0


MOST_COUNTED: Final = 99
"""The most cases counted: enough for a badge."""


@dataclass(frozen=True)
class Held:
    """Filter of a worklist: cases claimed by one of ``officers`` of a unit; without officers, unclaimed cases."""

    unit: str
    officers: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Head:
    """The last event of a case in the ledger, to be compared with its workflow."""

    request_id: str
    seq: int
    closed: bool
    workflow_id: str
    updated_at: datetime


@dataclass(frozen=True)
class OutboxMessage:
    """A message of the outbox; ``id`` is its position, which only grows. ``payload`` is the JSON of its event."""

    id: int
    request_id: str
    seq: int
    type: str
    payload: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class LimitsEnded:
    """What became of limits since a position of the outbox: how many were missed, and how long each that was met, in
    time or late, took. ``upto`` is the last position that was looked at.
    """

    upto: int
    breached: Mapping[ClockId, int] = field(default_factory=dict)
    kept: Sequence[tuple[ClockId, bool, timedelta]] = ()
    """The days of each limit that was met, with whether it was late."""


@dataclass(frozen=True)
class Counts:
    """Figures for metrics. ``pending``: messages that a webhook has yet to look at, and ``oldest_pending`` when the
    oldest of them was written. ``causes``: how many subjects are stuck for each of the most frequent causes.
    ``unsigned_since``: when the newest checkpoint was made, if something was recorded since; None otherwise, and if
    there is no checkpoint. ``unarchived_since``: since when the first ended case waits for the archive.
    ``unbacked_since``: when the newest backup was made, or, without one, the first case filed; None: no cases.
    ``wal_waits_since``: when the server last archived WAL, if it has failed since.
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
    """A stored event, from a row or from its JSON."""
    return RecordedEvent.model_validate({name: row[name] for name in OF_AN_EVENT if name in row})


def message_from(row: RowMapping) -> OutboxMessage:
    """A message from its row in the outbox, joined with the columns of its event."""
    payload = {**{name: row[name] for name in OF_AN_EVENT}, "at": instant_text(row["at"])}
    if payload["salt"] is None:
        del payload["salt"]
    return OutboxMessage(row["position"], row["request_id"], row["seq"], row["type"], payload, row["created_at"])


def cases_from(texts: Iterable[str]) -> tuple[CaseSummary, ...]:
    """Cases from their JSON, validated in one call for all of them."""
    return _cases().validate_json(f"[{','.join(texts)}]")


@cache
def _cases() -> TypeAdapter[tuple[CaseSummary, ...]]:
    return TypeAdapter(tuple[CaseSummary, ...])
