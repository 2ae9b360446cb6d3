"""考核, over HTTP: what came of the cases of a period, each number exactly its cases, and the table to be saved."""

import csv
import html
import re
import zipfile
from datetime import date, timedelta
from io import BytesIO, StringIO
from typing import Any

import httpx
import pytest

from domain.messages import label
from domain.words import Role
from ledger.queries.assessed_parts import MEASURES
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER

WITH_ONE_CASE = "113206000140000728"


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="module")
async def refused(people: People) -> str:
    """A case that the provider refused in time, with a reason, and that is disputed; one more waits for it."""
    request_id = await people.file()
    await people.file()
    for who, command, fields in (
        ("bureau", "accept", {}),
        ("provider", "refuse", {"reason": "涉密", "legal_basis": "=1+1"}),
        ("requester", "open_negotiation", {"justification": "履行职责确需使用"}),
    ):
        told = await people.give(who, request_id, command, **fields)
        assert told.status_code == 200, told.text
    return request_id


def of_provider(told: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in told["departments"] if row["department"] == PROVIDER and row["procedure"] is None)


@pytest.mark.usefixtures("refused")
async def test_each_number_is_exactly_its_cases(people: People, enter: Enter, refused: str) -> None:
    told = (await people.get("bureau", "/v1/assessment")).json()
    row = of_provider(told)
    numbers = row["numbers"]
    assert f'<option value="{PROVIDER}">' in (await (await enter(Role.BUREAU, "bureau")).get("/assessment")).text
    assert numbers["all"] >= 2
    for measure in ("in_time", "refused", "disputed"):
        assert numbers[measure] >= 1, measure
    assert numbers["refused_without_reason"] == 0
    assert row["law"]["ended"] >= 1
    for each in told["departments"]:
        for measure, path in each["cases"].items():
            page = (await people.get("bureau", f"{path}&limit=500")).json()
            assert (page["total"], len(page["items"])) == (each["numbers"][measure],) * 2, path
    page = (await people.get("bureau", f"{row['cases']['refused']}&limit=500")).json()
    assert refused in {case["request_id"] for case in page["items"]}
    bureau = await enter(Role.BUREAU, "bureau")
    text = (await bureau.get("/assessment")).text
    folded = text.partition("data-idle")[2].partition("</details>")[0]
    for each in told["departments"]:  # nobody is left out: whoever has no cases stands there with 0
        assert (f"{each['department']}</td>" in folded) is (each["numbers"]["all"] == 0), each
    sums = re.findall(r"<t[dh][^>]*>(\w*)</t[dh]>", text.partition("<tfoot>")[2].partition("</tfoot>")[0])
    assert sums[0] == label("console", "sum_of_departments", "zh")
    wholes = [each for each in told["departments"] if each["procedure"] is None]
    assert [int(each) for each in sums if each.isdecimal()] == [
        sum(each["numbers"][measure] for each in wholes) for measure in MEASURES
    ]
    opened = (await bureau.get("/assessment?by=1")).text
    for shown, way in ((text, "with_procedures"), (opened, "without_procedures")):
        assert [each in shown for each in (f">{label('console', way, 'zh')}</a>", "<tfoot>")] == [True, True]
    links = re.findall(r'<a href="(/assessment/cases\?[^"]*)">(\d+)</a>', text)
    assert len(links) >= 5
    path, number = links[0]
    shown = (await bureau.get(html.unescape(path))).text
    assert f"：{label('console', 'cases_of', 'zh').format(number=number)}</h1>" in shown


async def test_an_answer_on_the_same_day_took_no_working_day_and_one_procedure_has_one_row(
    people: People, bearer: Bearer, enter: Enter
) -> None:
    """Of a department without other cases here, whose days would count as well."""
    request_id = await people.file(provider={"code": WITH_ONE_CASE, "name": "市住建局"})
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    answer = {"command": "refuse", "reason": "涉密"}
    headers = bearer(Role.PROVIDER, WITH_ONE_CASE)
    told = await people.api.post(f"/v1/requests/{request_id}/commands", json=answer, headers=headers)
    assert told.status_code == 200, told.text
    found = (await people.get("bureau", f"/v1/assessment?department={WITH_ONE_CASE}")).json()["departments"]
    row = next(each for each in found if each["department"] == WITH_ONE_CASE and each["procedure"] is None)
    assert (row["law"]["ended"], row["law"]["median"]) == (1, 0)
    page = (await (await enter(Role.BUREAU, "bureau")).get(f"/assessment?department={WITH_ONE_CASE}")).text
    for heading in ("acts_assessed", "limits_of_law"):
        table = page.partition(f"<h2>{label('console', heading, 'zh')}</h2>")[2].partition("</table>")[0]
        [(name, procedure)] = re.findall(r'<th scope="row"[^>]*>(.+?)</th><td>(.+?)</td>', table)
        assert ("市住建局" in name, procedure) == (True, label("procedure", "share_request", "zh"))


