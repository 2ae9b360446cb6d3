"""CSV that spreadsheets open with Chinese, and in which nothing is taken for a formula."""

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Final

Cell = str | int | None

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's own encoding, and Chinese turns to noise."""
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet may take for the beginning of a formula."""


def csv_lines(headings: Iterable[str], rows: Iterable[Iterable[Cell]]) -> Iterator[str]:
    """The lines of a file, as its rows come."""
    yield BYTE_ORDER_MARK + _line(headings)
    for row in rows:
        yield _line(harmless(cell) for cell in row)


def harmless(value: Cell) -> str | int:
    """A value of a cell: text that a spreadsheet might work out as a formula gets an apostrophe before it."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value


def _line(cells: Iterable[str | int]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue()
