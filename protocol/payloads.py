"""The payload converter of Temporal messages: compact JSON, one converter for the process, encrypted if there are keys.

Fields with their default value are left out, so the defaults of messages must never change. The opening of a case names
the digests of its rule texts in the metadata of its payload, so that a worker can load them before the case's code
runs.
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
"""Metadata key of a payload: the digests of the rule texts that its message refers to, separated by commas."""
_JSON = b"json/plain"
_serializer = SchemaSerializer(any_schema())


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """The adapter that reads a type from JSON, built once for the process instead of once for each workflow."""
    return TypeAdapter(kind)


class MessageConverter(EncodingPayloadConverter):
    """Converts messages and plain data to JSON and back."""

    @property
    def encoding(self) -> str:
        """The encoding in the metadata of these payloads."""
        return _JSON.decode()

    def to_payload(self, value: Any) -> Payload:
        """The JSON payload of a value. Raises pydantic_core.PydanticSerializationError if it has none."""
        metadata = {"encoding": _JSON}
        if isinstance(value, CaseOpening):
            metadata[RULE_TEXTS] = ",".join(value.rule_texts).encode()
        return Payload(metadata=metadata, data=_serializer.to_json(value, exclude_defaults=True))

    def from_payload(self, payload: Payload, type_hint: Any = None) -> Any:
        """The value of a payload, as the requested type. Raises pydantic.ValidationError."""
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data)


class MessagesAsJson(CompositePayloadConverter):
    """Temporal's own encodings, with JSON by :class:`MessageConverter`."""

    def __init__(self) -> None:
        self.converters = _encodings()  # shared: the SDK makes several objects of this class in each turn


@cache
def _encodings() -> Mapping[bytes, EncodingPayloadConverter]:
    json = MessageConverter()
    usual = DefaultPayloadConverter.default_encoding_payload_converters
    every = [json if isinstance(one, JSONPlainPayloadConverter) else one for one in usual]
    return {one.encoding.encode(): one for one in (*every, SealedConverter())}


class MessagesConverter(DataConverter):
    """Converts by :class:`MessagesAsJson`, in every context.

    By default the SDK makes a new converter for each activity and each turn of a workflow.
    """

    def with_context(self, context: SerializationContext) -> Self:  # noqa: ARG002 - the SDK's own name
        """This converter: none of its parts depends on the context."""
        return self


data_converter = MessagesConverter(payload_converter_class=MessagesAsJson)
"""The converter of every client and worker if nothing is sealed."""


def converter_with(ring: KeyRing | None) -> DataConverter:
    """A converter that seals payloads and the texts of failures with the keys of a ring; None: it seals nothing."""
    if ring is None:
        return data_converter
    return MessagesConverter(
        payload_converter_class=MessagesAsJson,
        payload_codec=ring,
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )


def rule_texts_of(payloads: Sequence[Payload]) -> list[str]:
    """The digests of the rule texts that messages refer to."""
    named = (payload.metadata.get(RULE_TEXTS, b"").decode() for payload in payloads)
    return [digest for names in named for digest in names.split(",") if digest]
