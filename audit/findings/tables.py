"""Tables of findings as files: CSV and XLSX, written row by row, so that memory does not grow with their number."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import IO, Any, Final

from audit.findings.texts import COLUMNS

Cells = Mapping[str, str | int | None]
"""A row by column."""

BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel takes UTF-8 for the machine's own encoding, and Chinese turns to noise."""
FORMULA: Final = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n", "|", "%")
"""What a spreadsheet may take for the beginning of a formula."""
ROWS_OF_A_SHEET: Final = 1_048_576
WIDEST: Final = 60


def csv_lines(rows: Iterable[Cells]) -> Iterator[str]:
    """The lines of a CSV file that spreadsheets open with Chinese, and in which nothing is taken for a formula."""
    yield BYTE_ORDER_MARK + _csv_line(COLUMNS)
    for row in rows:
        yield _csv_line({name: harmless(row[name]) for name in COLUMNS})


def harmless(value: str | int | None) -> str | int:
    """A value of a cell: text that a spreadsheet might work out as a formula gets an apostrophe before it."""
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA) else value


def _csv_line(row: Mapping[str, str | int]) -> str:
    line = StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(row.values())
    return line.getvalue()


def write_xlsx(rows: Iterable[Cells], file: IO[bytes]) -> int:
    """Write a workbook, with as many sheets as the rows need, and tell how many rows there are.

    Texts are written as texts: none is worked out as a formula or becomes a link.
    """
    from xlsxwriter import Workbook

    plain = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(file, plain) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        sheet, line, written = _new_sheet(book, heading), 1, 0
        for row in rows:
            if line >= ROWS_OF_A_SHEET:
                sheet, line = _new_sheet(book, heading), 1
            for place, name in enumerate(COLUMNS):
                value = row[name]
                if isinstance(value, int):
                    sheet.write_number(line, place, value)
                elif value is not None:
                    sheet.write_string(line, place, value)
            line, written = line + 1, written + 1
    return written


def _new_sheet(book: Any, heading: Any) -> Any:
    """A sheet with its headings, which stay in sight."""
    sheet = book.add_worksheet()
    sheet.freeze_panes(1, 0)
    for place, (name, head) in enumerate(COLUMNS.items()):
        sheet.set_column(place, place, WIDEST if name.startswith(("found", "should")) else len(head) + 8)
    for place, head in enumerate(COLUMNS.values()):
        sheet.write_string(0, place, head, heading)
    return sheet
