"""POST /v1/requests/batch: each row of a sheet is filed or told why not, and nothing twice."""

import uuid
import zipfile
from io import BytesIO
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from api.cases.sheets.columns import BY_NAME, COLUMNS, REFERENCE, STATUTE
from api.cases.sheets.reading import MOST_BYTES, MOST_ROWS, SheetUnusable, read_sheet
from api.cases.sheets.template import sheet_xlsx, template_xlsx
from domain.messages import label, words
from procedures.share_request.application import Application
from tests.api.callers import People
from tests.api.sheets import lines_of, saved, sheet_of, typed

XLSX = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


async def brought(people: People, content: bytes, who: str = "requester", query: str = "") -> httpx.Response:
    headers = {**people.headers[who], **XLSX}
    return await people.api.post(f"/v1/requests/batch{query}", content=content, headers=headers)


def told(answer: httpx.Response) -> list[tuple[str, str | None]]:
    assert answer.status_code == 200, answer.text
    return [(row["outcome"], row["cell"]) for row in answer.json()["items"]]


async def test_good_rows_are_filed_once_and_bad_ones_told_with_their_cells(people: People) -> None:
    mark = uuid.uuid4().hex[:8]
    rows = [
        typed(purpose=f"{mark} 一"),
        typed(purpose=f"{mark} 二", provider__code="1132\n", item_count="多"),
        typed(purpose=f"{mark} 三", resource__sharing_class="unconditional"),
        typed(purpose=f"{mark} 四", requester__code="113206000140000099"),
        typed(purpose=f"{mark} 五", use_until="2027-09-30", documents__name="申请表.pdf", documents__sealed="是"),
    ]
    content = sheet_of(rows)
    looked = await brought(people, content, query="?preview=true")
    expected = [("would_be_filed", None), ("not_filed", "M4"), ("would_be_filed", None), ("not_filed", "C6")]
    assert told(looked) == [*expected, ("would_be_filed", None)]
    assert looked.json()["items"][0]["stage_label"] == "待答复"
    filed = await brought(people, content)
    assert [outcome for outcome, _ in told(filed)] == ["filed", "not_filed", "filed", "not_filed", "filed"]
    ids = [row["request_id"] for row in filed.json()["items"]]
    case = (await people.get("requester", f"/v1/requests/{ids[4]}")).json()
    assert case["application"]["documents"] == [{"name": "申请表.pdf", "sealed": True}]
    assert case["application"]["use_until"] == "2027-09-30"
    for again in (content, sheet_of([typed(), *rows])):
        answer = (await brought(people, again)).json()["items"]
        assert [row["request_id"] for row in answer if row["outcome"] == "filed_before"][-3:] == [
            ids[0],
            ids[2],
            ids[4],
        ]
    assert (await brought(people, content, query="?preview=true")).json()["numbers"]["filed_before"] == 3


async def test_a_row_is_one_by_its_own_number_and_within_its_sheet(people: People) -> None:
    number = uuid.uuid4().hex[:8]
    content = sheet_of([typed(reference=number), typed(), typed(), typed(reference=number, scope="其他")])
    items = (await brought(people, content)).json()["items"]
    assert [row["outcome"] for row in items] == ["filed", *([items[1]["outcome"], "not_filed", "not_filed"])]
    assert "第 4 行" in items[2]["why"]
    assert "第 3 行" in items[3]["why"]
    [other] = (await brought(people, sheet_of([typed(reference=number, scope="其他")]))).json()["items"]
    assert (other["outcome"], other["cell"]) == ("not_filed", "A3")


async def test_a_text_is_chosen_by_what_it_is_called(people: People) -> None:
    there = load_workbook(BytesIO(template_xlsx("zh")))
    offered = [cell.value for (cell,) in there.worksheets[1].iter_rows(max_col=1)]
    [list_of_texts] = [it for it in there.worksheets[0].data_validations.dataValidation if "!" in it.formula1]
    assert (str(list_of_texts.sqref).partition(":")[0], there.worksheets[1].sheet_state) == ("B3", "hidden")
    assert list_of_texts.formula1.endswith(f"$A${len(offered)}")
    said = ["常熟市现行法规", "常熟市政务信息资源共享管理暂行办法", "changshu-2019", "常熟市现行文本"]
    assert (said[0] in offered, said[1] in offered) == (True, False)
    content = sheet_of([typed(statute=each, purpose=uuid.uuid4().hex) for each in said])
    rows = (await brought(people, content, query="?preview=true")).json()["items"]
    assert [row["statute"] for row in rows] == [
        "changshu-2019+809",
        "changshu-2019",
        "changshu-2019",
        "changshu-2019+809",
    ]


async def test_a_refusal_of_the_rules_is_told_with_its_article(people: People) -> None:
    rows = [
        typed(statute="zhejiang-2014", resource__sharing_class="不予共享"),
        typed(statute="火星文本"),
        typed(provider__name="", purpose=""),
    ]
    items = (await brought(people, sheet_of(rows), query="?preview=true")).json()["items"]
    assert [row["outcome"] for row in items] == ["not_filed"] * 3
    assert "条" in items[0]["why"]
    there = label("console", "in_force_there", "zh").format(place="常熟市")
    assert [row["cell"] for row in items[1:]] == ["B4", "F5"]
    assert (there in items[1]["why"], "changshu" in items[1]["why"]) == (True, False)
    assert "提供部门名称、用途" in items[2]["why"]


