"""Recording a step: all that one decision writes, in one transaction, once however often it is asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy import Connection, Engine

from domain.engine.evolve import fold_clock
from domain.engine.records import Clock, ClockOrder, Event, Record, RecordedEvent, Step, StepResult
from domain.evidence import GENESIS, Algorithm, NotCanonical, plain, seal
from domain.words import ClockState, EventType, Outcome, SharingClass
from ledger.errors import LedgerConflict
from ledger.queries import writing
from ledger.queries.cases import clocks_of
from ledger.queries.events import events_after, events_with_key
from ledger.queries.views import event_from

Resolve = Callable[[ClockOrder, date | None, time | None], Clock]
"""Works out a clock's deadline from its order, the day whose knowledge of the calendar counts
(None: all editions) and the close of business (None: 24:00)."""

# What a clock keeps of its order word for word; the rest became instants.
_ORDERED = ("number", "id", "basis", "article", "quote", "started_at", "amount", "unit", "supersedes", "statute")

ABOUT_MORE_TIME = (EventType.EXTENSION_REQUESTED, EventType.EXTENSION_APPROVED, EventType.EXTENSION_DENIED)


class CaseHeader(Record):
    """What a case is filed with (登记内容). It never changes; a supplement is told by its event.

    ``statute_digest`` and ``policy_digest`` name the texts that stood then (:mod:`ledger.queries.texts`); ``opened_by``
    is the case that this one follows from. ``filing_key`` is the caller's key, ``filing_digest`` the digest of what
    was filed under it.
    """

    statute: str = Field(min_length=1)
    statute_digest: str
    policy_digest: str
    procedure: str
    requester_code: str
    requester_name: str
    provider_code: str
    provider_name: str
    resource_code: str
    resource_name: str
    sharing_class: SharingClass | None
    opened_by: str | None = None
    superior: str | None = None
    filed_at: datetime
    filing_key: str = Field(min_length=1)
    filing_digest: str
    workflow_id: str
    application: Mapping[str, Any]


def record_step(engine: Engine, step: Step, resolve: Resolve, algorithm: Algorithm) -> StepResult:
    """Write ``step``'s events, clocks, messages and the case's new state: all of it or nothing.

    The same step again, or another with the same key, however old, answers ``applied`` with what is there. When
    somebody else wrote after ``step.head``, nothing is written and the answer carries their events.
    A step without events only looks. ``algorithm`` is for a new case; one that exists keeps its own.

    Raises LedgerConflict for a step that can never be recorded: an unknown case, a head that the
    ledger never had, a filing key that belongs to another request, a clock number used twice, a
    header that lacks something, data without canonical JSON (a float, U+0000). A database that does
    not answer or a lock not had within ten seconds raises SQLAlchemy's OperationalError: retry it.
    """
    with engine.begin() as connection:
        return record_within(connection, step, resolve, algorithm)


def record_within(connection: Connection, step: Step, resolve: Resolve, algorithm: Algorithm) -> StepResult:
    """``record_step`` in the caller's transaction, so that ``resolve`` may read in it too."""
    if _files(step):
        _insert_case(connection, step, algorithm)
    case = writing.lock_case(connection, step.request_id)
    if case is None:
        return _without_case(step)
    if case.seq < step.head:
        raise LedgerConflict(
            f"Request {step.request_id} is at event {step.head} but the ledger ends at {case.seq}: "
            "was an old backup restored?"
        )
    if case.seq > step.head:
        later = events_after(connection, step.request_id, step.head)
        return StepResult(applied=_recorded_before(step, later), events=later)
    if step.key is not None:
        before = events_with_key(connection, step.request_id, step.key)
        if before:  # given again to a later run of the case's workflow, which does not know it any more
            return StepResult(applied=True, events=before)
    if not step.events:
        return StepResult(applied=True, events=())
    recorded = _chained(step, case, resolve)
    _write(connection, step.request_id, recorded)
    return StepResult(applied=True, now=True, events=recorded)


def _files(step: Step) -> bool:
    return bool(step.head == 0 and step.header is not None and step.events and step.events[0].type is EventType.FILED)


def _insert_case(connection: Connection, step: Step, algorithm: Algorithm) -> None:
    try:
        header = CaseHeader.model_validate(step.header)
    except ValidationError as error:
        raise LedgerConflict(f"The header of request {step.request_id} cannot be used: {error}") from error
    columns = {name: getattr(header, name) for name in CaseHeader.model_fields}
    application = plain(columns.pop("application"))
    case = {
        **columns,
        "request_id": step.request_id,
        "stage": step.events[0].stage,
        "seq": 0,
        "head_digest": GENESIS,
        "algorithm": algorithm,
    }
    writing.insert_case(connection, case, application)


