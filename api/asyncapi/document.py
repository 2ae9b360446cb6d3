"""The document: where messages travel, and who sends them to whom. Seen from Shareflow, as AsyncAPI has it."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from api.asyncapi.messages import CHECKPOINT, THIN, TRIAL, Schema, messages, schemas
from api.events_in.kinds import Kind
from configuration.settings import Settings
from domain.words import EventType

DESCRIPTION = """\
政务数据共享流程引擎: what happened in data-share requests, in order and exactly as recorded, and what other systems
tell Shareflow. All of it as CloudEvents 1.0. The HTTP calls themselves are described in `openapi.json`.

Each event arrives at least once: `source` and `id` tell whether it is known already. The events of one case arrive in
the order of their `sequence`. Fields are only ever added: readers must ignore what they do not know.
"""
ADDRESS = "/v1/events"
HTTP_BINDING = "0.3.0"


def document() -> Schema:
    """The AsyncAPI document of this version."""
    out = [event.value for event in EventType]
    pushed = [*out, THIN, TRIAL, CHECKPOINT]
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Shareflow events",
            "version": version("shareflow"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/cloudevents+json",
        "servers": {
            "embedded": {
                "host": f"127.0.0.1:{Settings.api_port.usual}",
                "protocol": "http",
                "description": "What `shareflow up` serves; in production the operator says where.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
            }
        },
        "channels": {
            "feed": _channel("The events of the cases that the reader may see.", out, ADDRESS),
            "webhook": _channel("The address that a subscriber named under /v1/webhooks.", pushed, None),
            "incoming": _channel("What other systems tell.", [kind.value for kind in Kind], ADDRESS),
        },
        "operations": {
            "pull": _operation("send", "feed", PULL, "GET", QUERY),
            "stream": _operation("send", "feed", STREAM, "GET", STREAM_QUERY),
            "push": _operation("send", "webhook", PUSH, "POST"),
            "take_in": _operation("receive", "incoming", TAKE_IN, "POST"),
        },
        "components": {
            "schemas": schemas(),
            "messages": messages(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


PULL = (
    "A page of events, `{items: [...], next: CURSOR}`. Ask again with `after=CURSOR`; with `wait` an empty answer "
    "is held back until something happens. `type` (the last word but one of a CloudEvents type) may be repeated."
)
STREAM = (
    "The same as server-sent events, with `Accept: text/event-stream`: `id` is the cursor, `event` the type, `data` "
    "the CloudEvent. `Last-Event-ID` goes on where a reader stood. Ends when the token does."
)
PUSH = (
    "Signed by Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). Sent again for up to 75 "
    "hours until answered with a status of 200 to 299."
)
TAKE_IN = (
    "Structured, binary (`ce-` headers) or a batch of at most 100. The same source and id again answers as the first "
    "time; with other content it is refused. None of these events decides anything."
)
_FILTERS: Schema = {
    "after": {"type": "string", "description": "The `next` of the answer before, or a stream's last `id`"},
    "type": {"type": "array", "items": {"type": "string", "enum": [event.value for event in EventType]}},
    "request_id": {"type": "string"},
}
STREAM_QUERY: Schema = {"type": "object", "properties": _FILTERS}
QUERY: Schema = {
    "type": "object",
    "properties": {
        **_FILTERS,
        "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
        "wait": {"type": "integer", "minimum": 0, "maximum": 60, "default": 0, "description": "Seconds"},
    },
}


def _channel(description: str, names: Iterable[str], address: str | None) -> Schema:
    carried = {name: {"$ref": f"#/components/messages/{name}"} for name in names}
    return {"address": address, "description": description, "messages": carried}


def _operation(action: str, channel: str, description: str, method: str, query: Schema | None = None) -> Schema:
    binding: dict[str, Any] = {"method": method, "bindingVersion": HTTP_BINDING}
    if query is not None:
        binding["query"] = query
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "description": description,
        "bindings": {"http": binding},
    }
