"""The periods of recurring duties as people call them: 2026年下半年, second half of 2026."""

import re
from typing import Final

from domain.messages import Language, label, words

_PERIOD: Final = re.compile(r"\b(\d{4})-([HQ][1-4])\b", re.ASCII)
_AFTER_AN_EVENT: Final = "event"
"""What stands for the period of a duty that follows an event."""
_YEAR: Final = re.compile(r"\d{4}", re.ASCII)


def periods_said(text: str, language: Language) -> str:
    """A text with each half-year and quarter in it by its name; all else as it is, years alone too."""
    return _PERIOD.sub(lambda found: _named(found[2], found[1], language) or found[0], text)


def period_said(period: str, language: Language) -> str:
    """A period by its name; what is none as it is."""
    if period == _AFTER_AN_EVENT:
        return label("period_name", period, language)
    year = _YEAR.fullmatch(period)
    return label("period_name", "year", language).format(year=period) if year else periods_said(period, language)


def _named(part: str, year: str, language: Language) -> str | None:
    known = words("period_name").get(part)
    return known[language].format(year=year) if known else None
