"""监督 and 督办, over HTTP: each number is its cases, and a list that is urged stays as it was confirmed."""

import html
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.context import AppContext
from configuration.departments import departments_in_force
from console.strip import ABOVE, HIGH, strip
from domain.departments import Department
from domain.messages import label
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER, application


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="module")
async def filed(people: People) -> list[str]:
    """Cases in several stages; the last is urged, the first waits for the provider."""
    cases = [await people.file(), await people.file(), await people.file("changshu-2019")]
    assert (await people.give("bureau", cases[0], "accept")).status_code == 200
    assert (await people.give("bureau", cases[2], "urge", level="yellow")).status_code == 200
    return cases


@pytest.fixture
def two_departments(context: AppContext) -> Iterator[None]:
    """A list of departments, one of them without a case."""
    before = context.departments
    there = [Department(code=PROVIDER.lower(), name="公安局"), Department(code=STRANGER, name="档案局")]
    context.departments = lambda: {"nantong": tuple(there)}
    yield
    context.departments = before


def numbers_of(text: str) -> set[tuple[str, int]]:
    """Every number of a page that is a link, with where it leads."""
    found = re.findall(r'<a href="(/supervision/cases\?[^"]*)">(?:<span class="count">)?(\d+)<', text)
    return {(html.unescape(path), int(number)) for path, number in found}


@pytest.mark.usefixtures("filed", "two_departments")
async def test_each_number_on_the_page_is_exactly_its_cases(people: People, enter: Enter) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    page = await bureau.get("/supervision")
    assert page.status_code == 200
    numbers = numbers_of(page.text)
    assert len(numbers) > 15
    for part in ("light=", "stage=", "department=", "statute=", "procedure=", "age=", "rung=", "ends_on="):
        assert any(part in path and number for path, number in numbers), part
    for path, number in numbers:
        cases = (await bureau.get(path)).text
        assert f"：{label('console', 'cases_of', 'zh').format(number=number)}</h1>" in cases, path
        if number <= 50:
            assert len(re.findall(r'<th scope="row"><a[^>]* href="/cases/', cases)) == number, path
        if colour := re.search(r"light=(\w+)", path):
            shown = set(re.findall(r'data-light="(\w+)"', cases))
            assert shown == ({colour[1]} if number else set()), path
        told = await people.get("auditor", f"/v1{path}&limit=500")
        assert (told.json()["total"], len(told.json()["items"])) == (number, number)


@pytest.mark.usefixtures("filed", "two_departments")
async def test_a_department_of_the_list_without_a_case_stands_there_with_nothing(people: People) -> None:
    told = (await people.get("bureau", "/v1/supervision")).json()
    departments = {each["value"]: each for each in told["departments"]}
    assert (departments[STRANGER]["label"], departments[STRANGER]["total"]) == ("档案局", 0)
    assert departments[PROVIDER]["label"] == "公安局"
    assert departments[PROVIDER]["total"] >= 1
    assert len([each for each in told["coming"] if each["working_day"]]) == 20
    rungs = {each["value"]: each["total"] for each in told["rungs"]}
    assert rungs["yellow"] >= 1
    assert sum(rungs.values()) == told["all"]["total"]


@pytest.mark.usefixtures("filed")
async def test_whoever_has_a_place_supervises_its_cases_alone(people: People, bearer: Bearer, enter: Enter) -> None:
    for role in (Role.BUREAU, Role.GOVERNMENT, Role.LEADING_GROUP):
        headers = bearer([role, Role.REQUESTER], "113206000140000015", places=["changshu"])
        told = (await people.api.get("/v1/supervision", headers=headers)).json()
        assert {each["value"].partition("-")[0] for each in told["statutes"]} == {"changshu"}
        named = (await people.api.get("/v1/supervision/cases?statute=nantong-2020", headers=headers)).json()
        assert (named["total"], named["items"]) == (0, [])
    for role in (Role.REQUESTER, Role.PROVIDER, Role.OPERATOR, Role.PLATFORM):
        person = await enter(role, PROVIDER)
        assert (await person.get("/supervision")).status_code == 403
        assert (await person.get("/supervision/cases")).status_code == 403
        assert "/supervision" not in (await person.get("/desk")).text


