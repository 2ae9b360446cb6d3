"""Reading over HTTP: what is yours to see, in pages, and as it comes."""

import asyncio
import hashlib
import json
from datetime import datetime
from typing import Any

import httpx
import pytest

from background.stuck import note_what_is_held_up
from domain.calendar import CHINA
from domain.evidence import GENESIS
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from protocol.messages import CalendarNews
from protocol.names import workflow_id
from starter.engine_client import ShareflowClient
from tests.api.callers import STRANGER, Bearer, People, filing, fresh_key
from tests.engine.cases import PROVIDER, REQUESTER
from tests.engine.looking import until
from tests.procedures.grants import grant, in_days, opened, renewal
from tests.procedures.held_up import refuses, torn


async def test_a_case_of_others_is_as_if_it_were_not_there(people: People) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    for place in (path, f"{path}/events", f"{path}/clocks"):
        foreign = await people.get("stranger", place)
        unknown = await people.get("stranger", place.replace(request_id, "NANTONG-NOSUCHCASE"))
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json()
        for who in ("requester", "provider", "bureau", "platform", "auditor", "operator"):
            assert (await people.get(who, place)).status_code == 200
    assert (await people.give("stranger", request_id, "withdraw", reason="x")).status_code == 404


async def test_a_department_sees_what_it_is_in_the_case_by_role(
    api: httpx.AsyncClient, people: People, bearer: Bearer
) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    assert (await api.get(path, headers=bearer(Role.PROVIDER, REQUESTER))).status_code == 404
    assert (await api.get(path, headers=bearer(Role.REQUESTER, PROVIDER))).status_code == 404
    assert (await api.get(path, headers=bearer([Role.REQUESTER, Role.PROVIDER], PROVIDER))).status_code == 200


async def test_a_list_shows_each_case_once_and_none_of_others(api: httpx.AsyncClient, bearer: Bearer) -> None:
    org = "113299000000000001"
    mine = bearer([Role.REQUESTER, Role.PROVIDER], org)
    filed = []
    for number in range(7):
        body = filing(requester={"code": org, "name": "甲局"}, purpose=f"第{number}次")
        filed.append((await api.post("/v1/requests", json=body, headers={**mine, **fresh_key()})).json()["request_id"])
    seen, path = [], "/v1/requests?limit=3&open=true"
    while path:
        answer = await api.get(path, headers=mine)
        page = answer.json()
        seen += [case["request_id"] for case in page["items"]]
        assert all(case["application"] is None for case in page["items"])
        link = answer.headers.get("link", "")
        assert bool(link) == (page["next"] is not None)
        path = link.partition(">")[0].removeprefix("<")
    assert seen == filed[::-1]
    none = await api.get("/v1/requests", headers=bearer([Role.REQUESTER, Role.PROVIDER], STRANGER + "9"))
    assert none.json() == {"items": [], "next": None}
    elsewhere = await api.get(f"/v1/requests?requester={org}", headers=bearer(Role.BUREAU, "b", ["changshu"]))
    assert elsewhere.json()["items"] == []
    bad = await api.get("/v1/requests?cursor=nonsense", headers=mine)
    assert (bad.status_code, bad.json()["code"]) == (400, "bad_cursor")


async def test_the_worklist_follows_the_case(api: httpx.AsyncClient, bearer: Bearer) -> None:
    asking, answering = "113299000000000011", "113299000000000012"
    requester, provider = bearer(Role.REQUESTER, asking), bearer(Role.PROVIDER, answering)
    bureau = bearer(Role.BUREAU, "b", ["nantong"])
    body = filing(requester={"code": asking, "name": "甲局"}, provider={"code": answering, "name": "乙局"})
    filed = await api.post("/v1/requests", json=body, headers={**requester, **fresh_key()})
    request_id = filed.json()["request_id"]

    async def waits_for() -> list[str]:
        found = []
        for name, headers in (("requester", requester), ("provider", provider), ("bureau", bureau)):
            page = (await api.get("/v1/worklist?limit=500", headers=headers)).json()
            if request_id in [case["request_id"] for case in page["items"]]:
                found.append(name)
        return found

    async def give(headers: dict[str, str], **command: str) -> None:
        answer = await api.post(f"/v1/requests/{request_id}/commands", json=command, headers=headers)
        assert answer.status_code == 200, answer.text

    assert await waits_for() == ["bureau"]
    await give(bureau, command="accept")
    assert await waits_for() == ["provider"]
    await give(provider, command="refuse", reason="涉密")
    assert await waits_for() == ["requester"]
    await give(requester, command="open_negotiation", justification="因履行职责确需使用")
    assert await waits_for() == ["requester", "provider", "bureau"]
    await give(requester, command="declare_impasse", reason="范围不足")
    assert await waits_for() == []


