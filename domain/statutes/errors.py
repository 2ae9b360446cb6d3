"""Errors of statute files: one sentence with file, line, key and reason."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from domain.validation_messages import key_path
from domain.yaml_text import YamlDocument

T = TypeVar("T")


class StatuteError(ValueError):
    """A statute file is wrong. The message is one sentence with file, line, key and reason."""


class UnknownStatute(LookupError):
    """No statute has this id; the message lists the existing ones."""


def wrong(document: YamlDocument, where: str, path: tuple[str | int, ...], reason: str) -> StatuteError:
    """The error for the value at ``path`` of a file."""
    name = " ".join(where.split())
    return StatuteError(f"{name}, line {document.line(path)}: {key_path(path) or 'the file'} {reason}.")


def readable(texts: Iterable[tuple[str, str]], load: Callable[[str, str], T], problems: list[str]) -> Iterator[T]:
    """Read the named texts that can be read; the sentence of each other one is added to ``problems``."""
    for name, text in texts:
        try:
            found = load(text, name)
        except StatuteError as error:
            problems.append(str(error))
        else:
            yield found
