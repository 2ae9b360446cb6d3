"""Reading a sheet: bounded before anything is unpacked, formulas never worked out, every cell by its address."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final
from xml.etree.ElementTree import ParseError

from api.cases.sheets.columns import BY_NAME, REFERENCE, STATUTE, WHY_NOT, SheetColumn
from api.cases.sheets.texts import filed_under, text_called
from domain.messages import Language, label

MOST_BYTES: Final = 512 * 1024
"""Of a sheet as it comes, which is a zip."""
MOST_UNPACKED: Final = 8 * 1024 * 1024
MOST_PARTS: Final = 100
MOST_ROWS: Final = 500
"""So many requests stand in one sheet."""
LAST_ROW: Final = 5000
"""Below this nothing is looked for: a sheet with so many empty rows between is none of ours."""
MOST_COLUMNS: Final = 60
LONGEST_CELL: Final = 10_000
EXACT: Final = 10**15
"""Spreadsheets keep 15 digits of a number: a code with more is another code when it was typed as one."""
FIRST_ROW: Final = 3
"""Above it stand the words of the columns and the names of the fields."""
YES: Final = frozenset({"是", "yes", "true", "1", "y"})
NO: Final = frozenset({"否", "no", "false", "0", "n"})


class SheetUnusable(ValueError):
    """A file that is no sheet of ours; ``word`` (kind ``sheet``) and ``details`` say why."""

    def __init__(self, word: str, **details: object) -> None:
        super().__init__(word)
        self.word = word
        self.details = details

    def sentence(self, language: Language) -> str:
        """Why, in the reader's language."""
        return label("sheet", self.word, language).format(**self.details)


class CellWrong(ValueError):
    """A cell that cannot be used; ``word`` (kind ``sheet``) says why."""


@dataclass(frozen=True)
class WrongCell:
    """Where a cell is, such as D5, the name of its column, and why it cannot be used, as a word."""

    address: str
    name: str
    word: str


@dataclass(frozen=True)
class SheetRow:
    """What one line asks for, cell by cell.

    ``number`` is the row's in the sheet, ``said`` what its cells say by the names of the columns, ``texts`` what was
    typed there, ``cells`` the addresses of all columns that there are.
    """

    number: int
    said: Mapping[str, Any]
    texts: Mapping[str, str]
    cells: Mapping[str, str]
    wrong: Sequence[WrongCell] = ()

    @property
    def reference(self) -> str | None:
        """The filer's own number of the row."""
        return self.said.get(REFERENCE)

    @property
    def filing(self) -> dict[str, Any]:
        """What is filed, as the body of a filing."""
        request: dict[str, Any] = {}
        for name, value in self.said.items():
            first, _, rest = name.partition(".")
            if name in (REFERENCE, STATUTE):
                continue
            if rest:
                request.setdefault(first, {})[rest] = value
            else:
                request[first] = value
        if "documents" in request:
            request["documents"] = [request["documents"]]
        return {"statute": None, **filed_under(self.said.get(STATUTE)), "request": request}


@dataclass
class _Found:
    said: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    wrong: list[WrongCell] = field(default_factory=list)


def read_sheet(content: bytes) -> Sequence[SheetRow]:
    """The rows of the first sheet of a workbook in which anything stands. Raises SheetUnusable."""
    _look_inside(content)
    return list(_rows(iter(_lines(content))))