async def test_a_rectification_waits_for_whoever_ordered_it_or_was_told_to(people: People) -> None:
    body = {
        "procedure": "rectification",
        "statute": "nantong-2020+809",
        "request": {
            "department": {"code": "113206000140000028", "name": "市大数据管理局"},
            "ground": "source_unassigned",
            "facts": "未按期办理",
            "working_days": 5,
        },
    }
    answer = await people.post("government", "/v1/cases", body, **fresh_key())
    assert answer.status_code == 201, answer.text
    request_id = answer.json()["request_id"]

    async def waits_for() -> dict[str, list[str]]:
        shown = (await people.get("government", f"/v1/cases/{request_id}")).json()["waiting_for"]
        listed = [
            who
            for who in ("provider", "bureau", "leading_group", "government")
            if request_id in str((await people.get(who, "/v1/worklist?limit=500")).json())
        ]
        return {"shown": [each["role"] for each in shown], "listed": listed}

    assert await waits_for() == {"shown": ["bureau"], "listed": ["bureau"]}
    reported = await people.give("bureau", request_id, "report_completion", measures="已补办")
    assert reported.status_code == 200, reported.text
    assert await waits_for() == {"shown": ["government"], "listed": ["government"]}


async def test_an_extension_that_was_asked_for_waits_for_the_bureau(
    people: People, api: httpx.AsyncClient, bearer: Bearer
) -> None:
    request_id = await people.file("cn-809-2025")
    bureau = bearer(Role.BUREAU, "b", ["cn"])

    async def waits() -> bool:
        page = (await api.get("/v1/worklist?limit=500", headers=bureau)).json()
        return request_id in [case["request_id"] for case in page["items"]]

    assert not await waits()
    await people.give("provider", request_id, "request_extension", reason="核对", working_days=5)
    assert await waits()
    await people.give("bureau", request_id, "deny_extension", reason="不必")
    assert not await waits()


async def test_waiting_ends_with_the_next_event_and_not_before(people: People) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    known = (await people.get("requester", path)).headers["etag"]
    assert (await people.get("requester", path, **{"If-None-Match": known})).status_code == 304
    waiting = asyncio.create_task(people.get("requester", f"{path}?wait=30", **{"If-None-Match": known}))
    also = asyncio.create_task(people.get("provider", f"{path}?wait=30"))
    await asyncio.sleep(0.5)
    assert not waiting.done()
    assert not also.done()
    await people.give("bureau", request_id, "accept")
    for answer in await asyncio.gather(waiting, also):
        assert (answer.status_code, answer.json()["stage"]) == (200, "provider_answer")
    at_once = await people.get("requester", f"{path}?wait=30", **{"If-None-Match": known})
    assert at_once.json()["stage"] == "provider_answer"


async def test_waiting_in_vain_ends_with_the_time(people: People) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    known = (await people.get("requester", path)).headers["etag"]
    assert (await people.get("requester", f"{path}?wait=1", **{"If-None-Match": known})).status_code == 304
    same = await people.get("requester", f"{path}?wait=1")
    assert (same.status_code, same.headers["etag"]) == (200, known)


