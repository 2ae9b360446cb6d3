"""Errors of scenario files, in one sentence with the place in the file, in the reader's language.

In English a field is named by its path in the file; in Chinese by its name, key and step number, as on the page. The
words are in the catalogue of messages, kinds ``scenario`` and ``scenario_field``.
"""

from collections.abc import Sequence

from domain.messages import Language, label, words
from domain.validation_messages import key_path
from domain.yaml_text import YamlDocument, YamlTextError

Path = Sequence[str | int]


class ScenarioError(ValueError):
    """A scenario file that cannot be used: one sentence with file, line, field and reason."""


class ScenarioComplaints:
    """Builds the errors of one file; ``where`` is its name."""

    def __init__(self, where: str, language: Language) -> None:
        self.where = where
        self.language: Language = language

    def unreadable(self, error: YamlTextError) -> ScenarioError:
        """The file cannot be parsed: line, column and reason."""
        said = label("scenario", "unreadable", self.language).format(
            where=self.where, line=error.line, column=error.column, reason=error.reason(self.language)
        )
        return ScenarioError(said)

    def about(self, document: YamlDocument, path: Path, reason: str) -> ScenarioError:
        """An error with a reason already in the reader's language."""
        return self._told(document.line(path), self._field(path), reason)

    def of(self, document: YamlDocument, path: Path, word: str, **values: object) -> ScenarioError:
        """An error with a reason by its word in the catalogue."""
        return self.about(document, path, label("scenario", word, self.language).format(**values))

    def _told(self, line: int, field: str, reason: str) -> ScenarioError:
        said = label("scenario", "sentence", self.language).format(
            where=self.where, line=line, field=field, reason=reason
        )
        return ScenarioError(said)

    def _field(self, path: Path) -> str:
        """The name of a field before its reason; empty for the whole file."""
        if self.language == "en" or not path:
            return f"{key_path(path)} " if path else ""
        match path:
            case ["steps", int(number), *rest]:
                step = label("what_if", "step", self.language).format(number=number + 1)
                return f"{step}{self._named(rest)}" if rest else step
        return self._named(path)

    def _named(self, path: Path) -> str:
        """The name of the first step of a path, and the path in the file."""
        names = words("scenario_field")
        first = str(path[0])
        return f"{names[first][self.language]}（{key_path(path)}）" if first in names else f"“{key_path(path)}”"