def _without_case(step: Step) -> StepResult:
    """There is no such case: fine for a look before filing, and for nothing else."""
    if _files(step):
        # The insert was skipped and yet the id is free: the key is what was taken.
        raise LedgerConflict(f"The filing key of request {step.request_id} belongs to another request.")
    if step.events or step.head:
        raise LedgerConflict(f"The ledger has no request {step.request_id}.")
    return StepResult(applied=True, events=())


def _recorded_before(step: Step, later: Sequence[RecordedEvent]) -> bool:
    """Whether the events after the step's head show that the step itself was recorded."""
    if not step.events:
        return False
    if step.key is not None and any(event.key == step.key for event in later):
        return True
    return len(later) >= len(step.events) and all(
        _same(event, there, step.key) for event, there in zip(step.events, later, strict=False)
    )


def _same(event: Event, there: RecordedEvent, key: str | None) -> bool:
    """Whether a recorded event is this event. Deadlines are left out: the calendar may have changed since."""
    return (
        (event.type, event.at, event.actor, event.stage, event.article, key)
        == (there.type, there.at, there.actor, there.stage, there.article, there.key)
        and event.statute in (None, there.statute)
        and plain(event.data) == plain(there.data)
        and _same_clock(event.order, there.clock)
    )


def _same_clock(order: ClockOrder | None, clock: Clock | None) -> bool:
    if order is None or clock is None:
        return order is None and clock is None
    return all(getattr(order, name) == getattr(clock, name) for name in _ORDERED)


def _chained(step: Step, case: writing.LockedCase, resolve: Resolve) -> tuple[RecordedEvent, ...]:
    """The step's events with their numbers, deadlines and digests."""
    recorded: list[RecordedEvent] = []
    prev = case.head_digest
    for seq, event in enumerate(step.events, start=case.seq + 1):
        clock = resolve(event.order, step.known_on, step.close_of_business) if event.order else None
        if not _same_clock(event.order, clock):
            raise LedgerConflict(f"Clock {event.order!r} was resolved into another one: {clock!r}.")
        body = plain(
            {
                "seq": seq,
                "at": event.at,
                "type": event.type,
                "actor": event.actor,
                "stage": event.stage,
                "statute": event.statute or case.statute,
                "article": event.article,
                "data": event.data,
                "clock": clock,
                "key": step.key,
            }
        )
        try:
            digest = seal(body, prev, case.algorithm)
        except NotCanonical as error:
            raise LedgerConflict(f"Event {seq} of {step.request_id} cannot be sealed: {error}") from error
        # Made from its JSON, so that the answer now and the one read back later are alike.
        recorded.append(event_from({**body, "prev": prev, "digest": digest}))
        prev = digest
    return tuple(recorded)


def _write(connection: Connection, request_id: str, recorded: Sequence[RecordedEvent]) -> None:
    writing.insert_events(connection, request_id, recorded)
    clocks = _write_clocks(connection, request_id, recorded)
    writing.advance_case(connection, request_id, recorded[-1], {**_standing(clocks), **_said(recorded)})
    writing.insert_messages(connection, request_id, recorded)


def _standing(clocks: Iterable[Clock]) -> dict[str, Any]:
    """What the clocks of a case say in its own row."""
    still_open = [clock for clock in clocks if clock.open]
    return {
        "due_at": min((clock.due_at for clock in still_open), default=None),
        "breached": any(clock.state is ClockState.BREACHED for clock in still_open),
    }


def _said(recorded: Sequence[RecordedEvent]) -> dict[str, Any]:
    """What events say in the case's own row, beside where it stands."""
    said: dict[str, Any] = {}
    for event in recorded:
        if event.type is EventType.CLOSED:
            said |= {"outcome": Outcome(event.data["outcome"]), "closed_at": event.at}
        elif event.type in ABOUT_MORE_TIME:
            said["extension_asked"] = event.type is EventType.EXTENSION_REQUESTED
    return said


def _write_clocks(connection: Connection, request_id: str, recorded: Sequence[RecordedEvent]) -> Iterable[Clock]:
    """Write what the events make of the clocks; all of the case's clocks after them."""
    before = clocks_of(connection, request_id)
    after: Mapping[int, Clock] = before
    started: dict[int, int] = {}
    for event in recorded:
        if event.clock is not None:
            if event.clock.number in after:
                raise LedgerConflict(f"Request {request_id} already has a clock number {event.clock.number}.")
            started[event.clock.number] = event.seq
        after = fold_clock(after, event)
    for number, clock in after.items():
        if number in started:
            writing.insert_clock(connection, request_id, started[number], clock)
        elif clock != before[number]:
            writing.update_clock(connection, request_id, clock)
    return after.values()
