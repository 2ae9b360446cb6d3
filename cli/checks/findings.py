"""What a check finds, as sentences of the catalogue: in English and in Chinese (体检结果)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cli.errors import exit_code
from domain.calendar import CHINA
from domain.messages import Language, label, words

State = Literal["ok", "warning", "problem", "skipped"]
SAID, MEND = "doctor", "doctor_mend"
"""What is, and under the same word how to change it: two kinds of the catalogue."""


@dataclass(frozen=True)
class Saying:
    """A sentence of the catalogue, or a part of one, and what stands in its places: another may, or several in a row.

    An instant is told in China's time, an error by its own message; a function tells it in a language that it is given.
    """

    word: str
    places: Mapping[str, object] = field(default_factory=dict)

    def told(self, language: Language, kind: str = SAID) -> str:
        """All of it in a language."""
        filled = {place: _in_place(value, language) for place, value in self.places.items()}
        return label(kind, self.word, language).format_map(filled)


@dataclass(frozen=True)
class Check:
    """One finding: what is, and how to change it. Only a ``problem`` keeps Shareflow from working."""

    name: str
    state: State
    found: Saying

    def told(self, language: Language) -> str:
        """What is."""
        return self.found.told(language)

    def to_mend(self, language: Language) -> str | None:
        """How to change it, where there is anything to change."""
        return self.found.told(language, MEND) if self.found.word in words(MEND) else None

    def as_data(self, language: Language) -> dict[str, str | None]:
        """All of it for programs."""
        told = {"name": self.name, "state": self.state, "says": self.told(language)}
        return {**told, "mend": self.to_mend(language)}

    @property
    def says(self) -> str:
        """What is, in English."""
        return self.told("en")

    @property
    def mend(self) -> str | None:
        """How to change it, in English."""
        return self.to_mend("en")


def part(word: str, /, **places: object) -> Saying:
    """What stands in a place of a finding."""
    return Saying(word, places)


def ok(name: str, word: str, /, **places: object) -> Check:
    """All is well."""
    return Check(name, "ok", Saying(word, places))


def skipped(name: str, word: str, /, **places: object) -> Check:
    """There was nothing to look at."""
    return Check(name, "skipped", Saying(word, places))


def warning(name: str, word: str, /, **places: object) -> Check:
    """It works, and somebody should know."""
    return Check(name, "warning", Saying(word, places))


def problem(name: str, word: str, /, **places: object) -> Check:
    """It does not work."""
    return Check(name, "problem", Saying(word, places))


def failed(name: str, error: BaseException) -> Check:
    """A check that could not be made, and why."""
    return problem(name, "failed", why=error)


def unexpected(error: BaseException) -> str:
    """An error as one sentence; with its type where its message is not meant for people."""
    message = " ".join(str(error).split())[:400]
    if exit_code(error) is not None:
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def _in_place(value: object, language: Language) -> object:
    if isinstance(value, Saying):
        return value.told(language)
    if callable(value):
        return value(language)
    if isinstance(value, (list, tuple)):
        return ("、" if language == "zh" else ", ").join(str(_in_place(each, language)) for each in value)
    if isinstance(value, datetime):
        return f"{value.astimezone(CHINA):%Y-%m-%d %H:%M}"
    return unexpected(value) if isinstance(value, BaseException) else value
