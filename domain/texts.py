"""Kinds of text that come from outside: bounded, printable, and fit for a database and a printed notice."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, StringConstraints

LONGEST_TEXT = 10_000


def _printable(text: str) -> str:
    """Refuse what a database or a printed notice cannot hold: NUL, other controls, half characters."""
    if any(ord(c) < 32 and c not in "\n\t" for c in text) or "\x7f" in text:
        raise ValueError("has a control character")
    if any(0xD800 <= ord(c) <= 0xDFFF for c in text):
        raise ValueError("has half of a Unicode character")
    return text


def _plain_number(value: Any) -> Any:
    """Let a number stand where text is asked (codes are often written bare); never a truth value."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Text = Annotated[
    str,
    BeforeValidator(_plain_number),
    StringConstraints(strip_whitespace=True, max_length=LONGEST_TEXT),
    AfterValidator(_printable),
]
Code = Annotated[
    str,
    BeforeValidator(_plain_number),
    StringConstraints(strip_whitespace=True, max_length=64, pattern=r"^[A-Za-z0-9._:/~-]*$"),
]
ShortText = Annotated[
    str,
    BeforeValidator(_plain_number),
    StringConstraints(strip_whitespace=True, max_length=200),
    AfterValidator(_printable),
]
