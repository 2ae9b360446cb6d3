"""Recording a step: all that one decision writes, in one transaction, once however often it is asked.

What can be known before is worked out here: deadlines, digests, what the events make of their own clocks. What only
the ledger knows is found out by its function ``record_step``, in the same round trip that writes.
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
"""Works out a clock's deadline from its order, the day whose knowledge of the calendar counts
(None: all editions) and the close of business (None: 24:00)."""

AT_MOST = 4096
"""So many events have a place in the outbox in one transaction."""

_MOVES = frozenset(
    {
        EventType.CLOCK_WARNED,
        EventType.CLOCK_BREACHED,
        EventType.CLOCK_MET,
        EventType.CLOCK_SUPERSEDED,
        EventType.CLOCK_CANCELLED,
    }
)
# What a clock keeps of its order word for word; the rest became instants.
_ORDERED = ("number", "id", "basis", "article", "quote", "started_at", "amount", "unit", "supersedes", "statute")
_OF_A_CLOCK = ("number", "id", "started_at", "amount", "unit", "due_date", "due_at", "provisional")
_MOVING = ("state", "ended_at", "warned", "climbed")
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_RECORD = "SELECT record_step(%s)"


class CaseHeader(CaseParticulars):
    """What a case is filed with (登记内容). It never changes; a supplement is told by its event."""

    application: Mapping[str, Any]


@dataclass(frozen=True)
class _Chained:
    """A step's events in their place: each as the text that its digest covers, the digests, and the salts of persons.

    The texts have commitments in the place of persons; an event without a person has no salt.
    """

    events: tuple[NumberedEvent, ...]
    texts: tuple[str, ...]
    digests: tuple[str, ...]
    salts: tuple[str | None, ...]


def record_step(
    engine: Engine, step: Step, resolve: ResolveClock, algorithm: Algorithm, editions: int | None = None
) -> StepResult:
    """Write ``step``'s events, clocks, messages and the case's new state: all of it or nothing.

    The same step again, or another with the same key, however old, answers ``applied`` with what is there. When
    somebody else wrote after ``step.head``, nothing is written and the answer carries their events; when the caller's
    key stands for something else, nothing but that is said. A step without events only looks. ``algorithm`` is for a
    new case; one that exists keeps its own. ``editions``: with how many stored editions ``resolve`` counts (None: any).

    Raises CalendarChanged when there are others by now, and LedgerConflict for a step that can never be recorded: an
    unknown case, a head that the ledger never had, a text that nobody stored, a clock number used twice, a header that
    lacks something, data without canonical JSON (a float, U+0000). A database that does not answer or a lock not had
    within ten seconds raises psycopg2's OperationalError: retry it.
    """
    if step.events and step.head and (step.prev is None or step.algorithm is None):
        at_head = _said(engine, step, {})
        if at_head["outcome"] != "level":
            return _answer(step, at_head, ())
        step = step.model_copy(update={"prev": at_head["digest"], "algorithm": at_head["algorithm"]})
    if not step.events:
        return _answer(step, _said(engine, step, {}), ())
    if step.head == 0:
        step = step.model_copy(update={"prev": GENESIS, "algorithm": step.algorithm or algorithm})
    clocks = tuple(_resolved(step, order, resolve) for event in step.events if (order := event.order))
    chained = _chain(step, clocks)
    said = _said(engine, step, _to_write(step, chained, editions if clocks else None), chained.texts)
    return _answer(step, said, clocks, chained)


def _resolved(step: Step, order: ClockOrder, resolve: ResolveClock) -> Clock:
    clock = resolve(order, step.known_on, step.close_of_business)
    if not _same_clock(order, clock):
        raise LedgerConflict(f"Clock {order!r} was resolved into another one: {clock!r}.")
    return clock


def _chain(step: Step, clocks: Sequence[Clock]) -> _Chained:
    """The step's events in their place, with their digests."""
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


def _to_write(step: Step, chained: _Chained, editions: int | None) -> dict[str, Any]:
    """What the database is told beside the events themselves."""
    own, moves = _clocks(chained.events)
    after = row_after(chained.events, chained.digests)
    if step.awaits is not None:
        after["awaits"] = step.awaits
    told: dict[str, Any] = {"digests": chained.digests, "prev": step.prev, "algorithm": step.algorithm}
    if editions is not None:
        told["editions"] = editions
    if any(chained.salts):
        told |= {"salts": chained.salts, "persons": [event.actor.person for event in chained.events]}
    if own:
        told["clocks"] = [
            {name: plain(getattr(clock, name)) for name in (*_OF_A_CLOCK, *_MOVING)} | {"seq": seq}
            for seq, clock in own
        ]
    if moves:
        told["moves"] = moves
    if _files(step):
        header = _header(step)
        filing = {name: plain(getattr(header, name)) for name in CaseHeader.model_fields if name != "application"}
        told["filing"] = filing | row_of_clocks([clock for _, clock in own]) | after | {"algorithm": step.algorithm}
        told["application"] = plain(header.application)
    else:
        told["after"] = after
    return told


