"""Tables of findings: spreadsheets open them with Chinese, and take nothing for a formula."""

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from xml.etree import ElementTree

import pytest

from audit.csv_text import harmless
from audit.findings import tables
from audit.findings.found import findings_in
from audit.findings.tables import Cells, csv_of, write_xlsx
from audit.findings.texts import COLUMNS, headings, row_of, told_row
from domain.calendar import Calendar
from domain.messages import label
from tests.audit.recorded import played

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "|calc", "%0A=1")


def rows() -> list[Cells]:
    of = played("nantong-2020/refused-late-then-impasse")
    return [row_of(each) for each in findings_in(of, Calendar.packaged(), of.events[-1].at)]


def in_sheets(content: bytes) -> Iterator[list[list[str]]]:
    """The cells of each sheet. Raises AssertionError for one that holds a formula."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        for name in sorted(book.namelist()):
            if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name):
                sheet = ElementTree.fromstring(book.read(name))
                assert not list(sheet.iter(f"{MAIN}f"))
                yield [["".join(cell.itertext()) for cell in row] for row in sheet.iter(f"{MAIN}row")]


def test_csv_has_what_spreadsheets_need() -> None:
    text = "".join(csv_of(rows()))
    assert text.startswith("\ufeff")
    heads, *lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert heads == list(COLUMNS.values())
    assert [dict(zip(COLUMNS, line, strict=True)) for line in lines] == [
        {name: "" if value is None else str(value) for name, value in row.items()} for row in rows()
    ]
    assert lines


def test_a_table_for_people_says_all_in_words() -> None:
    of = played("nantong-2020/refused-late-then-impasse")
    found = findings_in(of, Calendar.packaged(), of.events[-1].at)
    text = "".join(csv_of([told_row(each, "zh") for each in found], headings("zh"))).removeprefix("\ufeff")
    [line] = csv.DictReader(io.StringIO(text, newline=""))
    ids = {line.pop(label("finding_column", name, "zh")) for name in ("request_id", "org")}
    assert ids == {of.request_id, found[0].who.org}
    assert not re.search("[A-Za-z]", "".join(line.values()))
    assert (line["程序"], line["条款"]) == ("共享申请", "第22条")


@pytest.mark.parametrize("said", DANGEROUS)
def test_nothing_in_a_csv_is_taken_for_a_formula(said: str) -> None:
    assert harmless(said) == f"'{said}"
    [row] = rows()
    text = "".join(csv_of([{**row, "name": said}])).removeprefix("\ufeff")
    assert list(csv.reader(io.StringIO(text, newline="")))[1][list(COLUMNS).index("name")] == f"'{said}"


@pytest.mark.parametrize("said", ["答复时限", "第22条", "", "a=b", "113206000140000028", 5, 0])
def test_plain_cells_stay_as_they_are(said: str | int) -> None:
    assert harmless(said) == said


def test_a_workbook_holds_texts_and_numbers_alone() -> None:
    [row], file = rows(), io.BytesIO()
    dangerous = [{**row, "name": said} for said in (*DANGEROUS, "http://example.org/")]
    assert write_xlsx(dangerous, file) == len(dangerous)
    [sheet] = in_sheets(file.getvalue())
    assert sheet[0] == list(COLUMNS.values())
    assert len(sheet) == 1 + len(dangerous)
    late = [cell for cell in sheet[1]]
    assert row["found_zh"] in late
    assert "1" in late
    with zipfile.ZipFile(io.BytesIO(file.getvalue())) as book:
        assert not [
            name for name in book.namelist() if "hyperlink" in name or (name.endswith(".rels") and "sheet" in name)
        ]


def test_more_rows_than_a_sheet_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_OF_A_SHEET", 4)
    file = io.BytesIO()
    assert write_xlsx(iter(rows() * 7), file) == 7
    assert [len(sheet) for sheet in in_sheets(file.getvalue())] == [4, 4, 2]


def test_a_workbook_of_nothing_has_its_headings() -> None:
    file = io.BytesIO()
    assert write_xlsx([], file) == 0
    assert list(in_sheets(file.getvalue())) == [[list(COLUMNS.values())]]
