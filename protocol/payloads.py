"""How messages travel through Temporal: JSON, short, by one converter for the whole process, sealed where it has keys.

A field that says no more than its default is left out: the defaults of messages never change. The opening of a case
names the texts of rules that it rests on in the metadata of its payload, so that a worker can have them at hand before
the case's code runs.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Self

from pydantic import TypeAdapter
from pydantic_core import SchemaSerializer
from pydantic_core.core_schema import any_schema
from temporalio.api.common.v1 import Payload
from temporalio.converter import (
    CompositePayloadConverter,
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    DefaultPayloadConverter,
    EncodingPayloadConverter,
    JSONPlainPayloadConverter,
    SerializationContext,
)

from protocol.messages import CaseOpening
from protocol.sealing import KeyRing, SealedConverter

RULE_TEXTS = "rule-texts"
"""In a payload's metadata: the digests of the texts that its message rests on, with commas between."""
_JSON = b"json/plain"
_serializer = SchemaSerializer(any_schema())


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """How a type is read from JSON: put together once in a process, not once in every workflow."""
    return TypeAdapter(kind)


class MessageConverter(EncodingPayloadConverter):
    """Messages and plain data to JSON and back."""

    @property
    def encoding(self) -> str:
        """What stands in the metadata of these payloads."""
        return _JSON.decode()

    def to_payload(self, value: Any) -> Payload:
        """The JSON of a value. Raises pydantic_core.PydanticSerializationError for what has none."""
        metadata = {"encoding": _JSON}
        if isinstance(value, CaseOpening):
            metadata[RULE_TEXTS] = ",".join(value.rule_texts).encode()
        return Payload(metadata=metadata, data=_serializer.to_json(value, exclude_defaults=True))

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """The value of a payload, as the type that is asked for. Raises pydantic.ValidationError."""
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data)


class MessagesAsJson(CompositePayloadConverter):
    """Temporal's own encodings, with JSON by :class:`MessageConverter`."""

    def __init__(self) -> None:
        self.converters = _encodings()  # the SDK makes an object of this class several times in each turn of a workflow


@cache
def _encodings() -> Mapping[bytes, EncodingPayloadConverter]:
    json = MessageConverter()
    usual = DefaultPayloadConverter.default_encoding_payload_converters
    every = [json if isinstance(one, JSONPlainPayloadConverter) else one for one in usual]
    return {one.encoding.encode(): one for one in (*every, SealedConverter())}


class MessagesConverter(DataConverter):
    """Converts by :class:`MessagesAsJson`, alike for whatever a message belongs to.

    The SDK would make a converter of its own for each activity and each turn of a workflow.
    """

    def with_context(self, context: SerializationContext) -> Self:  # noqa: ARG002 - the SDK's own name
        """Itself: none of its parts asks what a message belongs to."""
        return self


data_converter = MessagesConverter(payload_converter_class=MessagesAsJson)
"""What every client and worker of cases converts with, where nothing is sealed."""


def converter_with(ring: KeyRing | None) -> DataConverter:
    """What converts by the keys of a ring: payloads are sealed, and with them the words of failures. None: nothing."""
    if ring is None:
        return data_converter
    return MessagesConverter(
        payload_converter_class=MessagesAsJson,
        payload_codec=ring,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def rule_texts_of(payloads: Sequence[Payload]) -> list[str]:
    """The digests of the texts of rules that messages rest on."""
    named = (payload.metadata.get(RULE_TEXTS, b"").decode() for payload in payloads)
    return [digest for names in named for digest in names.split(",") if digest]