def _clocks(events: Sequence[NumberedEvent]) -> tuple[list[tuple[int, Clock]], list[dict[str, Any]]]:
    """The clocks that start, each with the number of its event, as the events leave them; what they do to others."""
    started: dict[int, int] = {}
    own: Mapping[int, Clock] = {}
    moves: list[dict[str, Any]] = []
    for event in events:
        if event.clock is not None:
            if event.clock.number in own:
                raise LedgerConflict(f"A step starts a clock number {event.clock.number} twice.")
            started[event.clock.number] = event.seq
        elif _moves(event) and event.data["number"] not in own:
            untold = "late" not in event.data
            at = plain(event.at)
            moves.append({"number": event.data["number"], "type": event.type, "at": at, "untold": untold})
        own = fold_clock(own, event)
    return [(started[number], clock) for number, clock in own.items()], moves


def _moves(event: NumberedEvent) -> bool:
    """Whether an event may do something to a clock that started before it."""
    told = isinstance(event.data.get("number"), int)
    return told and (event.type in _MOVES or (event.type is EventType.URGED and "rung" in event.data))


def _files(step: Step) -> bool:
    return bool(step.head == 0 and step.header is not None and step.events and step.events[0].type is EventType.FILED)


def _header(step: Step) -> CaseHeader:
    try:
        return CaseHeader.model_validate(step.header)
    except ValidationError as error:
        raise LedgerConflict(f"The header of request {step.request_id} cannot be used: {error}") from error


def _said(engine: Engine, step: Step, told: Mapping[str, Any], texts: Sequence[str] = ()) -> dict[str, Any]:
    """What the database says to a step."""
    whole = {"request_id": step.request_id, "head": step.head, "key": step.key, **told}
    text = _ENCODER.encode(whole)
    if texts:
        # Each as its digest covers it, not written a second time.
        text = f'{text[:-1]},"events":[{",".join(texts)}]}}'
    try:
        said: dict[str, Any] = single_calls_of(engine).call(_RECORD, text)
    except psycopg2.errors.UniqueViolation as error:
        if error.diag.constraint_name != "clocks_pkey":
            raise
        raise LedgerConflict(
            f"Request {step.request_id} already has such a clock: {error.diag.message_detail}"
        ) from error
    return said


def _answer(
    step: Step, said: Mapping[str, Any], clocks: Sequence[Clock], chained: _Chained | None = None
) -> StepResult:
    """What the database said, for the case."""
    match said["outcome"]:
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
            events = tuple(RecordedEvent.model_validate(event) for event in said.get("events", ()))
            applied = said["outcome"] != "ahead" or _recorded_before(step, events)
            return StepResult(
                applied=applied,
                head=said["head"],
                digest=said["digest"],
                algorithm=said["algorithm"],
                events=events,
            )
        case "key_reused":
            at = {"head": said.get("head", 0), "digest": said.get("digest", GENESIS)}
            return StepResult(applied=False, key_reused=True, **at)
        case "no_case" if not step.events and not step.head:
            return StepResult(applied=True, head=0, digest=GENESIS)
        case "calendar_changed":
            raise CalendarChanged
        case outcome:
            raise LedgerConflict(_CONFLICTS[outcome].format(step=step, head=said.get("head")))


_CONFLICTS: Mapping[str, str] = {
    "no_case": "The ledger has no request {step.request_id}.",
    "behind": "Request {step.request_id} is at event {step.head} but the ledger ends at {head}: "
    "was an old backup restored?",
    "other_chain": "Event {step.head} of request {step.request_id} is another one in the ledger: "
    "was an old backup restored?",
    "text_missing": "A text that request {step.request_id} rests on is not stored.",
}


def _recorded_before(step: Step, later: Sequence[RecordedEvent]) -> bool:
    """Whether the events after the step's head show that the step itself was recorded."""
    if not step.events:
        return False
    if step.key is not None and any(event.key == step.key for event in later):
        return True
    return len(later) >= len(step.events) and all(
        _same(event, there, step) for event, there in zip(step.events, later, strict=False)
    )


def _same(event: Event, there: RecordedEvent, step: Step) -> bool:
    """Whether a recorded event is this event. Deadlines are left out: the calendar may have changed since."""
    return (
        (event.type, event.at, event.actor, event.stage, event.article, step.key, event.statute or step.statute)
        == (there.type, there.at, there.actor, there.stage, there.article, there.key, there.statute)
        and plain(event.data) == plain(there.data)
        and _same_clock(event.order, there.clock)
    )


def _same_clock(order: ClockOrder | None, clock: Clock | None) -> bool:
    if order is None or clock is None:
        return order is None and clock is None
    return all(getattr(order, name) == getattr(clock, name) for name in _ORDERED)
