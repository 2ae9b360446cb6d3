"""Evidence (存证): the canonical form of a record, its digest, and the hash chain of a case.

This file alone is enough to check the events of a case: it needs no database, no network and no clock.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from enum import Enum
from functools import partial
from typing import Any, Final, cast

from pydantic import BaseModel

from domain.engine.records import Algorithm as Algorithm
from domain.engine.records import Clock, ClockOrder, Deadline, Event, NumberedEvent, Record, RecordedEvent

DEFAULT_ALGORITHM: Final[Algorithm] = "sm3"

GENESIS: Final = "0" * 64
"""The value of ``prev`` in a case's first event."""

COVERED: Final = (
    "seq",
    "at",
    "type",
    "actor",
    "stage",
    "statute",
    "article",
    "data",
    "clock",
    "key",
)
"""The fields that an event's digest covers besides ``prev``; the person in ``actor`` is covered by a commitment."""

SALT_BYTES: Final = 16
"""Number of random bytes in the salt of a commitment, which is written in hexadecimal."""

BEIJING: Final = timezone(timedelta(hours=8))

# Beyond this, readers that only have doubles (such as browsers) would round, and so compute another digest.
LARGEST_EXACT: Final = 2**53 - 1
_DEEPEST: Final = 64


class NotCanonical(ValueError):
    """A value that has no canonical JSON: a float, an object, text that is not Unicode, and the like."""


class ChainBroken(Exception):
    """A chain is broken: ``seq`` is the first event at fault, ``reason`` says why."""

    def __init__(self, seq: int, reason: str) -> None:
        super().__init__(f"Event {seq}: {reason}")
        self.seq = seq
        self.reason = reason


def algorithm_named(name: str | None) -> Algorithm:
    """The algorithm of that name, in any case; None or an empty name is the default, SM3.

    Raises ValueError for an unknown name, and if this machine's OpenSSL does not offer the algorithm.
    """
    chosen = (name or DEFAULT_ALGORITHM).strip().lower()
    if chosen not in ("sm3", "sha256"):
        raise ValueError(f"{name!r} is no digest algorithm of the ledger: use sm3 or sha256.")
    try:
        hashlib.new(chosen)
    except ValueError:
        raise ValueError(f"This machine's OpenSSL does not offer {chosen}: set SHAREFLOW_DIGEST=sha256.") from None
    return cast(Algorithm, chosen)


def instant_text(instant: datetime) -> str:
    """An instant as records write it: ISO 8601, +08:00, always six digits of a second.

    Zone and precision are fixed so that an instant that went through a database or another language comes back as the
    same text. Raises NotCanonical for a naive datetime, and for an instant without a date in Beijing time.
    """
    if instant.utcoffset() is None:
        raise NotCanonical(f"The instant {instant.isoformat()} has no time zone.")
    try:
        return instant.astimezone(BEIJING).isoformat(timespec="microseconds")
    except OverflowError:
        raise NotCanonical(f"The instant {instant.isoformat()} lies on no day in Beijing.") from None