async def test_only_who_files_brings_sheets(people: People) -> None:
    assert (await brought(people, sheet_of([typed()]), "provider")).status_code == 403
    got = await people.get("requester", "/v1/requests/batch/template")
    assert lines_of(got.content)[1] == [column.name for column in COLUMNS]
    broken = await brought(people, b"a,b\n1,2\n")
    assert (broken.status_code, broken.json()["code"]) == (422, "invalid")


def row_with(name: str, value: Any) -> Any:
    """How a row is read that says something in a column: its value, or the word of what is wrong."""
    [row] = read_sheet(sheet_of([{**typed(), name: value}]))
    return row.wrong[0].word if row.wrong else row.said[name]


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("purpose", "=1+1", "formula"),
        ("purpose", "#REF!", "error"),
        ("provider.code", 113206000140000028, "long_number"),
        ("resource.code", 12, "12"),
        ("resource.code", 12.0, "12"),
        ("item_count", 3.0, 3),
        ("item_count", 3.5, "no_number"),
        ("item_count", "-1", "no_number"),
        ("use_until", "2027-02-30", "no_date"),
        ("use_until", "2027-09-30", "2027-09-30"),
        ("service_mode", "服务接口", "api"),
        ("service_mode", "API", "api"),
        ("service_mode", "fax", "no_choice"),
        ("cross_level", "是", True),
        ("cross_level", False, False),
        ("cross_level", "也许", "no_truth"),
        ("purpose", "数" * 10_001, "too_long"),
        ("purpose", " @SUM(1) ", "@SUM(1)"),
    ],
)
def test_what_a_cell_says(name: str, value: Any, read: Any) -> None:
    assert row_with(name, value) == read


def test_no_text_that_is_given_out_is_a_formula() -> None:
    content = sheet_of([typed(purpose="x")])
    book = load_workbook(BytesIO(content))
    book.worksheets[0].cell(3, 1).value = "=cmd|' /C calc'!A0"
    book.worksheets[0].cell(3, 1).data_type = "s"
    [row] = read_sheet(saved(book))
    assert row.reference == "=cmd|' /C calc'!A0"
    again = sheet_xlsx([row], {3: "=1"}, "zh")
    assert {cell.data_type for cell in load_workbook(BytesIO(again)).worksheets[0][3] if cell.value} == {"s"}
    assert read_sheet(again)[0].said == row.said


def unusable(content: bytes) -> str:
    with pytest.raises(SheetUnusable) as refused:
        read_sheet(content)
    assert refused.value.sentence("zh") != refused.value.sentence("en")
    return refused.value.word


def zipped(**parts: bytes) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_what_is_no_sheet_of_ours_is_refused_in_a_sentence() -> None:
    assert unusable(b"") == "not_a_sheet"
    assert unusable(b"PK\x03\x04 and nothing") == "not_a_sheet"
    assert unusable(zipped(a=b"x")) == "not_a_sheet"
    assert unusable(bytes(MOST_BYTES + 1)) == "too_large"
    assert unusable(zipped(bomb=bytes(9 * 1024 * 1024))) == "too_much_inside"
    assert unusable(zipped(**{f"part{number}": b"" for number in range(101)})) == "too_much_inside"
    assert unusable(template_xlsx("zh")) == "no_rows"
    assert unusable(saved(Workbook())) == "no_names"
    for name, word in (("wish", "unknown_column"), ("requester.code", "column_twice")):
        book = load_workbook(BytesIO(sheet_of([typed()])))
        book.worksheets[0].cell(2, len(COLUMNS) + 1, name)
        assert unusable(saved(book)) == word
    assert len(read_sheet(sheet_of([{"purpose": str(number)} for number in range(MOST_ROWS)]))) == MOST_ROWS
    assert unusable(sheet_of([{"purpose": str(number)} for number in range(MOST_ROWS + 1)])) == "too_many_rows"


def test_a_part_that_lies_about_its_size_or_names_entities_does_no_harm() -> None:
    good = sheet_of([typed()])
    with zipfile.ZipFile(BytesIO(good)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "'
        + b"ha" * 1000
        + b'">'
        + b"".join(
            b'<!ENTITY a%d "%s">' % (level, (b"&a%s;" % (b"" if not level else str(level - 1).encode())) * 50)
            for level in range(6)
        )
    )
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<worksheet", laughs + b"]><worksheet", 1)
    parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"].replace(b"<sheetData>", b"<sheetData>&a5;")
    assert unusable(zipped(**parts)) == "not_a_sheet"


def test_the_columns_are_all_that_an_application_states() -> None:
    named = {column.name.partition(".")[0] for column in COLUMNS} - {REFERENCE, STATUTE}
    assert named == set(Application.model_fields)
    assert set(words("sheet_column")) == set(BY_NAME)
