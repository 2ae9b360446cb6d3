"""What a picture says itself, in both languages: from the catalogue of all that people read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.messages import Language, label
from starter.diagram.picture import Kind

KIND = "picture"
"""The words of pictures in the catalogue."""


@dataclass(frozen=True)
class Wording:
    """The words of a picture in one language.

    ``kinds`` explain the lines, ``alone`` say in a sentence what moves a case when nobody's command does. ``between``
    parts several names of one line.
    """

    start: str
    waits_for: str
    limit: str
    here: str
    between: str
    kinds: Mapping[Kind, str]
    alone: Mapping[Kind, str]
    leads: str
    ends: str
    stop: str
    colon: str
    joins: str

    def listed(self, names: Sequence[str]) -> str:
        """Several names as one text."""
        return self.between.join(names)


def _wording(language: Language) -> Wording:
    def said(word: str) -> str:
        return label(KIND, word, language)

    plain = ("start", "waits_for", "limit", "here", "between", "leads", "ends", "stop", "colon", "joins")
    return Wording(
        **{word: said(word) for word in plain},
        kinds={"command": said("command"), "time": said("time"), "platform": said("platform")},
        alone={"time": said("time_alone"), "platform": said("platform_alone")},
    )


WORDING: Mapping[Language, Wording] = {"zh": _wording("zh"), "en": _wording("en")}