def plain(value: Any) -> Any:
    """``value`` with records, enumerations, instants, dates and tuples turned into JSON values.

    Fields in ``ADDED_LATER`` are left out when they are None, so that the digests of older records stay the same.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    made = _PLAIN.get(kind)
    if made is None:
        made = _PLAIN[kind] = _way_of(kind)
    return made(value)


_AS_THEY_ARE: Final = frozenset({str, int, bool, type(None)})


_PLAIN: Final[dict[type, Callable[[Any], Any]]] = {}
"""The conversion to JSON values for each type, determined once."""


def _way_of(kind: type) -> Callable[[Any], Any]:
    if issubclass(kind, Enum):
        return _plain_word
    if issubclass(kind, BaseModel):
        later = kind.ADDED_LATER if issubclass(kind, Record) else frozenset()
        return partial(_plain_record, tuple(kind.model_fields), later)
    if issubclass(kind, Mapping):
        return _plain_mapping
    if issubclass(kind, list | tuple):
        return _plain_sequence
    if issubclass(kind, datetime):
        return instant_text
    if issubclass(kind, date):
        return kind.isoformat
    return _as_it_is


def _plain_word(value: Enum) -> Any:
    return plain(value._value_)


def _plain_record(names: Sequence[str], later: frozenset[str], value: BaseModel) -> dict[str, Any]:
    said, made = value.__dict__, {}
    for name in names:
        field = said[name]
        if type(field) not in _AS_THEY_ARE:
            made[name] = plain(field)
        elif field is not None or name not in later:
            made[name] = field
    return made


def _plain_mapping(value: Mapping[Any, Any]) -> dict[Any, Any]:
    return {plain(key): plain(item) for key, item in value.items()}


def _plain_sequence(value: Sequence[Any]) -> list[Any]:
    return [plain(item) for item in value]


def _as_it_is(value: Any) -> Any:
    return value


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def canonical_json(value: Any) -> str:
    """The canonical JSON text of ``value``: keys sorted by code point, no spaces, nothing escaped needlessly.

    Takes str, int, bool, None, list and dict with str keys. Raises NotCanonical for anything else,
    floats included, and for what a store or reader could not give back unchanged: integers beyond
    2**53 - 1, the character U+0000, half a surrogate pair, and more than 64 levels.
    """
    _check(value, 1)
    text = _ENCODER.encode(value)
    if "\\u0000" in text:
        _refuse_null(value)
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise NotCanonical("Half a surrogate pair is not text.") from None
    return text


_SHOWN: Final = frozenset({str, bool, type(None)})
"""Types whose faults are visible in the encoded text, so that they need no check of their own."""


def _check(value: Any, depth: int) -> None:
    """Check whatever the encoded text does not show."""
    if depth > _DEEPEST:
        raise NotCanonical(f"More than {_DEEPEST} levels of lists and objects.")
    if isinstance(value, str | bool) or value is None:
        return
    if isinstance(value, int):
        if abs(value) > LARGEST_EXACT:
            raise NotCanonical("An integer beyond 2**53 - 1 would not survive every reader: write it as text.")
    elif isinstance(value, list):
        for item in value:
            if type(item) not in _SHOWN or depth == _DEEPEST:
                _check(item, depth + 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(f"The key {key!r} is not text.")
            if type(item) not in _SHOWN or depth == _DEEPEST:
                _check(item, depth + 1)
    else:
        raise NotCanonical(f"A {type(value).__name__} has no canonical JSON: {value!r:.80}")


def _refuse_null(value: Any) -> None:
    """Raises NotCanonical if a text has the character U+0000; the six characters of its escape are allowed."""
    if isinstance(value, str):
        if "\x00" in value:
            # The database takes it in no text.
            raise NotCanonical("The character U+0000 cannot be stored.")
    elif isinstance(value, dict):
        for key, item in value.items():
            _refuse_null(key)
            _refuse_null(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_null(item)


def digest_of(value: Any, algorithm: Algorithm = DEFAULT_ALGORITHM) -> str:
    """The digest of ``value``'s canonical JSON in UTF-8, as 64 lower-case hexadecimal digits.

    Raises NotCanonical if there is none, ValueError if this machine lacks the algorithm.
    """
    return digest_of_text(canonical_json(value), algorithm)


def digest_of_text(text: str, algorithm: Algorithm) -> str:
    """The digest of a text that is canonical JSON already. Raises ValueError if this machine lacks the algorithm."""
    return hashlib.new(algorithm, text.encode()).hexdigest()


def body_of(event: NumberedEvent) -> dict[str, Any]:
    """The content of an event as JSON values: what its digest covers besides ``prev``, but with the person's name."""
    return {name: plain(getattr(event, name)) for name in COVERED}


def commitment(person: str, salt: str, algorithm: Algorithm) -> str:
    """What a digest covers instead of a person's name (承诺值): it binds the name and, without the salt, hides it.

    Raises NotCanonical for a name that has no canonical JSON.
    """
    return f"{algorithm}:{digest_of([salt, person], algorithm)}"


def is_commitment(said: str, algorithm: Algorithm) -> bool:
    """Whether the text in place of a person has the form of a commitment by this algorithm."""
    return re.fullmatch(f"{algorithm}:[0-9a-f]{{64}}", said, re.ASCII) is not None


