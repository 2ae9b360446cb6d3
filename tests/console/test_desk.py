"""我的待办, over HTTP: claimed by one, handed over, done by a stand-in; what is divided is work, and nothing else."""

import asyncio
import html
import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.calendar import CHINA, day_of
from domain.messages import label
from domain.messages.days import day_text
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter, Person
from tests.engine.cases import PROVIDER


@dataclass(frozen=True)
class Colleague:
    """Headers of officers by name; ``suffix`` makes the names of each test its own."""

    bearer: Bearer
    suffix: str

    def __call__(self, name: str, role: Role = Role.PROVIDER, org: str = PROVIDER, **more: Any) -> dict[str, str]:
        return self.bearer(role, org, subject=f"{name}-{self.suffix}", **more)


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture
def named(bearer: Bearer) -> Colleague:
    """An officer of a department by name; each test has names of its own."""
    return Colleague(bearer, uuid.uuid4().hex[:8])


def who(named: Colleague, name: str) -> str:
    return f"{name}-{named.suffix}"


async def waiting(people: People) -> str:
    """A case that waits for the provider."""
    return await people.file("changshu-2019")


async def asked(people: People, headers: dict[str, str], path: str, body: Any = None) -> httpx.Response:
    return await people.api.post(f"/v1/worklist/{path}", headers=headers, json=body)


async def listed(people: People, headers: dict[str, str], of: str) -> dict[str, dict[str, Any]]:
    """The cases of a view, with who has each."""
    found: dict[str, dict[str, Any]] = {}
    path: str | None = f"/v1/worklist?of={of}&limit=500"
    while path:
        told = (await people.api.get(path, headers=headers)).json()
        found |= {case["request_id"]: case for case in told["items"]}
        path = f"/v1/worklist?of={of}&limit=500&cursor={told['next']}" if told["next"] else None
    return found


async def test_two_claim_at_once_and_one_gets_it(people: People, named: Colleague) -> None:
    request_id = await waiting(people)
    officers = [named(f"officer{number}") for number in range(4)]
    answers = await asyncio.gather(*(asked(people, each, f"{request_id}/claim") for each in officers))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200, 409, 409, 409]
    [got] = [answer.json() for answer in answers if answer.status_code == 200]
    assert got["yours"]
    for refused in (answer.json() for answer in answers if answer.status_code == 409):
        assert (refused["code"], refused["officer"]) == ("claimed", got["officer"])
        assert got["officer"] in refused["title"]
    winner = officers[int(got["officer"].removeprefix("officer")[0])]
    again = await asked(people, winner, f"{request_id}/claim")
    assert (again.status_code, again.json()["since"]) == (200, got["since"])
    assert request_id in await listed(people, winner, "mine")
    assert request_id not in await listed(people, winner, "unclaimed")
    loser = next(each for each in officers if each is not winner)
    assert request_id not in await listed(people, loser, "mine")
    claim = (await listed(people, loser, "department"))[request_id]["claim"]
    assert (claim["officer"], claim["yours"]) == (got["officer"], False)


async def test_a_claim_divides_work_and_restricts_nobody(people: People, named: Colleague) -> None:
    request_id = await waiting(people)
    mine, colleague = named("mine"), named("colleague")
    assert (await asked(people, mine, f"{request_id}/claim")).status_code == 200
    body = {"command": "refuse", "reason": "涉密", "legal_basis": "条例"}
    answer = await people.api.post(f"/v1/requests/{request_id}/commands", headers=colleague, json=body)
    assert answer.status_code == 200
    done = (await people.api.get("/v1/worklist/done", headers=colleague)).json()["items"]
    assert [(each["request_id"], each["event"]) for each in done] == [(request_id, "refused")]
    assert (await people.api.get("/v1/worklist/done", headers=mine)).json()["items"] == []
    # The other department divides its own work.
    requester = named("asking", Role.REQUESTER, "113206000140000015")
    claimed = await asked(people, requester, f"{request_id}/claim")
    assert claimed.json()["officer"] == who(named, "asking")


async def test_a_case_is_handed_over_with_a_reason_and_only_by_whoever_knows_who_has_it(
    people: People, named: Colleague
) -> None:
    request_id = await waiting(people)
    first, second, third = named("first"), named("second"), named("third")
    await asked(people, first, f"{request_id}/claim")
    assert (await asked(people, second, f"{request_id}/release")).status_code == 409
    to_third = {"to": who(named, "third"), "reason": "调岗"}
    stale = await asked(people, second, f"{request_id}/hand-over", to_third)
    assert (stale.status_code, stale.json()["officer"]) == (409, who(named, "first"))
    without = await asked(people, first, f"{request_id}/hand-over", {"to": who(named, "third")})
    assert without.status_code == 422
    known = {**to_third, "holder": who(named, "first")}
    for _ in range(2):
        handed = await asked(people, first, f"{request_id}/hand-over", known)
    assert (handed.status_code, handed.json()["officer"]) == (200, who(named, "third"))
    assert request_id in await listed(people, third, "mine")
    assert request_id not in await listed(people, first, "mine")
    for _ in range(2):
        assert (await asked(people, third, f"{request_id}/release")).status_code == 204
    assert request_id in await listed(people, first, "unclaimed")