async def test_events_come_word_for_word_and_chained(people: People) -> None:
    request_id = await people.file()
    await people.give("bureau", request_id, "accept")
    first = (await people.get("auditor", f"/v1/requests/{request_id}/events?limit=4")).json()
    rest = (await people.get("auditor", f"/v1/requests/{request_id}/events?after={first['next']}")).json()
    events = first["items"] + rest["items"]
    assert [event["seq"] for event in events] == [1, 2, 3, 4, 5, 6]
    assert [event["prev"] for event in events] == [GENESIS, *(event["digest"] for event in events[:-1])]
    assert rest["next"] is None
    named = [event for event in events if event["actor"]["person"] is not None]
    assert [event for event in events if "salt" in event] == named != []
    assert [recomputed(event) for event in events] == [event["digest"] for event in events]


def recomputed(event: dict[str, Any]) -> str:
    """The digest of an event as docs/audit.md tells an outsider to compute it."""

    def digest(said: Any) -> str:
        text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.new("sm3", text.encode()).hexdigest()

    covered = {name: value for name, value in event.items() if name not in ("digest", "salt")}
    if "salt" in event:
        person = f"sm3:{digest([event['salt'], event['actor']['person']])}"
        covered["actor"] = {**event["actor"], "person": person}
    return digest(covered)


async def test_what_nobody_moves_is_for_those_who_look_after_it(people: People) -> None:
    for who, status in (("operator", 200), ("bureau", 200), ("auditor", 200), ("requester", 403), ("platform", 403)):
        answer = await people.get(who, "/v1/stuck")
        assert answer.status_code == status
    assert (await people.get("requester", "/v1/stuck")).json()["code"] == "role_required"


async def test_everything_that_holds_a_case_up_is_shown(
    people: People, ground: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, now = ShareflowClient(ground.temporal, ground.engine), datetime.now(CHINA)
    request_id = await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now)
    handle = ground.temporal.get_workflow_handle(workflow_id(request_id))
    both = {"other_case_unavailable: application_incomplete", "calendar_unavailable"}

    async def shown() -> dict[str, Any]:
        await note_what_is_held_up(ground.temporal, ground.engine)
        pages = (await people.get("operator", "/v1/stuck?limit=200")).json()["items"]
        found = next((case["stuck"] for case in pages if case["request_id"] == request_id), None)
        assert found == (await people.get("operator", f"/v1/cases/{request_id}")).json()["stuck"]
        return found or {"waits": []}

    async def shown_both() -> dict[str, Any] | None:
        found = await shown()
        return found if {each["reason"] for each in found["waits"]} == both else None

    with monkeypatch.context() as broken:
        broken.setattr("activities.other_cases.OtherCases._opening", refuses)
        broken.setattr("activities.ledger_steps.resolve", torn)
        await client.command(request_id, renewal(now))
        await handle.signal("calendar_published", CalendarNews(edition="2026", published_at=now))
        found = await until(shown_both)
        assert {name: found[name] for name in ("reason", "since")} == found["waits"][0]
    await handle.signal("retry_step")

    async def nothing() -> bool:
        return (await shown())["waits"] == []

    await until(nothing)


async def test_deadlines_and_statutes_can_be_asked(people: People) -> None:
    due = await people.get("requester", "/v1/calendar/due?from=2026-09-18&working_days=10")
    assert due.json() == {
        "due_date": "2026-10-09",
        "due_at": "2026-10-10T00:00:00+08:00",
        "provisional": False,
        "editions": ["2026"],
    }
    for query in ("from=2026-09-18", "from=2026-09-18&working_days=1&months=1", "from=1700000000&working_days=1"):
        assert (await people.get("requester", f"/v1/calendar/due?{query}")).status_code == 422
    ids = [statute["id"] for statute in (await people.get("requester", "/v1/statutes")).json()["items"]]
    assert "nantong-2020" in ids
    whole = (await people.get("requester", "/v1/statutes/nantong-2020")).json()
    assert whole["limits"][0]["clause"]["quote"]
    unknown = await people.get("requester", "/v1/statutes/nowhere-2020")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_statute")
