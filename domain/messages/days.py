"""Days as they are written in each language."""

import re
from datetime import date
from typing import Final

from domain.messages import Language

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def day_said(value: str, language: Language) -> str:
    """A day as records keep it, 2026-03-05, as people write it; any other text as it is."""
    try:
        return day_text(date.fromisoformat(value), language) if _DAY.fullmatch(value) else value
    except ValueError:
        return value


def day_text(day: date, language: Language) -> str:
    """2026年3月5日, 5 March 2026."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
