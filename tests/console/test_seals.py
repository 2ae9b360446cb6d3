"""封存考核, over HTTP and in the console: figures kept for good, and what has changed since, case by case."""

import re
from datetime import date, timedelta
from typing import Any

import httpx
import pytest

from api.context import AppContext
from domain.calendar import day_of
from domain.departments import Department
from domain.evidence import digest_of
from domain.messages import label
from domain.words import Role
from ledger.queries.assessed_parts import MEASURES
from tests.api.callers import Bearer, People
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER

PATH = "/v1/assessment/seals"


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture
def today(context: AppContext) -> date:
    return day_of(context.known_on())


def period(text: str) -> dict[str, str]:
    """From the first of the year to a day, of one department."""
    last = date.fromisoformat(text)
    return {"from": last.replace(month=1, day=1).isoformat(), "to": text, "department": PROVIDER}


async def seen(people: People, asked: dict[str, str]) -> dict[str, Any]:
    """The assessment as the bureau sees it."""
    answer = await people.api.get("/v1/assessment", params=asked, headers=people.headers["bureau"])
    found: dict[str, Any] = answer.json()
    return found


async def sealed(people: People, asked: dict[str, str], reason: str = "月度考核") -> httpx.Response:
    digest = (await seen(people, asked))["digest"]
    return await people.post("bureau", PATH, {**asked, "digest": digest, "reason": reason})


async def test_a_seal_stays_and_later_changes_are_its_differences(people: People, today: date) -> None:
    asked = period(today.isoformat())
    request_id = await people.file()
    made = await sealed(people, asked)
    assert made.status_code == 201, made.text
    seal = made.json()
    assert made.headers["location"] == f"{PATH}/{seal['number']}"
    assert seal["differences"] == []
    scope = {name: seal[name] for name in ("from", "to", "department", "procedure", "statute", "places")}
    assert seal["digest"] == digest_of({**scope, "departments": seal["departments"]}, "sha256")
    again = await people.post("bureau", PATH, {**asked, "digest": seal["digest"], "reason": "再次点击"})
    assert (again.status_code, again.json()["number"]) == (200, seal["number"])

    assert (await people.give("bureau", request_id, "decline", **{"with": {"reason": "材料不实"}})).status_code == 200
    late = await people.file()
    old = await people.post("bureau", PATH, {**asked, "digest": "0" * 64, "reason": "x"})
    assert (old.status_code, old.json()["detail"]) == (409, label("assessment", "changed_meanwhile", "zh"))
    now = (await people.get("auditor", f"{PATH}/{seal['number']}")).json()
    assert now["departments"] == seal["departments"]
    found = {row["figure"]: row for row in now["differences"] if row["procedure"] == "share_request"}
    assert found["closed"]["present"] == found["closed"]["sealed"] + 1
    assert found["closed"]["cases"] == [{"request_id": request_id, "move": "came"}]
    assert {"request_id": late, "move": "came"} in found["all"]["cases"]

    next_one = (await sealed(people, asked, "补报")).json()
    assert (next_one["edition"], next_one["differences"]) == (2, [])
    listed = (await people.get("bureau", f"{PATH}?limit=1")).json()
    assert [each["number"] for each in listed["items"]] == [next_one["number"]]
    following = (await people.get("bureau", f"{PATH}?limit=1&cursor={listed['next']}")).json()
    assert [each["number"] for each in following["items"]] == [seal["number"]]
    acts = (await people.get("auditor", "/v1/operator-acts?limit=1")).json()["items"]
    assert (acts[0]["kind"], acts[0]["details"]["sha256"]) == ("assessment_seal", next_one["digest"])