async def test_a_stand_in_has_the_cases_of_the_absent_within_the_department(
    people: People, named: Colleague, bearer: Bearer
) -> None:
    request_id, other = await waiting(people), await waiting(people)
    absent, stand_in = named("absent"), named("standin")
    await asked(people, absent, f"{request_id}/claim")
    today = day_of(people_now())
    for first, last, there in ((-3, -1, None), (1, 2, False), (-1, 0, True)):
        body = {
            "substitute": who(named, "standin"),
            "first_day": (today + timedelta(days=first)).isoformat(),
            "last_day": (today + timedelta(days=last)).isoformat(),
        }
        made = await asked(people, absent, "substitutes", body)
        assert made.status_code == (422 if there is None else 201), made.text
        mine = await listed(people, stand_in, "mine")
        assert (request_id in mine) is bool(there)
        assert other not in mine
    assert (await listed(people, stand_in, "mine"))[request_id]["claim"]["yours"]
    # Of the same name in another department, or without the role: nothing.
    elsewhere = bearer(Role.PROVIDER, STRANGER, subject=who(named, "standin"))
    assert await listed(people, elsewhere, "mine") == {}
    other_role = bearer(Role.REQUESTER, PROVIDER, subject=who(named, "standin"))
    assert request_id not in await listed(people, other_role, "mine")
    theirs = (await people.api.get("/v1/worklist/substitutes", headers=elsewhere)).json()["items"]
    assert [each for each in theirs if each["absent"] == who(named, "absent")] == []
    entered = [
        each["id"]
        for each in (await people.api.get("/v1/worklist/substitutes", headers=stand_in)).json()["items"]
        if each["absent"] == who(named, "absent")
    ]
    assert len(entered) == 2
    gone = [await people.api.delete(f"/v1/worklist/substitutes/{each}", headers=elsewhere) for each in entered]
    assert {answer.status_code for answer in gone} == {404}
    assert request_id in await listed(people, stand_in, "mine")
    assert (await asked(people, stand_in, f"{request_id}/release")).status_code == 204
    await asked(people, absent, f"{request_id}/claim")
    ended = [await people.api.delete(f"/v1/worklist/substitutes/{each}", headers=stand_in) for each in entered]
    assert {answer.status_code for answer in ended} == {204}
    assert request_id not in await listed(people, stand_in, "mine")


def people_now() -> datetime:
    """The instant by which the door goes."""
    return datetime.now(CHINA)


async def test_no_case_of_others_is_claimed(people: People, named: Colleague) -> None:
    request_id = await waiting(people)
    assert (await asked(people, named("x", org=STRANGER), f"{request_id}/claim")).status_code == 404
    assert (await asked(people, named("x", role=Role.AUDITOR, org="audit"), f"{request_id}/claim")).status_code == 403
    elsewhere = named("x", role=Role.BUREAU, org="bureau", places=["yima"])
    assert (await asked(people, elsewhere, f"{request_id}/claim")).status_code == 404
    await people.give("requester", request_id, "withdraw", reason="不再需要")
    closed = await asked(people, named("x"), f"{request_id}/claim")
    assert (closed.status_code, closed.json()["code"]) == (409, "case_closed")


async def form(person: Person, path: str, action: str, request_id: str = "") -> dict[str, str]:
    """The hidden fields of the form of a page that leads to an address and is about a case."""
    text = (await person.get(path)).text
    forms = [each.split("</form>")[0] for each in text.split("<form")[1:]]
    [found] = [each for each in forms if f'action="{action}"' in each and f'value="{request_id}"' in each]
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found)
    return {name: html.unescape(value) for name, value in hidden}


