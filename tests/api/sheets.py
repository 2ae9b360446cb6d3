"""Sheets of requests as people fill them in: the template, with rows typed into it."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook, load_workbook

from api.cases.sheets.columns import COLUMNS
from api.cases.sheets.reading import FIRST_ROW
from api.cases.sheets.template import template_xlsx
from tests.engine.cases import PROVIDER, REQUESTER

PLACES = {column.name: place for place, column in enumerate(COLUMNS, start=1)}


def typed(**changes: Any) -> dict[str, Any]:
    """A row that can be filed under 常熟, ``__`` for a dot in a name."""
    row = {
        "statute": "changshu-2019",
        "requester.code": REQUESTER,
        "requester.name": "市民政局",
        "provider.code": PROVIDER,
        "provider.name": "市公安局",
        "resource.code": "GA-0001",
        "resource.name": "常住人口基本信息",
        "resource.sharing_class": "有条件共享",
        "purpose": "低保资格核验",
        "scope": "姓名、身份证号码",
    }
    return {**row, **{name.replace("__", "."): value for name, value in changes.items()}}


def sheet_of(rows: Sequence[Mapping[str, Any]], template: bytes | None = None) -> bytes:
    """The template with these rows."""
    book = load_workbook(BytesIO(template or template_xlsx("zh")))
    sheet = book.worksheets[0]
    for line, row in enumerate(rows, start=FIRST_ROW):
        for name, value in row.items():
            sheet.cell(line, PLACES[name], value)
    return saved(book)


def saved(book: Workbook) -> bytes:
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def lines_of(content: bytes) -> list[list[Any]]:
    """All that stands in a sheet."""
    return [[cell.value for cell in line] for line in load_workbook(BytesIO(content)).worksheets[0].iter_rows()]