async def test_a_list_of_departments_that_cannot_be_used_is_the_operators_to_mend(
    people: People, context: AppContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "departments.yaml"
    file.write_text(f"nantong:\n  - {{code: '{STRANGER}', name: 档案局}}\n", encoding="utf-8")
    monkeypatch.setenv("SHAREFLOW_DEPARTMENTS", str(file))
    monkeypatch.setattr(context, "departments", departments_in_force)
    for text, there in ((None, True), ("nantong: []\n", False), ("nowhere: []\n", None)):
        if text:
            file.write_text(text, encoding="utf-8")
        answer = await people.get("auditor", "/v1/supervision")
        if there is None:
            assert (answer.status_code, answer.json()["code"]) == (500, "needs_operator")
        else:
            listed = [each["value"] for each in answer.json()["departments"]]
            assert (STRANGER in listed) is there


async def test_a_link_that_is_none_of_ours_is_told_in_a_sentence(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    for query in ("light=blue", "unheard=1", "ends_on=x"):
        answer = await auditor.get(f"/supervision/cases?{query}")
        assert answer.status_code == 422, query
        assert label("problem", "invalid", "zh") in answer.text
    for query in ("cursor=x", "period=%00"):
        assert (await auditor.get(f"/supervision/cases?{query}")).status_code == 400, query
    found = await auditor.get("/supervision/cases?duty=zz&period=2026-H2&statute=nantong-2020&ends_on=2026-03-05")
    assert found.status_code == 200
    said = ("2026年下半年", "南通市政务信息资源共享实施细则", "2026年3月5日", "zz")
    assert all(f"<dd><bdi>{each}</bdi></dd>" in found.text for each in said)


def hidden(text: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that leads to an address."""
    form = next(each for each in text.split("<form")[1:] if f'action="{action}' in each)
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


async def chosen(bureau: Person, cases: list[str], **more: str) -> httpx.Response:
    """Tick cases on a list and go on to the confirmation."""
    token = hidden((await bureau.get("/supervision/cases")).text, "/supervision/confirm")
    return await bureau.send("/supervision/confirm", {**token, **more, "case": cases})


def results(text: str) -> dict[str, str]:
    """What came of each case."""
    rows = re.findall(r'data-done="(\w+)"><th scope="row"><a[^>]* href="/cases/([^"]+)"', text)
    return {request_id: done for done, request_id in rows}


async def urged(people: People, request_id: str) -> list[dict[str, Any]]:
    events = (await people.get("bureau", f"/v1/requests/{request_id}/events")).json()["items"]
    return [event["data"] for event in events if event["type"] == "urged"]


async def test_many_are_urged_with_the_list_as_it_was_confirmed(people: People, enter: Enter) -> None:
    first, second, ended = [await people.file() for _ in range(3)]
    bureau = await enter(Role.BUREAU, "bureau")
    page = (await chosen(bureau, [first, second, ended, "NOBODYS-1"])).text
    form = hidden(page, "/supervision/urge")
    assert set(form["cases"].split()) == {first, second, ended}
    assert label("console", "left_out", "zh").format(number=1) in page
    # Meanwhile another is filed, which the list does not take in, and one of the list ends.
    other = await people.file()
    assert (await people.give("requester", ended, "withdraw", reason="不再需要")).status_code == 200
    without = await bureau.send("/supervision/urge", {**form, "reason": "逾期风险"})
    assert without.status_code == 422
    assert "逾期风险" in without.text
    assert hidden(without.text, "/supervision/urge")["key"] == form["key"]
    whole = {**form, "level": "red", "reason": "逾期风险"}
    done = await bureau.send("/supervision/urge", whole)
    assert results(done.text) == {first: "yes", second: "yes", ended: "no"}
    assert label("refusal", "case_closed", "zh")[:4] in done.text
    assert done.text.count(f"{application().resource.name}</bdi> <small>") == 3
    again = await bureau.send("/supervision/urge", whole)
    assert results(again.text) == {first: "yes", second: "yes", ended: "no"}
    assert again.text.count(label("console", "urged_before", "zh")) == 2
    otherwise = await bureau.send("/supervision/urge", {**whole, "reason": "另一理由"})
    assert otherwise.text.count(label("console", "urged_by_this_list", "zh")) == 2
    for request_id in (first, second):
        assert await urged(people, request_id) == [{"level": "red", "reason": "逾期风险"}]
    assert await urged(people, other) == []


async def test_nothing_is_urged_without_a_case_a_role_or_the_token_of_the_form(people: People, enter: Enter) -> None:
    request_id = await people.file()
    bureau, auditor = await enter(Role.BUREAU, "bureau"), await enter(Role.AUDITOR)
    none = await chosen(bureau, [])
    assert none.status_code == 422
    assert label("console", "tick_some", "zh") in none.text
    token = hidden((await auditor.get("/supervision")).text, "/sign-out")
    assert "data-command" not in (await auditor.get("/supervision/cases")).text
    assert (await auditor.send("/supervision/confirm", {**token, "case": [request_id]})).status_code == 403
    form = {"cases": request_id, "level": "red", "key": "k"}
    assert (await auditor.send("/supervision/urge", {**token, **form})).status_code == 403
    assert (await bureau.send("/supervision/urge", form)).status_code == 403
    assert await urged(people, request_id) == []


async def test_all_of_a_short_list_are_taken_with_one_press(people: People, enter: Enter) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    request_id = await people.file("changzhou-2018")
    path = "/supervision/cases?statute=changzhou-2018&light=green"
    listed = (await bureau.get(path)).text
    assert request_id in listed
    form = hidden(listed, "/supervision/confirm")
    page = await bureau.send(f"/supervision/confirm?{path.partition('?')[2]}", {**form, "all": "1"})
    assert request_id in hidden(page.text, "/supervision/urge")["cases"].split()


def test_a_bar_is_as_tall_as_its_number() -> None:
    days = [(date(2026, 3, day), number) for day, number in ((2, 0), (3, 1), (4, 40), (5, 20))]
    made = strip(days)
    assert [bar.height for bar in made.bars] == [0, 2, HIGH, HIGH // 2]
    assert all(bar.y + bar.height == ABOVE + HIGH == made.ground for bar in made.bars)
    assert strip([]).bars == []
