"""Tables of findings as files: CSV and XLSX, written row by row, so that memory does not grow with their number."""

from collections.abc import Iterable, Iterator, Mapping
from typing import IO, Any, Final

from audit.csv_text import csv_lines
from audit.findings.texts import COLUMNS
from audit.workbooks import plain_workbook
from domain.messages import words

Cells = Mapping[str, str | int | None]
"""A row by column."""
Headings = Mapping[str, str]
"""The columns of a table in their order, each with its heading."""

ROWS_OF_A_SHEET: Final = 1_048_576
WIDEST: Final = 60


def csv_of(rows: Iterable[Cells], columns: Headings = COLUMNS) -> Iterator[str]:
    """The lines of a CSV file that spreadsheets open with Chinese, and in which nothing is taken for a formula."""
    return csv_lines(columns.values(), ((row[name] for name in columns) for row in rows))


def write_xlsx(rows: Iterable[Cells], file: IO[bytes], columns: Headings = COLUMNS) -> int:
    """Write a workbook, with as many sheets as the rows need, and tell how many rows there are."""
    with plain_workbook(file, constant_memory=True) as book:
        heading = book.add_format({"bold": True, "bottom": 1})
        sheet, line, written = _new_sheet(book, heading, columns), 1, 0
        for row in rows:
            if line >= ROWS_OF_A_SHEET:
                sheet, line = _new_sheet(book, heading, columns), 1
            for place, name in enumerate(columns):
                value = row[name]
                if isinstance(value, int):
                    sheet.write_number(line, place, value)
                elif value is not None:
                    sheet.write_string(line, place, value)
            line, written = line + 1, written + 1
    return written


def _new_sheet(book: Any, heading: Any, columns: Headings) -> Any:
    """A sheet with its headings, which stay in sight; each has a name of its own."""
    name, number = " ".join(words("file_name")["findings"].values()), len(book.worksheets()) + 1
    sheet = book.add_worksheet(name if number == 1 else f"{name} {number}")
    sheet.freeze_panes(1, 0)
    for place, (name, head) in enumerate(columns.items()):
        sheet.set_column(place, place, WIDEST if name.startswith(("found", "should")) else len(head) + 8)
    for place, head in enumerate(columns.values()):
        sheet.write_string(0, place, head, heading)
    return sheet
