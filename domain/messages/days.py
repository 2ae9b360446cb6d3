"""Days as they are written in each language."""

from datetime import date

from domain.messages import Language

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def day_text(day: date, language: Language) -> str:
    """2026年3月5日, 5 March 2026."""
    if language == "zh":
        return f"{day.year}年{day.month}月{day.day}日"
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
