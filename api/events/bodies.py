"""How bodies of events are described: one schema for each kind of event that is taken in, and what holds several."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, create_model
from pydantic.json_schema import models_json_schema

from api.events_in.envelope import KEPT, Envelope
from api.events_in.kinds import SAYS, Kind
from api.events_in.reading import BATCH, BINARY, LARGEST_BATCH, PREFIX, STRUCTURED
from domain.cloud_events import platform_type

Schema = dict[str, Any]

REF = "#/components/schemas/{model}"


def _event(kind: Kind) -> type[BaseModel]:
    says = SAYS[kind]
    name = "".join(word.title() for word in kind.split("_")) + "Event"
    fields: dict[str, Any] = {"type": (Literal[platform_type(kind)], ...), "data": (says, ...)}
    return create_model(name, __base__=Envelope, __doc__=says.__doc__, **fields)


EVENTS: Mapping[Kind, type[BaseModel]] = {kind: _event(kind) for kind in Kind}


def _ref(name: str) -> Schema:
    return {"$ref": REF.format(model=name)}


def event_schemas() -> Mapping[str, Schema]:
    """The named schemas of what may be sent, for the components of the API's description."""
    names = {platform_type(kind): EVENTS[kind].__name__ for kind in Kind}
    _, found = models_json_schema([(model, "validation") for model in EVENTS.values()], ref_template=REF)
    schemas: dict[str, Schema] = {name: _without_nothing(schema) for name, schema in found["$defs"].items()}
    schemas["Kept"] = KEPT
    schemas["IncomingEvent"] = {
        "title": "IncomingEvent",
        "description": "An event of another system, as a CloudEvent 1.0.",
        "oneOf": [_ref(name) for name in names.values()],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type_: REF.format(model=name) for type_, name in names.items()},
        },
    }
    schemas["EventBatch"] = {
        "title": "EventBatch",
        "description": "Several events; each is taken or refused by itself.",
        "type": "array",
        "items": _ref("IncomingEvent"),
        "maxItems": LARGEST_BATCH,
    }
    schemas["EventData"] = {
        "title": "EventData",
        "description": "What an event says; its attributes stand in `ce-` headers.",
        "anyOf": [_ref(says.__name__) for says in SAYS.values()],
    }
    return schemas


def _without_nothing(schema: Any) -> Any:
    """A schema as FastAPI describes the others: that a field left out is null goes without saying."""
    if isinstance(schema, dict):
        return {key: _without_nothing(value) for key, value in schema.items() if (key, value) != ("default", None)}
    return [_without_nothing(each) for each in schema] if isinstance(schema, list) else schema


def _attribute(name: str) -> Schema:
    said = Envelope.model_fields[name].description
    told = f"In the binary form: the attribute `{name}`, percent-encoded."
    return {
        "name": f"{PREFIX}{name}",
        "in": "header",
        "required": False,
        "description": f"{told} {said}" if said else told,
        "schema": {"type": "string", "minLength": 1, "pattern": "^[!-~]+$"},
    }


TAKEN: Schema = {
    "parameters": [_attribute(name) for name in Envelope.model_fields if name != "data"],
    "requestBody": {
        "required": True,
        "content": {
            STRUCTURED: {"schema": _ref("IncomingEvent")},
            BATCH: {"schema": _ref("EventBatch")},
            BINARY: {"schema": _ref("EventData")},
        },
    },
}
"""What `POST /v1/events` takes, in the three ways that HTTP carries events."""
