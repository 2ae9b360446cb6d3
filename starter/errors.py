"""What can go wrong at a door, each with a code that programs read and a sentence that people read."""

from collections.abc import Mapping
from typing import Any

from domain.messages import Language, refusal_sentence


class DoorError(Exception):
    """Something a caller did or met that has one plain sentence."""


class RequestRefused(DoorError):
    """The rules do not allow it: ``code`` of the contract, and the article where one applies."""

    def __init__(
        self, code: str, article: str | None = None, statute: str | None = None, details: Mapping[str, Any] = {}
    ) -> None:
        self.code = code
        self.article = article
        self.statute = statute
        self.details = dict(details)
        super().__init__(f"{code}: {self.sentence('en')}")

    def sentence(self, language: Language) -> str:
        """Why, in the reader's language."""
        return refusal_sentence(self.code, language, self.article, self.details)


class NotFound(DoorError):
    """There is no such case."""


class InvalidInput(DoorError):
    """Input that cannot be: a wrong type, an unknown field, text that is too long. Names the field."""


class KeyReused(DoorError):
    """The caller's key was used before, for something else."""


class Stale(DoorError):
    """The command was meant for an earlier state of the case. Nothing was done: look again."""


class Unavailable(DoorError):
    """The engine cannot answer now. Nothing is known to be done or undone: ask again with the same key."""
