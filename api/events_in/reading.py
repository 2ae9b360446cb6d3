"""Reading CloudEvents from a request, in any of the three ways that HTTP carries them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, TypeVar
from urllib.parse import unquote

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from api.events_in.envelope import JSON_TYPE, Envelope
from api.events_in.kinds import BY_TYPE, Said
from api.http.bodies import strict_json
from api.http.problems import Problem
from domain.validation_messages import key_path, own_reason, shown

STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BINARY = "application/json"
LARGEST_BATCH = 100
PREFIX = "ce-"

Path = tuple[str | int, ...]
PlaceOf = Callable[[Path], Path]
"""Where in the request a part of an event stands."""

Model = TypeVar("Model", bound=BaseModel)

_BATCH = TypeAdapter(Annotated[list[Any], Field(max_length=LARGEST_BATCH)])


@dataclass(frozen=True)
class Incoming:
    """One event, whole and of a known kind: its envelope and what it says.

    ``statute_at`` is where in the request a statute would stand, for those that file one.
    """

    envelope: Envelope
    said: Said
    statute_at: str


@dataclass(frozen=True)
class IncomingDelivery:
    """What one request brought; ``batch`` tells a batch of one from a single event."""

    events: Sequence[Incoming]
    batch: bool


async def read_delivery(request: Request) -> IncomingDelivery:
    """The events of a request: all of them can be used, or none is taken.

    Raises Problem 400 for a body that is not JSON, 415 for another media type, 422 for a type that is not known;
    RequestValidationError for fields that cannot be used.
    """
    media_type = request.headers.get("content-type", "")
    kind, _, parameters = media_type.partition(";")
    kind = kind.strip().lower()
    binary = any(name.startswith(PREFIX) for name in request.headers) and JSON_TYPE.fullmatch(media_type) is not None
    if (kind not in (STRUCTURED, BATCH) and not binary) or not _utf_8(parameters):
        raise Problem(415, "wrong_type", headers={"Accept-Post": f"{STRUCTURED}, {BATCH}, {BINARY}"})
    said = strict_json(await request.body())
    if kind == STRUCTURED:
        return IncomingDelivery([_incoming(said, _in_body)], batch=False)
    if kind == BATCH:
        return IncomingDelivery(_batch(said), batch=True)
    return IncomingDelivery([_incoming({**_attributes(request), "data": said}, _in_binary)], batch=False)


def _utf_8(parameters: str) -> bool:
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    return charset.partition(";")[0] in ("", "utf-8", "utf8")


def _batch(said: Any) -> list[Incoming]:
    try:
        each = _BATCH.validate_python(said)
    except ValidationError as error:
        raise _invalid(error, _in_body) from None
    return [_incoming(event, partial(_in_batch, number)) for number, event in enumerate(each)]


def _incoming(raw: Any, place: PlaceOf) -> Incoming:
    envelope = _checked(Envelope, raw, place)
    says = BY_TYPE.get(envelope.type)
    if says is None:
        errors = [{"path": _path(place, "type"), "reason": shown(envelope.type, at_most=120)}]
        raise Problem(422, "unknown_event_type", errors=errors, known=list(BY_TYPE))
    said = _checked(says, envelope.data, lambda path: place(("data", *path)))
    return Incoming(envelope, said, _path(place, "data", "statute"))


def _path(place: PlaceOf, *path: str) -> str:
    return key_path(tuple(step for step in place(path) if step != "body"))


def _checked(model: type[Model], value: Any, place: PlaceOf) -> Model:
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise _invalid(error, place) from None


def _invalid(error: ValidationError, place: PlaceOf) -> RequestValidationError:
    details = error.errors(include_url=False)
    return RequestValidationError([{**detail, "loc": place(detail["loc"])} for detail in details])


def _in_batch(number: int, path: Path) -> Path:
    return ("body", number, *path)


def _in_body(path: Path) -> Path:
    return ("body", *path)


def _in_binary(path: Path) -> Path:
    """In binary mode the body is the data, and every attribute is a header."""
    if path[:1] == ("data",):
        return ("body", *path[1:])
    return ("header", f"{PREFIX}{path[0]}", *path[1:]) if path else ("header",)


def _attributes(request: Request) -> dict[str, str]:
    """The attributes that stand in headers, percent-decoded; none stands twice. Raises RequestValidationError."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        if not name.startswith(PREFIX):
            continue
        try:
            found[name[len(PREFIX) :]] = unquote(value.encode("ascii").decode(), errors="strict")
        except UnicodeError:
            raise _bad_header(name, value, "header_encoding") from None
    return found


def _bad_header(name: str, value: str, word: str) -> RequestValidationError:
    reason = own_reason(word)
    return RequestValidationError(
        [{"type": reason.type, "loc": ("header", name), "msg": reason.message(), "input": value}]
    )