async def test_a_period_narrows_it_and_the_wrong_way_round_is_told(people: People, enter: Enter) -> None:
    told = (await people.get("bureau", "/v1/assessment?from=2001-01-01&to=2001-12-31")).json()
    assert (told["from"], told["to"]) == ("2001-01-01", "2001-12-31")
    assert all(row["numbers"]["all"] == 0 for row in told["departments"])
    wrong = await people.get("bureau", "/v1/assessment?from=2020-02-01&to=2020-01-31")
    assert (wrong.status_code, wrong.json()["detail"]) == (422, label("assessment", "wrong_period", "zh"))
    bureau = await enter(Role.BUREAU, "bureau")
    page = await bureau.get("/assessment?from=2020-02-01&to=2020-01-31")
    assert page.status_code == 422
    assert label("assessment", "wrong_period", "zh") in page.text.partition('role="alert"')[2]
    assert 'value="2020-02-01"' in page.text
    today = date.fromisoformat((await people.get("bureau", "/v1/assessment")).json()["to"])
    month = today.replace(day=1) - timedelta(days=1)
    assert f'href="/assessment?from={month.replace(day=1)}&to={month}"' in page.text
    unusable = await bureau.get("/assessment?from=x")
    sentence = f"{label('console', 'assess_from', 'zh')}：{label('input', 'date', 'zh')}"
    assert (unusable.status_code, sentence in unusable.text) == (422, True)
    assert (await bureau.get("/assessment/cases?measure=x")).status_code == 422
    for query in ("to=9999-12-31", "from=0001-01-01&to=0001-01-02"):
        outside = await bureau.get(f"/assessment?{query}")
        assert (outside.status_code, label("assessment", "no_such_period", "zh") in outside.text) == (422, True)
        assert (await people.get("bureau", f"/v1/assessment/table?{query}")).status_code == 422
        for beside in ("cases", "seal", "table"):
            told = await bureau.get(f"/assessment/{beside}?{query}")
            assert (told.status_code, label("assessment", "no_such_period", "zh") in told.text) == (422, True), beside
    assert (await bureau.get(f"/assessment?from=&to=&department={PROVIDER.lower()}")).status_code == 200
    assert (await people.get("bureau", "/v1/assessment/cases?cursor=x")).status_code == 400


async def test_a_place_assesses_its_own_cases_and_departments_none(
    people: People, bearer: Bearer, enter: Enter, refused: str
) -> None:
    elsewhere = bearer([Role.BUREAU], "bureau", places=["changshu"])
    told = (await people.api.get("/v1/assessment/cases?limit=500", headers=elsewhere)).json()
    assert refused not in {case["request_id"] for case in told["items"]}
    for role in (Role.REQUESTER, Role.PROVIDER, Role.OPERATOR):
        person = await enter(role, STRANGER)
        for path in ("/assessment", "/assessment/cases", "/assessment/table"):
            assert (await person.get(path)).status_code == 403
        assert "/assessment" not in (await person.get("/desk")).text


@pytest.mark.usefixtures("refused")
async def test_the_table_is_saved_and_no_cell_is_a_formula(people: People, enter: Enter) -> None:
    told = (await people.get("auditor", "/v1/assessment")).json()
    saved = await people.get("auditor", "/v1/assessment/table?format=csv")
    assert saved.headers["content-disposition"].endswith('.csv"')
    lines = list(csv.DictReader(StringIO(saved.text.removeprefix("\ufeff"))))
    assert len(lines) == len(told["departments"])
    of_all = next(line for line in lines if line["统一社会信用代码"] == PROVIDER and line["程序"] == "全部事项")
    assert int(of_all["不同意共享"]) == of_provider(told)["numbers"]["refused"]
    assert not any(cell.startswith(("=", "+", "@")) for line in lines for cell in line.values() if cell)
    bureau = await enter(Role.BUREAU, "bureau")
    for_people = list(csv.reader(StringIO((await bureau.get("/assessment/table?format=csv")).text)))
    assert len(for_people) == 1 + len(lines) + 1
    wholes = [each for each in told["departments"] if each["procedure"] is None]
    assert for_people[-1][0] == label("console", "sum_of_departments", "zh")
    assert for_people[-1][3 : 3 + len(MEASURES)] == [
        str(sum(each["numbers"][measure] for each in wholes)) for measure in MEASURES
    ]
    workbook = await bureau.get("/assessment/table?format=xlsx")
    assert workbook.headers["content-disposition"].endswith(".xlsx")
    sheet = zipfile.ZipFile(BytesIO(workbook.content)).read("xl/worksheets/sheet1.xml")
    assert sheet.count(b"<row ") == 1 + len(told["departments"]) + 1
    assert b"<f>" not in sheet