def _lines(content: bytes) -> Sequence[Sequence[Any]]:
    """The cells of the first sheet, line by line, as they stand there: a formula as its text."""
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(BytesIO(content), read_only=True, data_only=False, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            return list(sheet.iter_rows(max_row=LAST_ROW, max_col=MOST_COLUMNS))
        finally:
            book.close()
    except (InvalidFileException, zipfile.BadZipFile, zlib.error, ParseError, *_OF_READERS):
        raise SheetUnusable("not_a_sheet") from None


_OF_READERS: Final = (KeyError, ValueError, TypeError, IndexError, AttributeError, OSError, EOFError)
"""What the reader of workbooks raises for parts that are missing or are not what they say."""


def _look_inside(content: bytes) -> None:
    """Refuse what is not a zip of few and small parts, before anything of it is unpacked."""
    if len(content) > MOST_BYTES:
        raise SheetUnusable("too_large", most=MOST_BYTES // 1024)
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, EOFError):
        raise SheetUnusable("not_a_sheet") from None
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise SheetUnusable("too_much_inside")


def _rows(lines: Iterator[Sequence[Any]]) -> Iterator[SheetRow]:
    next(lines, None)
    columns = _columns(next(lines, ()))
    number = 0
    for place, line in enumerate(lines, start=FIRST_ROW):
        row = _row(place, line, columns)
        if row is None:
            continue
        number += 1
        if number > MOST_ROWS:
            raise SheetUnusable("too_many_rows", most=MOST_ROWS)
        yield row
    if not number:
        raise SheetUnusable("no_rows")


def _columns(line: Sequence[Any]) -> Mapping[int, SheetColumn]:
    """The columns by their places, as the second row names them."""
    found: dict[int, SheetColumn] = {}
    for place, cell in enumerate(line):
        name = str(cell.value).strip() if cell.value is not None else ""
        if name in ("", WHY_NOT):
            continue
        if name not in BY_NAME:
            raise SheetUnusable("unknown_column", name=" ".join(name.split())[:40])
        if BY_NAME[name] in found.values():
            raise SheetUnusable("column_twice", name=name)
        found[place] = BY_NAME[name]
    if not any("." in column.name for column in found.values()):
        raise SheetUnusable("no_names")
    return found


def _row(number: int, line: Sequence[Any], columns: Mapping[int, SheetColumn]) -> SheetRow | None:
    """What a row says; None where nothing stands in it."""
    found = _Found()
    for place, column in columns.items():
        cell = line[place] if place < len(line) else None
        if cell is None or cell.value is None or str(cell.value).strip() == "":
            continue
        try:
            found.said[column.name] = _value(column, cell)
            found.texts[column.name] = _text(cell.value)
        except CellWrong as wrong:
            found.wrong.append(WrongCell(f"{_letters(place)}{number}", column.name, str(wrong)))
    if not found.said and not found.wrong:
        return None
    cells = {column.name: f"{_letters(place)}{number}" for place, column in columns.items()}
    return SheetRow(number, found.said, found.texts, cells, found.wrong)


def _letters(place: int) -> str:
    """What a spreadsheet calls a column, from 0."""
    return (chr(64 + place // 26) if place >= 26 else "") + chr(65 + place % 26)


def _value(column: SheetColumn, cell: Any) -> Any:
    """What a cell says in its column. Raises CellWrong."""
    if cell.data_type == "f":
        raise CellWrong("formula")
    if cell.data_type == "e":
        raise CellWrong("error")
    text = _text(cell.value)
    if len(text) > LONGEST_CELL:
        raise CellWrong("too_long")
    match column.kind:
        case "choice":
            return _one_of(column.readings(), text, "no_choice")
        case "truth":
            return _one_of({**dict.fromkeys(YES, True), **dict.fromkeys(NO, False)}, text, "no_truth")
        case "number":
            if not (text.isascii() and text.isdigit() and len(text) < 16):
                raise CellWrong("no_number")
            return int(text)
        case "date":
            return _day(cell.value, text)
        case "statute":
            return text_called(text)
    if isinstance(cell.value, int | float) and not isinstance(cell.value, bool) and abs(cell.value) >= EXACT:
        raise CellWrong("long_number")
    return text


def _one_of(readings: Mapping[str, Any], text: str, otherwise: str) -> Any:
    if text.casefold() not in readings:
        raise CellWrong(otherwise)
    return readings[text.casefold()]


def _day(value: object, text: str) -> str:
    """A day as the contract writes it, of a cell that is one or says one."""
    if isinstance(value, date):
        return (value.date() if isinstance(value, datetime) else value).isoformat()
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise CellWrong("no_date") from None


def _text(value: object) -> str:
    """What stands in a cell, as somebody would type it."""
    match value:
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.date().isoformat()
        case float() if value.is_integer() and abs(value) < EXACT:
            return str(int(value))
    return str(value).strip()
