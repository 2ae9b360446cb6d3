"""The CloudEvents 1.0 envelope as others send it: strict where it names an event, open to their extensions."""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from domain.evidence import LARGEST_EXACT, digest_of
from domain.field_types import NAMING_PATTERN, UNFIT, VISIBLE, Instant, Published
from domain.validation_messages import own_reason

JSON_TYPE = re.compile(r"application/([a-z0-9.!#$&^_+-]+\+)?json\s*(;.*)?", re.ASCII | re.IGNORECASE)
"""Media types whose content is JSON."""

JSON_PATTERN = r"^[Aa][Pp][Pp][Ll][Ii][Cc][Aa][Tt][Ii][Oo][Nn]/([A-Za-z0-9.!#$&^_+-]+\+)?[Jj][Ss][Oo][Nn]( *;[ -~]*)?$"
"""Media types whose content is JSON, as a pattern that a JSON schema can hold."""

EXTENSION = re.compile(r"[a-z0-9]+", re.ASCII)
OPEN: dict[str, Any] = {
    "propertyNames": {"pattern": f"^{EXTENSION.pattern}$"},
    "additionalProperties": {"type": ["string", "integer", "boolean", "null"]},
}
"""What is published of extension attributes."""


_KEPT = {"$ref": "#/components/schemas/Kept"}
KEPT: dict[str, Any] = {
    "title": "Kept",
    "description": "Any JSON that is kept word for word: whole numbers alone, none beyond 2**53 - 1, and no U+0000.",
    "not": {"type": "number", "not": {"type": "integer"}},
    "minimum": -LARGEST_EXACT,
    "maximum": LARGEST_EXACT,
    "pattern": r"^[^\u0000]*$",
    "items": _KEPT,
    "propertyNames": {"pattern": r"^[^\u0000]*$"},
    "additionalProperties": _KEPT,
}
"""What is published of data that has no form of its own, as :func:`domain.evidence.canonical_json` takes it.

No type is named: generators of clients that know no schema inside itself read it as any value.
"""


def _printable(text: str) -> str:
    if any(character in text for character in "\t\n\r"):
        raise own_reason("control_character")
    for unfit, word in UNFIT:
        if unfit.search(text):
            raise own_reason(word)
    if not VISIBLE.search(text):
        raise own_reason("nothing_visible")
    return text


def _json(media_type: str) -> str:
    if not JSON_TYPE.fullmatch(media_type):
        raise own_reason("json_media_type")
    return media_type


Attribute = Annotated[
    str,
    StringConstraints(strict=True, min_length=1, max_length=255),
    AfterValidator(_printable),
    Published(NAMING_PATTERN),
]
"""A text that names something, taken letter by letter: nothing is trimmed, a number is none."""


class Envelope(BaseModel):
    """One event as it came; ``data`` is checked afterwards, by its ``type``. Extension attributes may stand beside."""

    model_config = ConfigDict(frozen=True, extra="allow", json_schema_extra=OPEN)

    specversion: Literal["1.0"]
    id: Attribute
    source: Attribute = Field(description="Which system tells it; with the id it names the event once and for all.")
    type: Attribute
    subject: Attribute | None = None
    time: Instant | None = None
    datacontenttype: Annotated[Attribute, AfterValidator(_json), Published(JSON_PATTERN)] | None = None
    dataschema: Attribute | None = None
    data: dict[str, Any]

    @model_validator(mode="before")
    @classmethod
    def _data_as_json(cls, value: Any) -> Any:
        if isinstance(value, dict) and "data_base64" in value:
            raise own_reason("data_as_json")
        return value

    @field_validator("data")
    @classmethod
    def _keepable(cls, data: dict[str, Any]) -> dict[str, Any]:
        # What has no canonical JSON could be neither kept nor compared: floats, U+0000, far too deep.
        digest_of(data, "sha256")
        return data

    @model_validator(mode="after")
    def _extensions(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if not EXTENSION.fullmatch(name):
                raise own_reason("attribute_name")
            if not isinstance(value, str | int | bool | None):
                raise own_reason("attribute_value")
        return self

    def digest(self) -> str:
        """The digest of what the event says, by which the same event is known again.

        The time and the extensions are left out: libraries set them anew when an event is sent again.
        """
        return digest_of({"type": self.type, "subject": self.subject, "data": self.data}, "sha256")