def covered(body: Mapping[str, Any], salt: str | None, algorithm: Algorithm) -> dict[str, Any]:
    """The part of a body that its digest covers: the body, with a commitment in place of the person's name.

    A name comes with a salt; without a salt, only a commitment may stand in its place. Raises NotCanonical for a name
    without a salt, or a salt without a name.
    """
    actor = body["actor"]
    person = actor.get("person") if isinstance(actor, Mapping) else None
    if salt is None and person is None:
        return dict(body)
    if not isinstance(person, str):
        raise NotCanonical("A salt stands there without a person.")
    if salt is not None:
        return {**body, "actor": {**actor, "person": commitment(person, salt, algorithm)}}
    if not is_commitment(person, algorithm):
        raise NotCanonical("A person is named without the salt of the commitment.")
    return dict(body)


def numbered(
    events: Sequence[Event], head: int, statute: str, key: str | None, dues: Iterable[Deadline]
) -> tuple[NumberedEvent, ...]:
    """Number a step's events from ``head`` on; the case evolves by them, and the ledger chains them.

    ``statute`` is the case's own, ``dues`` are the deadlines of the clocks that start, in order.
    """
    due = iter(dues)
    return tuple(
        NumberedEvent(
            seq=seq,
            at=event.at,
            type=event.type,
            actor=event.actor,
            stage=event.stage,
            statute=event.statute or statute,
            article=event.article,
            data=plain(event.data),
            clock=_started(event.order, next(due)) if event.order else None,
            key=key,
        )
        for seq, event in enumerate(events, start=head + 1)
    )


def _started(order: ClockOrder, due: Deadline) -> Clock:
    ordered, added = order.__dict__, due.__dict__
    return Clock(**{name: ordered[name] for name in _OF_THE_ORDER}, **{name: added[name] for name in _OF_THE_DEADLINE})


_OF_THE_ORDER: Final = tuple(name for name in ClockOrder.model_fields if name in Clock.model_fields)
_OF_THE_DEADLINE: Final = tuple(Deadline.model_fields)


def deadline_of(clock: Clock) -> Deadline:
    """The part of a clock that was computed from the calendar."""
    said = clock.__dict__
    return Deadline(**{name: said[name] for name in _OF_THE_DEADLINE})


def seal(event_without_digest: Mapping[str, Any], prev: str, algorithm: Algorithm) -> str:
    """The digest that chains an event to ``prev``, the digest of the event before (or GENESIS).

    ``event_without_digest`` has exactly the fields of COVERED, and ``salt`` if it names a person (a ``prev`` in it is
    ignored). Raises NotCanonical for missing or unknown fields, for a person without a salt or a salt without a person,
    and for values without canonical JSON.
    """
    body = {name: plain(value) for name, value in event_without_digest.items() if name not in ("prev", "salt")}
    if body.keys() != set(COVERED):
        odd = ", ".join(sorted(body.keys() ^ set(COVERED)))
        raise NotCanonical(f"An event is sealed with exactly its fields; missing or unknown: {odd}.")
    return _sealed(body, event_without_digest.get("salt"), prev, algorithm)


def _sealed(body: Mapping[str, Any], salt: str | None, prev: str, algorithm: Algorithm) -> str:
    """The digest of a body as :func:`body_of` gives it."""
    return digest_of({**covered(body, salt, algorithm), "prev": prev}, algorithm)


def verify_chain(
    events: Iterable[RecordedEvent],
    algorithm: Algorithm,
    head: str | None = None,
    body: Callable[[RecordedEvent], Mapping[str, Any]] = body_of,
) -> None:
    """Check a whole case from its first event: numbers without gaps, every link, digest and commitment.

    ``head`` is the digest that the last event must have; without it, events missing at the end go unnoticed. ``body``
    may replace :func:`body_of` if the caller already has the bodies. Raises ChainBroken at the first event at fault.
    """
    prev, seq = GENESIS, 0
    for event in events:
        seq += 1
        if event.seq != seq:
            raise ChainBroken(seq, f"number {event.seq} stands where {seq} belongs")
        if event.prev != prev:
            raise ChainBroken(seq, "it does not carry the digest of the event before")
        try:
            expected = _sealed(body(event), event.salt, prev, algorithm)
        except NotCanonical as error:
            raise ChainBroken(seq, f"it cannot be written down: {error}") from error
        if event.digest != expected:
            raise ChainBroken(seq, "its content does not match its digest")
        prev = event.digest
    if head is not None and prev != head:
        raise ChainBroken(seq + 1, "the chain ends before the head that was recorded")
