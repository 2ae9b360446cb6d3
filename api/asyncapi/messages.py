"""The messages: one for each event of the ledger, one for each event that is taken in, with their schemas."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import models_json_schema

from api.events.schemas import CloudEventOut
from api.events_in.envelope import KEPT, Envelope
from api.events_in.kinds import SAYS, Kind
from background.webhooks.payloads import CHECKPOINT_TYPE, TRIAL_TYPE
from domain.cloud_events import platform_type, type_of
from domain.engine.records import RecordedEvent
from domain.messages import Language, event_label, label
from domain.words import EventType, Stage

THIN = "any_thin"
TRIAL = "webhook_test"
CHECKPOINT = "checkpoint_made"

Schema = dict[str, Any]


class LedgerEvent(RecordedEvent):
    """One line of the ledger (台账记录), exactly as it stands there, and the request it belongs to."""

    request_id: str


class ThinEvent(BaseModel):
    """Which event it was and where to read it; for receivers that should not be sent the content."""

    request_id: str
    seq: int = Field(description="The event's number in its case")
    type: EventType
    stage: Stage = Field(description="The stage after it")
    url: str = Field(description="Where to read the event, relative to the API's address")


_OUT = (CloudEventOut, LedgerEvent, ThinEvent)
_IN = (Envelope, *SAYS.values())


def schemas() -> Schema:
    """The JSON schemas of all that messages carry, by name."""
    pairs: list[Any] = [*((model, "serialization") for model in _OUT), *((model, "validation") for model in _IN)]
    _, told = models_json_schema(pairs, ref_template="#/components/schemas/{model}")
    named: Mapping[str, Schema] = {**told["$defs"], "Kept": KEPT}
    kept_strict = _reached_from({model.__name__ for model in _IN}, named)
    return {name: schema if name in kept_strict else _open(schema) for name, schema in sorted(named.items())}


def messages() -> dict[str, Schema]:
    """All messages by their name."""
    out = {event.value: _told(event) for event in EventType}
    taken = {kind.value: _taken(kind) for kind in Kind}
    return {**out, THIN: _thin(), TRIAL: _trial(), CHECKPOINT: _checkpoint(), **taken}


def _told(event: EventType) -> Schema:
    says = {"allOf": [_ref(LedgerEvent), {"properties": {"type": {"const": event.value}}}]}
    return {
        "name": type_of(event),
        "title": " ".join(_ways_to_tell(event, language) for language in ("zh", "en")),
        "payload": _envelope(CloudEventOut, {"type": {"const": type_of(event)}, "data": says}),
    }


def _ways_to_tell(event: EventType, language: Language) -> str:
    """What an event is called, in time and late."""
    return " / ".join(dict.fromkeys(event_label(event, data, language) for data in ({}, {"late": True})))


def _thin() -> Schema:
    types = [type_of(event) for event in EventType]
    return {
        "name": "thin",
        "title": "任一事件（不含内容） any event, without its content",
        "summary": "What a webhook is sent unless its owner asked for `full`.",
        "payload": _envelope(CloudEventOut, {"type": {"enum": types}, "data": _ref(ThinEvent)}),
    }


def _trial() -> Schema:
    data = {"type": "object", "properties": {"webhook_id": {"type": "string"}}, "required": ["webhook_id"]}
    attributes = {name: {"type": "string"} for name in ("specversion", "id", "source", "subject", "time")}
    return {
        "name": TRIAL_TYPE,
        "title": "测试事件 trial event",
        "summary": "Sent when a webhook's owner asks for it; it tells nothing but that events arrive.",
        "payload": {
            "type": "object",
            "properties": {**attributes, "type": {"const": TRIAL_TYPE}, "data": data},
            "required": ["specversion", "id", "source", "type", "data"],
        },
    }


def _checkpoint() -> Schema:
    roots = {name: {"type": "string", "description": "In hexadecimal digits"} for name in ("sha256", "sm3")}
    said = {
        "log": {"type": "string"},
        "size": {"type": "integer"},
        "roots": {"type": "object", "properties": roots, "required": list(roots)},
        "note": {"type": "string", "description": "The signed note (C2SP tlog-checkpoint), to be kept as it stands"},
        "url": {"type": "string", "description": "Where it stands, relative to the API's address"},
    }
    attributes = {name: {"type": "string"} for name in ("specversion", "id", "source", "subject", "time")}
    data = {"type": "object", "properties": said, "required": list(said)}
    return {
        "name": CHECKPOINT_TYPE,
        "title": "日志检查点 checkpoint of the log",
        "summary": "Sent to webhooks that asked for `checkpoints`: the newest, whatever came before it.",
        "payload": {
            "type": "object",
            "properties": {**attributes, "type": {"const": CHECKPOINT_TYPE}, "data": data},
            "required": ["specversion", "id", "source", "type", "data"],
        },
    }


def _taken(kind: Kind) -> Schema:
    says, type_ = SAYS[kind], platform_type(kind)
    return {
        "name": type_,
        "title": f"{label('event_in', kind, 'zh')} {label('event_in', kind, 'en')}",
        "payload": _envelope(Envelope, {"type": {"const": type_}, "data": _ref(says)}),
    }


def _envelope(model: type[BaseModel], properties: Schema) -> Schema:
    return {"allOf": [_ref(model), {"type": "object", "properties": properties}]}


def _ref(model: type[BaseModel]) -> Schema:
    return {"$ref": f"#/components/schemas/{model.__name__}"}


def _open(schema: Any) -> Any:
    """A schema of ours for readers, who must ignore what they do not know: fields are only ever added."""
    if isinstance(schema, dict):
        return {key: _open(value) for key, value in schema.items() if (key, value) != ("additionalProperties", False)}
    return [_open(each) for each in schema] if isinstance(schema, list) else schema


def _reached_from(names: set[str], named: Mapping[str, Schema]) -> set[str]:
    """The schemas of those names and all that they refer to."""
    reached: set[str] = set()
    left = set(names)
    while left:
        name = left.pop()
        reached.add(name)
        left |= _refs(named[name]) - reached
    return reached


def _refs(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*(_refs(value) for value in schema.values()))
    return set().union(*(_refs(each) for each in schema)) if isinstance(schema, list) else set()
