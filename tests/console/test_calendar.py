"""日历, over HTTP: years with the notices behind them, limits day by day, an edition previewed and published once."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any

import httpx
import pytest

from api.calendar.publishing import digest_of_edition
from api.calendar.schemas import LONGEST_EDITION
from api.context import AppContext
from background.publication import carry_out
from domain.calendar import Calendar, day_of, load_edition, packaged_editions
from domain.messages import label
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.calendar_publish.editions import days_off, edition_off
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


def hidden(page: str, name: str) -> str:
    return unescape(re.findall(f'name="{name}" value="([^"]*)"', page)[-1])


async def token(person: Person) -> dict[str, str]:
    return {"csrf_token": hidden((await person.get("/calendar")).text, "csrf_token")}


async def test_a_year_shows_its_days_and_the_notice_behind_them(people: People, enter: Enter) -> None:
    requester = await enter(Role.REQUESTER, PROVIDER)
    page = (await requester.get("/calendar?year=2026")).text
    notice = Calendar.packaged().edition("2026")
    told = (await people.get("stranger", "/v1/calendar/years/2026")).json()
    days = {day["date"]: day for day in told["days"]}
    assert len(days) == 365
    for day, kind in notice.days.items():
        if day.year == 2026:
            assert days[day.isoformat()]["working"] is (kind == "work")
            assert days[day.isoformat()]["edition"] == "2026"
    assert notice.notice in page
    assert label("console", "by_notice", "zh") in page
    assert page.count("<h1>") == 1
    assert page.count('class="make_up"') == sum(kind == "work" for day, kind in notice.days.items() if day.year == 2026)


async def test_a_year_without_a_notice_is_said_to_be_provisional(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    told = label("console", "provisional_year", "zh")
    assert told.format(year=2090) in (await auditor.get("/calendar?year=2090")).text
    # What is known of a year depends on the day: the notice for 2020 was amended in January 2020.
    assert told.format(year=2020) in (await auditor.get("/calendar?year=2020&as_known_on=2019-06-01")).text
    assert told.format(year=2020) not in (await auditor.get("/calendar?year=2020")).text


async def test_no_way_leads_to_a_year_that_the_calendar_does_not_cover(enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    ways = [
        re.findall(r'calendar\?year=(\d+)"', (await auditor.get(f"/calendar?year={year}")).text)
        for year in (2018, 2020)
    ]
    assert [("2017" in ways[0], "2019" in ways[0]), "2019" in ways[1]] == [(False, True), True]


async def test_a_limit_is_counted_day_by_day_as_known_then(people: People, enter: Enter) -> None:
    auditor = await enter(Role.AUDITOR)
    asked = "from=2020-01-22&working_days=5"
    for known, due in (("2020-01-22", "2020-02-04"), ("2020-03-01", "2020-02-06")):
        told = (await people.get("requester", f"/v1/calendar/explain?{asked}&as_known_on={known}")).json()
        assert told["days"][-1]["number"] == 5
        assert told["due_date"] == due
        assert told["days"][-1]["date"] == due
        page = (await auditor.get(f"/calendar?year=2020&{asked}&as_known_on={known}")).text
        assert told["days"][-1]["why"] in page
    months = (await people.get("requester", "/v1/calendar/explain?from=2026-01-31&months=1")).json()
    plain = (await people.get("requester", "/v1/calendar/due?from=2026-01-31&months=1")).json()
    assert {name: months[name] for name in plain} == plain


@pytest.mark.parametrize(
    "query",
    [
        "year=1066",
        "year=x",
        "year=0",
        "as_known_on=tomorrow",
        "from=2026-02-30&working_days=1",
        "from=2026-02-03",
        "from=2026-02-03&working_days=1&months=1",
        "from=2026-02-03&working_days=9999999",
        "from=2026-02-03&working_days=-1",
        "from=2026-02-03&months=700",
        "from=2026-02-03&working_days=10&as_known_on=1900-01-01",
    ],
)
async def test_what_cannot_be_counted_is_told_and_what_was_typed_kept(enter: Enter, query: str) -> None:
    page = await (await enter(Role.AUDITOR)).get(f"/calendar?{query}")
    assert page.status_code == 422
    sentence = page.text.partition('role="alert"')[2].partition("<p>")[2].partition("</p>")[0]
    assert re.search("[一-龥]", sentence)
    assert not re.search("[a-z]{3}", sentence)
    for typed in re.findall("from=([^&]*)", query):
        assert f'value="{typed}"' in page.text


async def test_only_operators_preview_and_publish(enter: Enter) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    assert label("console", "preview_impact", "zh") not in (await bureau.get("/calendar")).text
    assert (await bureau.bring("/calendar/impact", await token(bureau), edition=b"{}")).status_code == 403
    assert (await bureau.send("/calendar/publish", {**await token(bureau), "edition": "{}"})).status_code == 403
    operator = await enter(Role.OPERATOR)
    assert 'href="/calendar/template"' in (await operator.get("/calendar")).text
    begun = await operator.get("/calendar/template")
    unfinished = await operator.bring("/calendar/impact", await token(operator), edition=begun.content)
    assert unfinished.status_code == 422
    assert label("console", "edition_template", "zh") in unfinished.text.partition('role="alert"')[2]
    written = load_edition(json.dumps({**json.loads(begun.text), "notice": "https://www.gov.cn"}), "template")
    assert f"{written.year}-10-01" in begun.text
    example = await operator.get("/calendar/template?year=2026")
    assert load_edition(example.text, "example") in packaged_editions()
    assert (await operator.get("/calendar/template?year=0")).status_code == 422
    assert (await operator.bring("/calendar/impact", {}, edition=b"{}")).status_code == 403


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 422),
        (b"\xff\xfe", 422),
        (b"[" * 5000, 422),
        (b'{"id": "<b>x</b>"}', 422),
        (b"x" * (LONGEST_EDITION + 1), 413),
    ],
    ids=["empty", "not text", "deep", "markup", "large"],
)
async def test_a_bad_file_gets_one_sentence(enter: Enter, content: bytes, status: int) -> None:
    operator = await enter(Role.OPERATOR)
    page = await operator.bring("/calendar/impact", await token(operator), edition=content)
    assert page.status_code == status
    alert = page.text.partition('role="alert"')[2].partition("</div>")[0]
    assert alert.count("<p>") == 1
    assert "<b>" not in alert
    assert 'type="file"' in page.text


async def test_a_preview_names_the_cases_whose_limits_move_and_changes_nothing(
    people: People, enter: Enter, context: AppContext
) -> None:
    request_id = await people.file("cn-809-2025")
    today, calendar = day_of(context.known_on()), context.calendar_store.now()
    content = edition_off(calendar, today, days_off(calendar, today))
    told = (await people.post("operator", "/v1/calendar/impact", {"edition": json.dumps(content)})).json()
    moved = {(each["request_id"], each["clock"]): each for each in told["moved"]}
    clocks = (await people.get("bureau", f"/v1/requests/{request_id}/clocks")).json()["items"]
    [running] = [each for each in clocks if each["state"] == "running"]
    mine = moved[request_id, running["id"]]
    assert mine["due_date"] == running["due_date"]
    assert mine["due_date_then"] > mine["due_date"]
    operator = await enter(Role.OPERATOR)
    page = (await operator.bring("/calendar/impact", await token(operator), edition=json.dumps(content).encode())).text
    assert f"/cases/{request_id}" in page
    assert hidden(page, "digest") == told["digest"]
    assert await _acts(people, content["id"]) == []
    assert content["id"] not in [edition.id for edition in context.calendar_store.now().editions]


async def _acts(people: People, edition: str) -> list[dict[str, Any]]:
    acts = (await people.get("auditor", "/v1/operator-acts")).json()["items"]
    return [act for act in acts if (act["kind"], act["target"]) == ("calendar_publish", f"calendar/{edition}")]


async def test_exactly_what_was_previewed_is_published_once(people: People, enter: Enter, context: AppContext) -> None:
    # It is what every ledger knows already: nothing moves under the other tests.
    edition = Calendar.packaged().edition("2026")
    operator = await enter(Role.OPERATOR)
    form = await token(operator)
    page = (await operator.bring("/calendar/impact", form, edition=edition.to_json().encode())).text
    assert label("console", "in_force_already", "zh") in page
    assert 'data-command="publish"' not in page
    form |= {"digest": digest_of_edition(edition), "edition": edition.to_json()}
    other = {**form, "edition": form["edition"].replace("off", "work", 1)}
    assert (await operator.send("/calendar/publish", other)).status_code in (409, 422)
    assert await _acts(people, "2026") == []
    for _ in range(2):
        answer = await operator.send("/calendar/publish", form)
        assert (answer.status_code, answer.headers["location"]) == (303, "/calendar/publications/2026")
    [act] = await _acts(people, "2026")
    assert act["by"]["roles"] == ["operator"]
    assert label("console", "publication_runs", "zh") in (await operator.get("/calendar/publications/2026")).text
    store, within = context.calendar_store, timedelta(seconds=60)
    assert (await carry_out(context.client.temporal, context.writer.engine, store, "2026", within)).finished
    assert label("console", "publication_done", "zh") in (await operator.get("/calendar/publications/2026")).text
    told = (await people.get("bureau", "/v1/calendar/publications/2026")).json()
    assert (told["superseded"], told["finished_at"] is None) == (0, False)
    assert (await operator.get("/calendar/publications/none")).status_code == 404
    assert "<bdi>工作日历版本 2026</bdi>" in (await (await enter(Role.AUDITOR)).get("/audit/acts")).text
