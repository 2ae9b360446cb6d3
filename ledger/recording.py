"""Recording a step: everything that one decision writes, in one transaction, idempotently.

Whatever can be computed beforehand is computed here: deadlines, digests, and what the events make of the clocks that
they start. What depends on the ledger is decided by its function ``record_step``, in the round trip that writes.
"""

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

import psycopg2.errors
from pydantic import ValidationError

from domain.engine.evolve import fold_clock
from domain.engine.records import Clock, ClockOrder, Event, NumberedEvent, RecordedEvent, Step, StepResult
from domain.evidence import (
    GENESIS,
    SALT_BYTES,
    Algorithm,
    NotCanonical,
    body_of,
    canonical_json,
    covered,
    deadline_of,
    digest_of_text,
    numbered,
    plain,
)
from domain.words import EventType
from ledger.engine import Engine, single_calls_of
from ledger.errors import CalendarChanged, LedgerConflict
from ledger.particulars import CaseParticulars
from ledger.standing import row_after, row_of_clocks

ResolveClock = Callable[[ClockOrder, date | None, time | None], Clock]
"""Computes a clock's deadline from its order, the day whose knowledge of the calendar counts (None: all editions), and
the close of business (None: 24:00)."""

AT_MOST = 4096
"""The most events in a step: a transaction has so many positions in the outbox."""

_CLOCK_EVENTS = frozenset(
    {
        EventType.CLOCK_WARNED,
        EventType.CLOCK_BREACHED,
        EventType.CLOCK_MET,
        EventType.CLOCK_SUPERSEDED,
        EventType.CLOCK_CANCELLED,
    }
)
# The fields of a clock that are those of its order; the others of the order became instants.
_OF_THE_ORDER = ("number", "id", "basis", "article", "quote", "started_at", "amount", "unit", "supersedes", "statute")
_FIXED = ("number", "id", "started_at", "amount", "unit", "due_date", "due_at", "provisional")
_STATE = ("state", "ended_at", "warned", "climbed")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_RECORD = "SELECT record_step(%s)"


class CaseHeader(CaseParticulars):
    """What a case is filed with (登记内容). It never changes; a supplement is an event."""

    application: Mapping[str, Any]


@dataclass(frozen=True)
class _Chained:
    """The numbered events of a step, with the texts that their digests cover, the digests, and the salts of persons.

    The texts have commitments in place of persons; an event without a person has no salt.
    """

    events: tuple[NumberedEvent, ...]
    texts: tuple[str, ...]
    digests: tuple[str, ...]
    salts: tuple[str | None, ...]


def record_step(
    engine: Engine, step: Step, resolve: ResolveClock, algorithm: Algorithm, editions: int | None = None
) -> StepResult:
    """Write the events, clocks, messages and the new state of a case, atomically.

    If the step, or one with its key, was recorded before, the result is ``applied`` with what is there. If the ledger
    has newer events than ``step.head``, nothing is written and the result has them; if the caller's key was used for
    something else, the result says only that. A step without events only reads. ``algorithm`` is for a new case; an
    existing one keeps its own. ``editions``: the number of stored editions by which ``resolve`` counts (None: any).

    Raises CalendarChanged if there are more editions by now, and LedgerConflict for a step that can never be recorded:
    an unknown case, a head that the ledger never had, a text that is not stored, a clock number used twice, an
    incomplete header, data without canonical JSON (a float, U+0000). If the database does not answer, or a lock is not
    available within ten seconds, psycopg2's OperationalError is raised: retry.
    """
    if step.events and step.head and (step.prev is None or step.algorithm is None):
        at_head = _ask(engine, step, {})
        if at_head["outcome"] != "level":
            return _result(step, at_head, ())
        step = step.model_copy(update={"prev": at_head["digest"], "algorithm": at_head["algorithm"]})
    if not step.events:
        return _result(step, _ask(engine, step, {}), ())
    if step.head == 0:
        step = step.model_copy(update={"prev": GENESIS, "algorithm": step.algorithm or algorithm})
    clocks = tuple(_resolved(step, order, resolve) for event in step.events if (order := event.order))
    chained = _chain(step, clocks)
    answer = _ask(engine, step, _arguments(step, chained, editions if clocks else None), chained.texts)
    return _result(step, answer, clocks, chained)


