"""Temporal's JSON of a history read fast: each message as its descriptor says, put together in one call.

Only what a server or its tools write is read here: full names of values, numbers as text, instants in UTC. Whatever is
written otherwise is left to the SDK's own reader, which knows all forms and says what is wrong; for everything that is
read here, both give the same.
"""

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory

_Read = Callable[[Any, int], Any]
"""How a value is read, so many messages deep."""

_DEEPEST: Final = 50
_EPOCH: Final = date(1970, 1, 1).toordinal()
_INSTANT: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?Z"
)
_DURATION: Final = re.compile(r"([0-9]{1,11})(?:\.([0-9]{1,9}))?s")
_INTEGER: Final = re.compile(r"-?[0-9]{1,20}")


class _Unusual(Exception):
    """What is written in another form than servers write."""


class SaidTwice(Exception):
    """JSON in which an object has two values of one name."""


def history_in(workflow_id: str, text: str) -> WorkflowHistory:
    """The history of a run from Temporal's JSON. Raises SaidTwice, and what the SDK's parser does for what is none."""
    try:
        said = json.loads(text, object_pairs_hook=_told_once)
        fields = _message(History.DESCRIPTOR)(said, 1)
        history = History(**fields)
    except (_Unusual, ValueError, TypeError, OverflowError, RecursionError):
        return WorkflowHistory.from_json(workflow_id, text)
    if "events" not in said:
        return WorkflowHistory.from_json(workflow_id, text)
    return WorkflowHistory(workflow_id, history.events)


def _told_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Of one that says a thing twice, two readers may each know another half."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise SaidTwice
    return found


@cache
def _message(of: Descriptor) -> _Read:
    """How a message is read: its fields by the names that JSON has for them, each into what its class is made of."""
    ways: dict[str, tuple[str, _Read, int]] | None = None

    def read(said: Any, depth: int) -> dict[str, Any]:
        nonlocal ways
        if ways is None:  # not before one is met: messages hold messages of their own kind
            ways = {field.json_name: (field.name, _field(field), _choice(field)) for field in of.fields}
        if type(said) is not dict or depth > _DEEPEST:
            raise _Unusual
        found: dict[str, Any] = {}
        chosen = 0
        for name, value in said.items():
            way = ways.get(name)
            if way is None:
                raise _Unusual
            field, value_in, choice = way
            if choice & chosen:
                raise _Unusual
            chosen |= choice
            found[field] = value_in(value, depth)
        return found

    return read


def _choice(field: FieldDescriptor) -> int:
    """The bit of the group of which a message has one field alone; 0: it is of none."""
    return 0 if field.containing_oneof is None else 1 << field.containing_oneof.index


def _field(field: FieldDescriptor) -> _Read:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        return _map(kind.fields_by_name["key"], _single(kind.fields_by_name["value"]))
    return _list(_single(field)) if field.is_repeated else _single(field)


def _map(key: FieldDescriptor, item: _Read) -> _Read:
    if key.type != FieldDescriptor.TYPE_STRING:
        return _unread

    def read(said: Any, depth: int) -> dict[str, Any]:
        if type(said) is not dict:
            raise _Unusual
        return {name: item(value, depth + 1) for name, value in said.items()}

    return read


def _list(item: _Read) -> _Read:
    def read(said: Any, depth: int) -> list[Any]:
        if type(said) is not list:
            raise _Unusual
        return [item(value, depth) for value in said]

    return read


def _single(field: FieldDescriptor) -> _Read:
    if field.message_type is not None:
        if field.message_type.full_name.startswith("google.protobuf."):
            return _KNOWN.get(field.message_type.full_name, _unread)
        within = _message(field.message_type)
        return lambda said, depth: within(said, depth + 1)
    if field.enum_type is not None:
        return _word(field.enum_type)
    return _SCALARS.get(field.type, _unread)


def _word(of: EnumDescriptor) -> _Read:
    numbers = {name: value.number for name, value in of.values_by_name.items()}

    def read(said: Any, _: int) -> int:
        if type(said) is not str or said not in numbers:
            raise _Unusual
        return numbers[said]

    return read


def _unread(_: Any, __: int) -> Any:
    raise _Unusual


def _text(said: Any, _: int) -> str:
    if type(said) is not str:
        raise _Unusual
    return said


def _bytes(said: Any, _: int) -> bytes:
    if type(said) is not str:
        raise _Unusual
    return base64.b64decode(said, validate=True)


def _integer(said: Any, _: int) -> int:
    if type(said) is int:
        return said
    if type(said) is not str or _INTEGER.fullmatch(said) is None:
        raise _Unusual
    return int(said)


def _truth(said: Any, _: int) -> bool:
    if type(said) is not bool:
        raise _Unusual
    return said


def _number(said: Any, _: int) -> float:
    if type(said) not in (int, float) or not math.isfinite(said):
        raise _Unusual
    return float(said)


def _instant(said: Any, _: int) -> Mapping[str, int]:
    found = _INSTANT.fullmatch(said) if type(said) is str else None
    if found is None:
        raise _Unusual
    day, hour, minute, second, fraction = found.groups()
    return {"seconds": _days(day) + int(hour) * 3600 + int(minute) * 60 + int(second), "nanos": _nanos(fraction)}


def _days(day: str) -> int:
    """Seconds from the beginning of 1970 to that of a day."""
    return (date.fromisoformat(day).toordinal() - _EPOCH) * 86400


def _duration(said: Any, _: int) -> Mapping[str, int]:
    found = _DURATION.fullmatch(said) if type(said) is str else None
    if found is None:
        raise _Unusual
    return {"seconds": int(found[1]), "nanos": _nanos(found[2])}


def _nanos(fraction: str | None) -> int:
    return int(fraction.ljust(9, "0")) if fraction else 0


_KNOWN: Final[Mapping[str, _Read]] = {"google.protobuf.Timestamp": _instant, "google.protobuf.Duration": _duration}
_SCALARS: Final[Mapping[int, _Read]] = {
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
    FieldDescriptor.TYPE_BOOL: _truth,
    FieldDescriptor.TYPE_INT32: _integer,
    FieldDescriptor.TYPE_INT64: _integer,
    FieldDescriptor.TYPE_UINT32: _integer,
    FieldDescriptor.TYPE_UINT64: _integer,
    FieldDescriptor.TYPE_DOUBLE: _number,
}
