"""How bodies are read: JSON, strictly, and of the right type."""

import codecs
import json
from typing import Any

from fastapi import Request

from api.http.problems import Problem
from domain.evidence import LARGEST_EXACT

DEEPEST = 64
"""How many levels a body may have."""

BEGINNINGS = (
    (codecs.BOM_UTF8, "byte_order_mark"),
    (codecs.BOM_UTF16_LE, "other_utf"),
    (codecs.BOM_UTF16_BE, "other_utf"),
    (b"\x1f\x8b", "compressed"),
    (b"\x28\xb5\x2f\xfd", "compressed"),
    (b"PK\x03\x04", "packed"),
)
"""How bodies begin that others take for JSON, and what they are: in another encoding, gzip, zstd, zip."""


class StrictRequest(Request):
    """A request whose JSON has no key twice, no NaN, no half characters and no abysses."""

    async def json(self) -> Any:
        """The body's JSON. Raises Problem 400."""
        if not hasattr(self, "_json"):
            self._json = strict_json(await self.body())
        return self._json


def strict_json(body: bytes) -> Any:
    """What a JSON text says. Raises Problem 400 for one that says nothing, or two things."""
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant, parse_float=_number
        )
    except (ValueError, RecursionError) as error:
        known = str(error) if isinstance(error, _NotSaid) else None
        raise Problem(400, "malformed_json", detail=known, word=_what_it_is(body)) from None
    if _deeper(found, DEEPEST):
        raise Problem(400, "malformed_json", detail=f"It has more than {DEEPEST} levels.")
    return found


def _what_it_is(body: bytes) -> str | None:
    """What a body is that is not JSON, by its first bytes; None where they do not tell."""
    return next((word for beginning, word in BEGINNINGS if body.startswith(beginning)), None)


class _NotSaid(ValueError):
    """JSON that Python reads and others read otherwise."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _NotSaid("A key stands there twice.")
    return found


def _no_constant(name: str) -> Any:
    raise _NotSaid(f"{name} is not JSON.")


def _number(text: str) -> int | float:
    """A number; to JSON, and to JSON Schema, 3.0 is the whole number 3, unless it may stand for several."""
    number = float(text)
    return int(number) if number.is_integer() and abs(number) <= LARGEST_EXACT else number


def _deeper(value: Any, levels: int) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    if levels == 0:
        return True
    inside = value.values() if isinstance(value, dict) else value
    return any(_deeper(each, levels - 1) for each in inside)


def is_json(content_type: str) -> bool:
    """Whether a Content-Type is that of JSON in UTF-8."""
    kind, _, parameters = content_type.partition(";")
    charset = parameters.lower().replace(" ", "").replace('"', "").partition("charset=")[2]
    return kind.strip().lower() == "application/json" and charset in ("", "utf-8", "utf8")
