"""Singular and plural (单复数), the one rule for all that people read: English has two forms, Chinese needs none."""

from string import Formatter
from typing import Any, Final


class CountingText(str):
    """A text in which something is counted, its number before the word.

    ``{days:working day|working days} late`` is 1 working day late, or 2 working days late.
    """

    __slots__ = ()

    def format(self, *values: object, **named: object) -> str:
        """The text with its {names} filled in."""
        return _FORMS.vformat(self, values, named)

    def format_map(self, named: Any, /) -> str:
        """The text with its {names} filled in from a mapping, which may have a word for those that it lacks."""
        return _FORMS.vformat(self, (), named)


def counting(text: str) -> str:
    """A text of the catalogue, ready to count where it counts."""
    counts = "|" in text and any("|" in (form or "") for _, _, form, _ in _FORMS.parse(text))
    return CountingText(text) if counts else text


class _Forms(Formatter):
    def format_field(self, value: Any, format_spec: str) -> str:
        one, bar, many = format_spec.partition("|")
        if not bar:
            return str(super().format_field(value, format_spec))
        return f"{value} {one if str(value) == '1' else many}"


_FORMS: Final = _Forms()
