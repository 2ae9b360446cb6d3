"""The errors of doors, each with a code for programs and a sentence for people."""

from collections.abc import Mapping
from typing import Any

from domain.messages import Language, refusal_sentence
from domain.statutes.loader import regulation_title


class EngineError(Exception):
    """The engine did not do what was asked; one plain sentence says why."""


class RequestRefused(EngineError):
    """The rules do not allow it: ``code`` of the contract, and the article where one applies.

    ``statute`` is the regulation of the article; ``regulation`` is set too if that is above the case's own statute, and
    is then named in the sentence.
    """

    def __init__(
        self,
        code: str,
        article: str | None = None,
        statute: str | None = None,
        details: Mapping[str, Any] = {},
        regulation: str | None = None,
    ) -> None:
        self.code = code
        self.article = article
        self.statute = statute
        self.details = dict(details)
        self.regulation = regulation
        super().__init__(f"{code}: {self.sentence('en')}")

    def sentence(self, language: Language) -> str:
        """The reason, in the reader's language."""
        title = None
        if self.regulation and (above := regulation_title(self.regulation)):
            title = above.zh if language == "zh" else above.en
        return refusal_sentence(self.code, language, self.article, self.details, title)


class NotFound(EngineError):
    """There is no such case."""


class AlreadyOpen(EngineError):
    """The case to be opened exists already, with different contents; ``request_id`` is the existing one."""

    def __init__(self, request_id: str) -> None:
        self.request_id = request_id
        super().__init__(f"{request_id} is this case, opened before with other contents; it is not opened twice.")


class InvalidInput(EngineError):
    """Invalid input: a wrong type, an unknown field, text that is too long. Names the field."""


class KeyReused(EngineError):
    """The caller's idempotency key was used before, for something else."""


class Stale(EngineError):
    """The command was meant for an earlier state of the case. Nothing was done: look again."""


class Unavailable(EngineError):
    """The engine cannot answer now. Nothing is known to be done or undone: ask again with the same key."""


class Crowded(Unavailable):
    """Too many calls are waiting for the engine; nothing was done. Ask again later."""


class NeedsOperator(EngineError):
    """The engine cannot do it, and a retry does not help: an operator must act first."""


class PersonsStay(NeedsOperator):
    """Persons cannot be left out of the dossier of a case, because something in its history may name them."""
