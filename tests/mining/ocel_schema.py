"""The JSON schema of OCEL 2.0 (the standard's own rules for its JSON form)."""

from typing import Any, Final

_TEXT: Final = {"type": "string"}
_INSTANT: Final = {"type": "string", "format": "date-time"}


def _list_of(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "object", "properties": properties, "required": required}}


_TYPES: Final = _list_of(
    ["name", "attributes"], name=_TEXT, attributes=_list_of(["name", "type"], name=_TEXT, type=_TEXT)
)
_RELATIONS: Final = _list_of(["objectId", "qualifier"], objectId=_TEXT, qualifier=_TEXT)
_OF_EVENTS: Final = _list_of(["name", "value"], name=_TEXT, value=_TEXT)
_OF_OBJECTS: Final = _list_of(["name", "value", "time"], name=_TEXT, value=_TEXT, time=_INSTANT)

OCEL: Final = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "properties": {
        "eventTypes": _TYPES,
        "objectTypes": _TYPES,
        "events": _list_of(
            ["id", "type", "time"], id=_TEXT, type=_TEXT, time=_INSTANT, attributes=_OF_EVENTS, relationships=_RELATIONS
        ),
        "objects": _list_of(["id", "type"], id=_TEXT, type=_TEXT, attributes=_OF_OBJECTS, relationships=_RELATIONS),
    },
    "required": ["eventTypes", "objectTypes", "events", "objects"],
}