def _resolved(step: Step, order: ClockOrder, resolve: ResolveClock) -> Clock:
    clock = resolve(order, step.known_on, step.close_of_business)
    if not _same_clock(order, clock):
        raise LedgerConflict(f"Clock {order!r} was resolved into another one: {clock!r}.")
    return clock


def _chain(step: Step, clocks: Sequence[Clock]) -> _Chained:
    """Number the events of a step and chain them by their digests."""
    if len(step.events) > AT_MOST:
        raise LedgerConflict(f"A step of {len(step.events)} events is larger than {AT_MOST}.")
    assert step.prev is not None
    assert step.algorithm is not None
    events = numbered(step.events, step.head, step.statute, step.key, map(deadline_of, clocks))
    salts = tuple(None if event.actor.person is None else secrets.token_hex(SALT_BYTES) for event in events)
    texts, digests, prev = [], [], step.prev
    for event, salt in zip(events, salts, strict=True):
        try:
            text = canonical_json({**covered(body_of(event), salt, step.algorithm), "prev": prev})
        except NotCanonical as error:
            raise LedgerConflict(f"Event {event.seq} of {step.request_id} cannot be sealed: {error}") from error
        prev = digest_of_text(text, step.algorithm)
        texts.append(text)
        digests.append(prev)
    return _Chained(events, tuple(texts), tuple(digests), salts)


def _arguments(step: Step, chained: _Chained, editions: int | None) -> dict[str, Any]:
    """The arguments of ``record_step`` besides the events themselves."""
    own, changes = _clocks(chained.events)
    after = row_after(chained.events, chained.digests)
    if step.awaits is not None:
        after["awaits"] = step.awaits
    arguments: dict[str, Any] = {"digests": chained.digests, "prev": step.prev, "algorithm": step.algorithm}
    if editions is not None:
        arguments["editions"] = editions
    if any(chained.salts):
        arguments |= {"salts": chained.salts, "persons": [event.actor.person for event in chained.events]}
    if own:
        arguments["clocks"] = [
            {name: plain(getattr(clock, name)) for name in (*_FIXED, *_STATE)} | {"seq": seq} for seq, clock in own
        ]
    if changes:
        arguments["moves"] = changes
    if _files(step):
        header = _header(step)
        filing = {name: plain(getattr(header, name)) for name in CaseHeader.model_fields if name != "application"}
        clocks = row_of_clocks([clock for _, clock in own])
        arguments["filing"] = filing | clocks | after | {"algorithm": step.algorithm}
        arguments["application"] = plain(header.application)
    else:
        arguments["after"] = after
    return arguments


def _clocks(events: Sequence[NumberedEvent]) -> tuple[list[tuple[int, Clock]], list[dict[str, Any]]]:
    """The clocks that start, in their final state with their event's number, and changes of clocks started earlier."""
    started: dict[int, int] = {}
    own: Mapping[int, Clock] = {}
    changes: list[dict[str, Any]] = []
    for event in events:
        if event.clock is not None:
            if event.clock.number in own:
                raise LedgerConflict(f"A step starts a clock number {event.clock.number} twice.")
            started[event.clock.number] = event.seq
        elif _changes_a_clock(event) and event.data["number"] not in own:
            untold = "late" not in event.data
            at = plain(event.at)
            changes.append({"number": event.data["number"], "type": event.type, "at": at, "untold": untold})
        own = fold_clock(own, event)
    return [(started[number], clock) for number, clock in own.items()], changes


def _changes_a_clock(event: NumberedEvent) -> bool:
    """Whether an event may change a clock that was started earlier."""
    names_a_clock = isinstance(event.data.get("number"), int)
    return names_a_clock and (event.type in _CLOCK_EVENTS or (event.type is EventType.URGED and "rung" in event.data))


