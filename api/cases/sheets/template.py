"""Sheets as they are given out: the template, and the rows that were left with the reason of each."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, Final

from api.cases.sheets.columns import COLUMNS, WHY_NOT, SheetColumn
from api.cases.sheets.reading import FIRST_ROW, MOST_ROWS, SheetRow
from api.cases.sheets.texts import offered_texts
from audit.workbooks import plain_workbook
from domain.messages import Language, label

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDE: Final = 22
TEXTS: Final = "texts"
"""The name of the sheet behind, which lists them."""
_LAST: Final = FIRST_ROW + MOST_ROWS - 2
"""The last row that is made ready, from 0."""


def template_xlsx(language: Language) -> bytes:
    """An empty sheet: the words of the columns, the names of the fields below them, lists where one chooses."""
    return sheet_xlsx((), {}, language)


def sheet_xlsx(rows: Sequence[SheetRow], why: Mapping[int, str], language: Language) -> bytes:
    """A sheet with these rows; ``why`` says by its number why each was left, in a column of its own.

    All is text: nothing is taken for a formula, and no code loses its digits.
    """
    file = BytesIO()
    with plain_workbook(file, in_memory=True) as book:
        sheet = book.add_worksheet(label("sheet", "name", language))
        head, named, plain = (
            book.add_format({"bold": True, "bottom": 1, "text_wrap": True}),
            book.add_format({"font_color": "#555555", "italic": True}),
            book.add_format({"num_format": "@"}),
        )
        sheet.freeze_panes(FIRST_ROW - 1, 0)
        sheet.set_column(0, len(COLUMNS), WIDE, plain)
        _list_texts(book, language)
        for place, column in enumerate(COLUMNS):
            sheet.write_string(0, place, column.label(language), head)
            sheet.write_string(1, place, column.name, named)
            _offer(sheet, place, column, language)
        if why:
            sheet.write_string(0, len(COLUMNS), label("sheet", WHY_NOT, language), head)
            sheet.write_string(1, len(COLUMNS), WHY_NOT, named)
        for line, row in enumerate(rows, start=FIRST_ROW - 1):
            for place, column in enumerate(COLUMNS):
                if column.name in row.texts:
                    sheet.write_string(line, place, row.texts[column.name], plain)
            if row.number in why:
                sheet.write_string(line, len(COLUMNS), why[row.number])
    return file.getvalue()


def _list_texts(book: Any, language: Language) -> None:
    """The texts to choose from, on a sheet that is not shown: a list within a cell holds 255 characters at most."""
    beside = book.add_worksheet(TEXTS)
    beside.hide()
    for line, said in enumerate(offered_texts(language)):
        beside.write_string(line, 0, said)


def _offer(sheet: Any, place: int, column: SheetColumn, language: Language) -> None:
    """Have a spreadsheet offer what may be chosen; of texts, an id may be typed as well."""
    offered: object
    if column.kind == "statute":
        offered = f"={TEXTS}!$A$1:$A${len(offered_texts(language))}"
    elif column.choices is not None:
        offered = [label(column.words, choice, language) for choice in column.choices]
    elif column.kind == "truth":
        offered = [label("console_choice", word, language) for word in ("true", "false")]
    else:
        return
    said = {"validate": "list", "source": offered, "error_message": label("sheet", "no_choice", language)}
    if column.kind == "statute":
        said["error_type"] = "warning"
    sheet.data_validation(FIRST_ROW - 1, place, _LAST, place, said)
