"""Payloads as Temporal's pages and command line send them to a codec server: its messages in JSON."""

import base64
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, WithJsonSchema

from api.http.schemas import Out


def _from_base64(value: Any) -> bytes:
    """Raises ValueError for what is no base64."""
    return base64.b64decode(value if isinstance(value, str) else "?", validate=True)


_WRITTEN: Final = WithJsonSchema(
    {
        "type": "string",
        "contentEncoding": "base64",
        "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$",
    }
)
Base64In = Annotated[bytes, BeforeValidator(_from_base64), _WRITTEN]
Base64Out = Annotated[bytes, PlainSerializer(lambda value: base64.b64encode(value).decode(), return_type=str), _WRITTEN]


class PayloadIn(BaseModel):
    """One payload; its bytes are in base64."""

    metadata: dict[str, Base64In] = Field(default={}, max_length=64)
    data: Base64In = b""


class PayloadsIn(BaseModel):
    """The payloads of one page, or of one command."""

    payloads: list[PayloadIn] = Field(max_length=5000)


class PayloadOut(Out):
    """One payload; its bytes are in base64."""

    metadata: dict[str, Base64Out]
    data: Base64Out


class PayloadsOut(Out):
    """As many payloads as were sent, in their order."""

    payloads: list[PayloadOut]