def _files(step: Step) -> bool:
    return bool(step.head == 0 and step.header is not None and step.events and step.events[0].type is EventType.FILED)


def _header(step: Step) -> CaseHeader:
    try:
        return CaseHeader.model_validate(step.header)
    except ValidationError as error:
        raise LedgerConflict(f"The header of request {step.request_id} cannot be used: {error}") from error


def _ask(engine: Engine, step: Step, arguments: Mapping[str, Any], texts: Sequence[str] = ()) -> dict[str, Any]:
    """Call ``record_step``; returns its answer."""
    whole = {"request_id": step.request_id, "head": step.head, "key": step.key, **arguments}
    text = _ENCODER.encode(whole)
    if texts:
        # The texts that the digests cover are inserted as they are, not encoded again.
        text = f'{text[:-1]},"events":[{",".join(texts)}]}}'
    try:
        answer: dict[str, Any] = single_calls_of(engine).call(_RECORD, text)
    except psycopg2.errors.UniqueViolation as error:
        if error.diag.constraint_name != "clocks_pkey":
            raise
        raise LedgerConflict(
            f"Request {step.request_id} already has such a clock: {error.diag.message_detail}"
        ) from error
    return answer


def _result(
    step: Step, answer: Mapping[str, Any], clocks: Sequence[Clock], chained: _Chained | None = None
) -> StepResult:
    """The answer of the database as a result for the case. Raises CalendarChanged, LedgerConflict."""
    match answer["outcome"]:
        case "written":
            assert chained is not None
            return StepResult(
                applied=True,
                head=chained.events[-1].seq,
                digest=chained.digests[-1],
                algorithm=step.algorithm if step.head == 0 else None,
                dues=tuple(map(deadline_of, clocks)),
                events=(),
                key_reused=False,
            )
        case "ahead" | "before" | "level":
            events = tuple(RecordedEvent.model_validate(event) for event in answer.get("events", ()))
            applied = answer["outcome"] != "ahead" or _recorded_before(step, events)
            return StepResult(
                applied=applied,
                head=answer["head"],
                digest=answer["digest"],
                algorithm=answer["algorithm"],
                events=events,
            )
        case "key_reused":
            at = {"head": answer.get("head", 0), "digest": answer.get("digest", GENESIS)}
            return StepResult(applied=False, key_reused=True, **at)
        case "no_case" if not step.events and not step.head:
            return StepResult(applied=True, head=0, digest=GENESIS)
        case "calendar_changed":
            raise CalendarChanged
        case outcome:
            raise LedgerConflict(_CONFLICTS[outcome].format(step=step, head=answer.get("head")))


_CONFLICTS: Mapping[str, str] = {
    "no_case": "The ledger has no request {step.request_id}.",
    "behind": "Request {step.request_id} is at event {step.head} but the ledger ends at {head}: "
    "was an old backup restored?",
    "other_chain": "Event {step.head} of request {step.request_id} is another one in the ledger: "
    "was an old backup restored?",
    "text_missing": "A text that request {step.request_id} rests on is not stored.",
}


def _recorded_before(step: Step, later: Sequence[RecordedEvent]) -> bool:
    """Whether the newer events show that this very step was recorded."""
    if not step.events:
        return False
    if step.key is not None and any(event.key == step.key for event in later):
        return True
    return len(later) >= len(step.events) and all(
        _same(event, there, step) for event, there in zip(step.events, later, strict=False)
    )


def _same(event: Event, there: RecordedEvent, step: Step) -> bool:
    """Whether a recorded event is this event; deadlines are not compared, as the calendar may have changed since."""
    return (
        (event.type, event.at, event.actor, event.stage, event.article, step.key, event.statute or step.statute)
        == (there.type, there.at, there.actor, there.stage, there.article, there.key, there.statute)
        and plain(event.data) == plain(there.data)
        and _same_clock(event.order, there.clock)
    )


def _same_clock(order: ClockOrder | None, clock: Clock | None) -> bool:
    if order is None or clock is None:
        return order is None and clock is None
    return all(getattr(order, name) == getattr(clock, name) for name in _OF_THE_ORDER)
