"""A call of the HTTP API as a value: the request, and how to read the answer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from shareflow._errors import UnexpectedAnswer, error_of

T = TypeVar("T")

IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call.

    ``repeatable``: idempotent, so it may be sent again if its answer was lost. ``wait``: the seconds for which the
    server may delay its answer (long polling).
    """

    method: str
    path: str
    read: Callable[[httpx.Response], T]
    params: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    repeatable: bool = True
    wait: float = 0.0

    @property
    def key(self) -> str | None:
        """The idempotency key that is sent, if any."""
        return self.headers.get(IDEMPOTENCY_KEY)

    def answer(self, response: httpx.Response) -> T:
        """The parsed answer. Raises a ShareflowError for an error."""
        if response.status_code >= 400:
            raise error_of(response, self.key)
        if response.status_code >= 300 and response.status_code != 304:
            raise _unexpected(response, f"redirects to {response.headers.get('Location', 'nowhere')}")
        try:
            return self.read(response)
        except (ValueError, KeyError, TypeError) as error:
            raise _unexpected(response, _first_line(error)) from error


def path(*parts: str) -> str:
    """A path of the API, each part quoted."""
    return "/v1/" + "/".join(quote(part, safe="") for part in parts)


def query(**values: Any) -> dict[str, str | Sequence[str]]:
    """Query parameters, without those that are None; lists become repeated parameters."""
    return {name.rstrip("_"): _as_text(value) for name, value in values.items() if value is not None}


def _as_text(value: Any) -> str | Sequence[str]:
    if isinstance(value, list):
        return [str(each) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value)


def json_body(value: Any) -> bytes:
    """Plain data as JSON; dates and times become ISO 8601. Raises ValueError for data without JSON."""
    return to_json(value)


def reader(shape: type[T]) -> Callable[[httpx.Response], T]:
    """Reads an answer's JSON into a shape."""
    adapter: TypeAdapter[T] = TypeAdapter(shape)
    return lambda response: adapter.validate_json(response.content)


def items_reader(shape: type[T]) -> Callable[[httpx.Response], list[T]]:
    """Reads the ``items`` of an answer, or an answer that is a list itself."""
    adapter: TypeAdapter[list[T]] = TypeAdapter(list[shape])  # type: ignore[valid-type]

    def read(response: httpx.Response) -> list[T]:
        answer = response.json()
        return adapter.validate_python(answer["items"] if isinstance(answer, dict) else answer)

    return read


def nothing(_: httpx.Response) -> None:
    """Reads an answer without content."""


def _unexpected(response: httpx.Response, why: str) -> UnexpectedAnswer:
    return UnexpectedAnswer(
        "The answer is not one of the Shareflow API",
        code="unexpected_answer",
        status=response.status_code,
        detail=f"{response.request.method} {response.request.url}: {why}",
    )


def _first_line(error: Exception) -> str:
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'body'}: {first['msg']}"
    return f"{type(error).__name__}: {error}".splitlines()[0]
