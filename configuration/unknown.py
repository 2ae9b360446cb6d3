"""Variables that begin as settings do and are none: a misspelt one would else be left out without a word."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from configuration.settings import OWN, Settings, every_setting

log = logging.getLogger("shareflow.settings")

ALIKE: Final = 0.72
"""So alike are two names, of 1, where one is taken to be meant by the other."""
GUARDING: Final = ("_KEY", "_KEYS", "_URL")
"""How settings end without which much seems to work: unsealed, unsigned, or on another engine."""


@dataclass(frozen=True)
class UnknownVariable:
    """A variable that is no setting; ``meant`` is the setting with the nearest name, None where none is near."""

    variable: str
    meant: str | None

    @property
    def guards(self) -> bool:
        """Whether the setting that is meant is one of those that guard."""
        return self.meant is not None and self.meant.endswith(GUARDING)

    def __str__(self) -> str:
        return f"{self.variable} is no setting" + (f" (is {self.meant} meant?)" if self.meant else "")


def unknown_variables(settings: Settings) -> Sequence[UnknownVariable]:
    """What the environment says that nobody here reads, in the order of the names."""
    names = {each.variable.removeprefix(OWN) for each in every_setting() if each.variable.startswith(OWN)}
    near = [get_close_matches(name.removeprefix(OWN), names, 1, ALIKE) for name in settings.unknown]
    return [
        UnknownVariable(name, f"{OWN}{found[0]}" if found else None)
        for name, found in zip(settings.unknown, near, strict=True)
    ]


def tell_unknown_variables(settings: Settings) -> None:
    """Say in the log which variables are no settings: they may be somebody's own, so nothing is refused."""
    for each in unknown_variables(settings):
        log.warning("%s", each)