async def test_work_is_divided_on_the_pages(people: People, enter: Enter) -> None:
    request_id = await waiting(people)
    officer = await enter(Role.PROVIDER, PROVIDER)
    unclaimed = (await officer.get("/desk?tab=unclaimed")).text
    told = [label("console", word, "zh") for word in ("desk_all", "desk_late", "desk_today")]
    sizes = re.findall(r"(\d+\+?)</b>", unclaimed.partition('data-part="sizes"')[2].partition("</p>")[0])
    assert [word in unclaimed for word in told] == [True] * 3
    assert (len(sizes), int(sizes[0].rstrip("+")) >= 1) == (3, True)
    assert (await officer.get("/desk?tab=filed")).status_code == 422
    claim = await form(officer, "/desk?tab=unclaimed", "/desk/claim", request_id)
    claimed = await officer.send("/desk/claim", claim)
    assert (claimed.status_code, claimed.headers["location"]) == (303, "/desk?tab=unclaimed")
    mine = (await officer.get("/desk?tab=mine")).text
    assert f'href="/cases/{request_id}"' in mine
    over = await form(officer, "/desk?tab=mine", "/desk/hand-over", request_id)
    without = await officer.send("/desk/hand-over", {**over, "to": "wang"})
    assert without.status_code == 422
    assert label("console", "hand_over_incomplete", "zh") in without.text
    unknown = await officer.send("/desk/hand-over", {**over, "to": "wang <x>", "reason": "调岗"})
    assert (unknown.status_code, 'name="sure"' in unknown.text) == (422, True)
    assert 'value="wang &lt;x&gt;"' in unknown.text
    own = over["holder"]
    oneself = await officer.send("/desk/hand-over", {**over, "to": own, "reason": "调岗"})
    assert oneself.status_code == 422
    assert html.escape(label("console", "hand_over_to_oneself", "zh").format(name=own)) in oneself.text
    requester = await enter(Role.REQUESTER, "113206000140000015")
    filed = (await requester.get("/desk?tab=filed")).text
    row = filed.partition(f'href="/cases/{request_id}"')[2].partition("</tr>")[0]
    assert label("role", "provider", "zh") in row
    assert "data-light" in row
    token = (await requester.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    early = await requester.send("/desk/claim", {"csrf_token": token, "case": request_id, "tab": "unclaimed"})
    assert early.status_code == 409
    assert label("console", "claim_out_of_turn", "zh").format(case=request_id) in early.text
    sure = {**over, "to": "", "to_other": "wang", "reason": "调岗", "sure": "true"}
    handed = await officer.send("/desk/hand-over", sure)
    assert (handed.status_code, handed.headers["location"]) == (303, f"/desk?tab=mine&handed={request_id}")
    told = label("console", "handed_over_to", "zh").format(case=request_id, officer="wang")
    assert told in (await officer.get(handed.headers["location"])).text
    assert told not in (await officer.get("/desk?tab=mine")).text
    known = (await officer.get("/desk/substitutes")).text
    assert '<option value="wang">wang</option>' in known
    lost = await officer.send("/desk/hand-over", {**sure, "to_other": "li"})
    assert lost.status_code == 409
    assert label("problem", "claimed", "zh").format(officer="wang") in lost.text
    assert (await officer.send("/desk/claim", {**claim, "csrf_token": "x"})).status_code == 403
    assert (await officer.get("/desk?tab=unheard")).status_code == 422
    done = (await officer.get("/desk?tab=done")).text
    assert 'aria-current="page"' in done.partition('class="tabs"')[2].partition("</nav>")[0]


async def test_an_organ_claims_the_case_of_a_limit_once_it_is_asked_to_extend_it(people: People, enter: Enter) -> None:
    request_id, bureau = await people.file("cn-809-2025"), await enter(Role.BUREAU, "bureau")
    token = (await bureau.get("/desk")).text.partition('name="csrf_token" value="')[2].partition('"')[0]
    claim = {"csrf_token": token, "case": request_id, "tab": "mine"}
    assert (await bureau.send("/desk/claim", claim)).status_code == 409
    asked_for = await people.give("provider", request_id, "request_extension", reason="核对", working_days=5)
    assert asked_for.status_code == 200
    assert (await bureau.send("/desk/claim", claim)).status_code == 303
    assert f'href="/cases/{request_id}"' in (await bureau.get("/desk?tab=mine")).text


async def test_a_stand_in_is_entered_and_ended_on_its_page(enter: Enter) -> None:
    officer = await enter(Role.PROVIDER, STRANGER)
    page = "/desk/substitutes"
    hidden = await form(officer, page, page)
    today = day_of(people_now())
    days = {"first_day": today.isoformat(), "last_day": (today + timedelta(days=5)).isoformat()}
    said = {**hidden, "absent": "zhang", "substitute": "<i>wang</i>", **days}
    wrong = await officer.send(page, {**said, "last_day": "2020-01-01"})
    assert wrong.status_code == 422
    assert 'value="&lt;i&gt;wang&lt;/i&gt;"' in wrong.text
    asked = await officer.send(page, said)
    assert (asked.status_code, 'name="sure"' in asked.text) == (422, True)
    assert label("console", "nobody_of_that_name", "zh").format(name="zhang") in asked.text
    far = await officer.send(page, {**said, "sure": "true", "last_day": "9999-12-31"})
    latest = day_text(today + timedelta(days=366), "zh")
    assert (far.status_code, latest in far.text) == (422, True)
    for _ in range(2):
        assert (await officer.send(page, {**said, "sure": "true"})).headers["location"] == page
    text = (await officer.get(page)).text
    assert text.count("&lt;i&gt;wang&lt;/i&gt;</bdi>") == 1
    chosen = text.partition('<select id="substitute"')[2].partition("</select>")[0]
    assert '<option value="zhang">' in chosen
    number = re.findall(r'name="id" value="(\d+)"', text)[-1]
    assert (await officer.send(f"{page}/end", {**hidden, "id": number})).status_code == 303
    assert "wang" not in (await officer.get(page)).text.partition('<select id="absent"')[0]
    assert (await officer.send(f"{page}/end", {**hidden, "id": "x"})).status_code == 404
    assert (await (await enter(Role.AUDITOR)).get(page)).status_code == 403
