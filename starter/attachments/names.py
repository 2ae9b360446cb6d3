"""The file name in the headers of an upload: bounded, printable, and without folders."""

from collections.abc import Sequence
from email.message import Message
from typing import Any
from urllib.parse import unquote

from pydantic import TypeAdapter, ValidationError

from domain.field_types import ShortText
from domain.messages import Language, label
from domain.validation_messages import first_problem

_TEXT = TypeAdapter(ShortText)


class BadName(ValueError):
    """A file name that cannot be used; the message says why."""


def name_from(x_filename: str | None, content_disposition: str | None, language: Language) -> str | None:
    """The name in ``X-Filename`` (UTF-8, percent-encoded or not), else in Content-Disposition; None without one.

    Header values have one character for each byte, as servers deliver them. Raises BadName.
    """
    try:
        given = _plain(x_filename) if x_filename else _disposed(content_disposition or "")
    except (UnicodeError, LookupError, ValueError):
        raise BadName(label("attachment", "unreadable_name", language)) from None
    return plain_name(given, language)


def plain_name(given: str, language: Language) -> str | None:
    """A name without the folders before it; None for none. Raises BadName."""
    try:
        name = _TEXT.validate_python(given.replace("\\", "/").rpartition("/")[2])
    except ValidationError as error:
        raise BadName(first_problem(error, language)[1]) from None
    return None if name in ("", ".", "..") else name


def _plain(value: str) -> str:
    return unquote(value.encode("latin-1").decode("utf-8"), errors="strict")


def _disposed(value: str) -> str:
    """The name in ``filename*``, otherwise in ``filename``: RFC 6266, 4.3 prefers the former."""
    message = Message()
    message["Content-Disposition"] = value.encode("latin-1").decode("utf-8")
    parameters: Sequence[tuple[str, Any]] = message.get_params([], "Content-Disposition")
    given = [said for name, said in parameters if name.lower() == "filename"]
    for said in given:
        if isinstance(said, tuple) and said[0]:
            return str(said[2].encode("latin-1").decode(said[0]))
    # Without a charset it is not an extended value, but may still be what was meant.
    given.sort(key=lambda said: isinstance(said, tuple))
    return next((said[2] if isinstance(said, tuple) else said for said in given), "")
