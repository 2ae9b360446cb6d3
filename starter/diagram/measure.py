"""Estimates of the width of text, conservative for common sans-serif fonts.

Lengths are in the units of the picture (CSS pixels at its natural size).
"""

import math
import unicodedata
from collections.abc import Sequence

_NARROW, _BROAD, _FULL = 0.58, 0.86, 1.0
"""Widths as fractions of the font size: lower-case letters and digits, capitals, Chinese characters."""


def width(text: str, size: int) -> int:
    """An upper bound of the width of a text on one line."""
    return math.ceil(sum(_part(char) for char in text) * size)


def wrapped(text: str, size: int, room: int) -> Sequence[str]:
    """A text wrapped to ``room``: between Chinese characters, at spaces, or anywhere if necessary.

    Runs of white space become one space; a blank text has no lines.
    """
    lines: list[str] = []
    line = ""
    for piece in _pieces(" ".join(text.split())):
        if width((line + piece).rstrip(), size) <= room:
            line += piece
            continue
        if line.strip():
            lines.append(line.strip())
        *full, line = _cut(piece.lstrip(), size, room)
        lines += full
    return [*lines, line.strip()] if line.strip() else lines


def wrapped_names(names: Sequence[str], between: str, size: int, room: int, before: str = "") -> Sequence[str]:
    """Names as one text that begins with ``before``, wrapped between names where possible.

    ``between`` follows every name but the last.
    """
    said = [" ".join(name.split()) for name in names]
    said = [name for name in said if name]
    lines = [before]
    for number, name in enumerate(said):
        piece = name + (between if number < len(said) - 1 else "")
        if lines[-1] and width((lines[-1] + piece).rstrip(), size) > room:
            lines.append("")
        lines[-1] += piece
    return [line for whole in lines for line in wrapped(whole, size, room)] if said else []


def _part(char: str) -> float:
    # Marks that are half as wide in some fonts count as full width, as in Chinese fonts.
    if unicodedata.east_asian_width(char) in "WFA":
        return _FULL
    return _NARROW if (char.islower() and char not in "mw") or char in " .,:;()'-/·" or char.isdigit() else _BROAD


_CLINGING = frozenset("、，。；：）》”’·,.;:)")
"""Marks that must not begin a line."""


def _pieces(text: str) -> Sequence[str]:
    """The unbreakable parts: Latin words with the space before them, single Chinese characters."""
    pieces: list[str] = []
    for char in text:
        alone = unicodedata.east_asian_width(char) in "WF" and char not in _CLINGING
        before = pieces[-1][-1] if pieces else ""
        after_alone = bool(before) and unicodedata.east_asian_width(before) in "WF"
        starts = not pieces or alone or char == " " or (after_alone and char not in _CLINGING)
        if starts and before not in ("《", "（", "“"):
            pieces.append(char)
        elif pieces:
            pieces[-1] += char
        else:
            pieces.append(char)
    return pieces


def _cut(piece: str, size: int, room: int) -> Sequence[str]:
    """A piece that is longer than a line, cut; at least one character on each line."""
    parts = [""]
    for char in piece:
        if parts[-1] and width(parts[-1] + char, size) > room:
            parts.append("")
        parts[-1] += char
    return parts
