"""Where a play differs from what its scenario expects, as something that can be told in either language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.messages import Language, label, words
from starter.scenarios import PlayedStep

InEither = Callable[[Language], str]
"""A part of a sentence that reads otherwise in each language."""


@dataclass(frozen=True)
class Differing:
    """One difference. ``about`` names its sentence in the catalogue (``unexpected``), ``details`` fill it."""

    about: str
    details: Mapping[str, str | int | InEither] = field(default_factory=dict, compare=False)

    def told(self, language: Language) -> str:
        """The sentence."""
        said = {name: said(language) if callable(said) else said for name, said in self.details.items()}
        return label("unexpected", self.about, language).format(**said)


def differs(about: str, **details: str | int | InEither) -> Differing:
    """One difference, with what fills its sentence."""
    return Differing(about, details)


def the_step(number: int, step: PlayedStep) -> InEither:
    """A step, counted from 1: by its place in the file, or by its number and what people call it."""

    def told(language: Language) -> str:
        said = {"by": step.by.value, "do": step.do.value}
        if language == "zh":
            said = {"by": label("role", step.by, language), "do": label("command", step.do, language)}
        return label("unexpected", "the_step", language).format(place=number - 1, number=number, **said)

    return told


def words_of(kind: str, *found: Any, otherwise: str) -> InEither:
    """Words of the contract as the file has them; in Chinese by what people call them. ``otherwise``: none."""

    def told(language: Language) -> str:
        if not found:
            return label("unexpected", otherwise, language)
        if language == "en":
            return ", ".join(map(str, found))
        known = words(kind)
        return "、".join(known[each][language] if each in known else str(each) for each in found)

    return told