async def test_what_cannot_be_sealed_is_told(people: People, bearer: Bearer, today: date) -> None:
    ahead = period((today + timedelta(days=1)).isoformat())
    refused = await sealed(people, ahead)
    assert (refused.status_code, refused.json()["detail"]) == (422, label("assessment", "period_not_over", "zh"))
    assert (await sealed(people, period(today.isoformat()), " \u200b ")).status_code == 422
    elsewhere = bearer(Role.BUREAU, "bureau", places=["changshu"])
    there = {**period("2001-01-31"), "reason": "x"}
    digest = (await people.api.get("/v1/assessment", params=period("2001-01-31"), headers=elsewhere)).json()["digest"]
    theirs = await people.api.post(PATH, json={**there, "digest": digest}, headers=elsewhere)
    assert theirs.status_code == 201
    ours = bearer(Role.BUREAU, "bureau", places=["nantong"])
    path = f"{PATH}/{theirs.json()['number']}"
    assert (await people.api.get(path, headers=ours)).status_code == 404
    assert theirs.json()["number"] not in {
        each["number"] for each in (await people.api.get(PATH, headers=ours)).json()["items"]
    }


async def test_a_form_that_is_sent_twice_seals_once(enter: Enter, today: date) -> None:
    bureau = await enter(Role.BUREAU, "bureau")
    asked = {"from": "2002-01-01", "to": "2002-01-31"}
    shown = await bureau.get("/assessment/seal?from=2002-01-01&to=2002-01-31")
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', shown.text))
    form = {**hidden, **asked}
    empty = await bureau.send("/assessment/seal", {**form, "reason": " "})
    assert empty.status_code == 422
    assert label("refusal", "reason_required", "zh") in empty.text
    done = [await bureau.send("/assessment/seal", {**form, "reason": "一月考核"}) for _ in range(2)]
    assert [answer.status_code for answer in done] == [303, 303]
    assert done[0].headers["location"] == done[1].headers["location"]
    told_twice = await bureau.send("/assessment/seal", {**form, "reason": "另一理由"})
    not_again = (await bureau.get(told_twice.headers["location"])).text.partition('role="status"')[2]
    assert label("console", "seal_not_again", "zh").format(edition=1) in not_again
    assert "一月考核" in (await bureau.get(done[0].headers["location"])).text
    beside = (await bureau.get("/assessment?from=2002-01-01&to=2002-01-31")).text
    assert label("console", "seal_no_difference", "zh") in beside
    unchanged = (await bureau.get("/assessment/seal?from=2002-01-01&to=2002-01-31")).text
    assert 'data-command="seal"' not in unchanged
    ahead = (await bureau.get(f"/assessment/seal?from={today}&to={today + timedelta(days=1)}")).text
    assert 'data-command="seal"' not in ahead
    assert label("assessment", "period_not_over", "zh") in ahead
    forged = await bureau.send("/assessment/seal", {**form, "csrf_token": "x", "reason": "x"})
    assert forged.status_code == 403
    leading = await enter(Role.LEADING_GROUP, "group")
    assert (await leading.get("/assessment/seal")).status_code == 403
    assert "/assessment/seal?" not in (await leading.get("/assessment")).text


async def test_what_is_about_to_be_sealed_has_the_sum_of_all_departments(
    people: People, enter: Enter, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once: departments without cases stand in a table of their own, without a sum."""
    idle = [Department(code=f"11320600014000074{number}", name=f"闲置{number}局") for number in range(2)]
    monkeypatch.setattr(context, "departments", lambda: {"nantong": idle})
    for code in ("113206000140000731", "113206000140000732"):
        await people.file(provider={"code": code, "name": "市住建局"})
    wholes = [each for each in (await seen(people, {}))["departments"] if each["procedure"] is None]
    page = (await (await enter(Role.BUREAU, "bureau")).get("/assessment/seal")).text
    counts, limits = [re.findall(r"<td[^>]*>(\d+)</td>", foot) for foot in re.findall("<tfoot>(.*?)</tfoot>", page)]
    assert [int(each) for each in counts] == [sum(each["numbers"][measure] for each in wholes) for measure in MEASURES]
    assert all(each.name in page.rpartition("<details>")[2] for each in idle)
    days = [sum(each[of][what] for each in wholes) for of in ("law", "policy") for what in ("ended", "late")]
    assert [int(each) for each in limits] == days
