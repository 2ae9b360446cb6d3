"""Cases of every procedure over HTTP: opened, shown, listed, driven, and followed to what they lead to."""

import asyncio
from typing import Any

import httpx
import pytest

from domain.words import ProcedureName, Role
from procedures.registry import PROCEDURES
from tests.api.callers import STRANGER, Bearer, People, filing, fresh_key
from tests.engine.cases import PROVIDER, REQUESTER
from tests.engine.looking import until

ENTRY = {"code": "NT-GA-0100", "name": "流动人口居住登记信息", "sharing_class": "conditional"}


def demand(**changes: Any) -> dict[str, Any]:
    """The body that opens a demand."""
    said = {
        "requester": {"code": REQUESTER, "name": "南通市民政局"},
        "provider": {"code": PROVIDER, "name": "南通市公安局"},
        "description": "流动人口居住登记信息",
        "purpose": "低保资格核验",
        "documents": [{"name": "需求申请表.pdf", "sealed": True}],
        **changes,
    }
    return {"procedure": "demand", "statute": "nantong-2020", "request": said}


async def opened(people: People, **changes: Any) -> str:
    answer = await people.post("requester", "/v1/cases", demand(**changes), **fresh_key())
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["request_id"]
    return request_id


async def give(people: People, who: str, request_id: str, command: str, **fields: Any) -> httpx.Response:
    return await people.post(who, f"/v1/cases/{request_id}/commands", {"command": command, **fields})


async def ids(people: People, who: str, query: str, at: str = "/v1/cases") -> list[str]:
    answer = await people.get(who, f"{at}?{query}&limit=500")
    assert answer.status_code == 200, answer.text
    return [case["request_id"] for case in answer.json()["items"]]


# Opening


async def test_a_demand_is_opened_and_shown_whole(people: People) -> None:
    answer = await people.post("requester", "/v1/cases", demand(), **fresh_key(), **{"Accept-Language": "en"})
    assert answer.status_code == 201, answer.text
    case = answer.json()
    assert answer.headers["location"] == case["links"]["self"] == f"/v1/cases/{case['request_id']}"
    assert answer.headers["etag"] == f'"{case["head"]}"'
    assert (case["procedure"], case["procedure_label"]) == ("demand", "demand")
    assert (case["stage"], case["outcome"], case["opened_by"]) == ("demand_review", None, None)
    assert [clock["id"] for clock in case["clocks"]] == ["demand_feedback", "demand_publication"]
    assert {clock["article"] for clock in case["clocks"]} == {"25"}
    assert [holder["org"] for holder in case["waiting_for"]] == [PROVIDER]
    for path in (f"/v1/cases/{case['request_id']}", f"/v1/requests/{case['request_id']}"):
        shown = (await people.get("provider", path)).json()
        assert (shown["procedure"], shown["opens"]) == ("demand", [])
        assert shown["application"]["description"] == "流动人口居住登记信息"
        assert (await people.get("bureau", f"{path}/clocks")).json()["items"]
        events = (await people.get("bureau", f"{path}/events")).json()["items"]
        assert [event["type"] for event in events] == ["filed", "clock_started", "clock_started"]


async def test_the_same_key_opens_once_and_another_body_under_it_is_refused(people: People) -> None:
    key = fresh_key()
    first = await people.post("requester", "/v1/cases", demand(), **key)
    assert (await give(people, "provider", first.json()["request_id"], "undertake")).status_code == 200
    again = await people.post("requester", "/v1/cases", demand(), **key)
    assert again.status_code == 201
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["head"] == first.json()["head"]
    assert again.json()["stage"] == "demand_review"
    assert again.json()["request_id"] == first.json()["request_id"]
    other = await people.post("requester", "/v1/cases", demand(purpose="其他用途"), **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    request = await people.post("requester", "/v1/requests", filing(), **key)
    assert (request.status_code, request.json()["code"]) == (422, "key_reused")


async def test_many_at_once_under_one_key_open_one_case(people: People) -> None:
    key = fresh_key()
    answers = await asyncio.gather(*(people.post("requester", "/v1/cases", demand(), **key) for _ in range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["request_id"] for answer in answers}) == 1


async def test_a_case_without_a_text_goes_under_the_one_in_force_in_its_place(people: People) -> None:
    body = {**demand(), "jurisdiction": "nantong"}
    del body["statute"]
    key = fresh_key()
    answer = await people.post("requester", "/v1/cases", body, **key)
    assert (answer.status_code, answer.json()["statute"]) == (201, "nantong-2020+809")
    again = await people.post("requester", "/v1/cases", body, **key)
    assert again.json()["request_id"] == answer.json()["request_id"]
    nowhere = await people.post("requester", "/v1/cases", {**body, "jurisdiction": "suzhou"}, **fresh_key())
    assert (nowhere.status_code, nowhere.json()["code"]) == (422, "unknown_statute")


async def test_a_share_request_is_opened_there_too_and_is_the_same_filing(people: People) -> None:
    key = fresh_key()
    body = {"procedure": "share_request", **filing()}
    case = await people.post("requester", "/v1/cases", body, **key)
    assert case.status_code == 201, case.text
    assert case.headers["location"] == f"/v1/requests/{case.json()['request_id']}"
    again = await people.post("requester", "/v1/requests", filing(), **key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["request_id"] == case.json()["request_id"]


@pytest.mark.parametrize(
    ("who", "body", "status", "code"),
    [
        ("provider", demand(), 403, "not_your_turn"),
        ("bureau", demand(), 403, "not_your_turn"),
        ("platform", demand(), 403, "not_your_turn"),
        ("auditor", demand(), 403, "not_your_turn"),
        ("stranger", demand(), 403, "not_a_party"),
        ("requester", {**demand(), "as": "bureau"}, 403, "not_your_turn"),
        ("requester", {**demand(), "statute": "nowhere-2020"}, 422, "unknown_statute"),
        ("requester", {**demand(), "statute": "yima-2021"}, 409, "procedure_not_available"),
        ("stranger", {"procedure": "share_request", **filing()}, 403, "not_a_party"),
        ("bureau", {"procedure": "share_request", **filing()}, 403, "not_a_party"),
    ],
)
async def test_what_cannot_be_opened(people: People, who: str, body: dict[str, Any], status: int, code: str) -> None:
    answer = await people.post(who, "/v1/cases", body, **fresh_key())
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_is_missing_is_told_whole_with_the_article(people: People) -> None:
    for said in ({}, {"requester": {"name": "南通市民政局"}}):
        body = {**demand(), "request": said}
        answer = await people.post("requester", "/v1/cases", body, **fresh_key())
        assert (answer.status_code, answer.json()["code"]) == (422, "application_incomplete")
        assert answer.json()["article"] == "24"
        assert "requester.code" in answer.json()["details"]["fields"]
        assert "description" in answer.json()["details"]["fields"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({**demand(), "procedure": "divorce"}, "procedure"),
        ({key: value for key, value in demand().items() if key != "procedure"}, "procedure"),
        ({**demand(), "unheard_of": 1}, "unheard_of"),
        ({**demand(), "as": "king"}, "as"),
        ({**demand(), "request": "all of it"}, "request"),
        (demand(unheard_of=1), "request.unheard_of"),
        (demand(provider={"code": "x y"}), "request.provider.code"),
        (demand(purpose=[]), "request.purpose"),
    ],
)
async def test_what_cannot_be_used_is_named(people: People, body: dict[str, Any], path: str) -> None:
    answer = await people.post("requester", "/v1/cases", body, **fresh_key())
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), answer.text
    assert [error["path"] for error in answer.json()["errors"]] == [path]


async def test_opening_needs_a_key_and_json(people: People) -> None:
    answer = await people.post("requester", "/v1/cases", demand())
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_required")
    headers = {**people.headers["requester"], **fresh_key(), "Content-Type": "text/plain"}
    plain = await people.api.post("/v1/cases", content=b"{}", headers=headers)
    assert plain.status_code == 415


async def test_whoever_has_several_roles_acts_in_the_one_that_fits(people: People, bearer: Bearer) -> None:
    everything = bearer(list(Role), REQUESTER)
    answer = await people.api.post("/v1/cases", json=demand(), headers={**everything, **fresh_key()})
    assert answer.status_code == 201, answer.text
    path = f"/v1/cases/{answer.json()['request_id']}"
    filed = (await people.get("auditor", f"{path}/events")).json()["items"][0]
    assert filed["actor"]["role"] == "requester"


# Driving, and what follows


async def test_a_demand_is_followed_to_its_share_request(people: People) -> None:
    request_id = await opened(people)
    published = await give(people, "provider", request_id, "publish", resource=ENTRY)
    assert published.status_code == 200, published.text
    assert (published.json()["case"]["stage"], published.json()["case"]["opens"]) == ("published", None)
    followed = await give(people, "requester", request_id, "file_request", scope="姓名、居住地址")
    assert followed.status_code == 200, followed.text
    [opens] = followed.json()["case"]["opens"]
    assert (opens["procedure"], opens["procedure_label"]) == ("share_request", "共享申请")
    assert (await people.get("bureau", f"/v1/cases/{request_id}")).json()["opens"] == [opens]

    path = f"/v1/requests/{opens['request_id']}"

    async def there() -> bool:
        return (await people.get("requester", path)).status_code == 200

    await until(there)
    case = (await people.get("requester", path)).json()
    assert (case["opened_by"], case["procedure"], case["stage"]) == (request_id, "share_request", "completeness_check")
    assert case["resource"]["code"] == ENTRY["code"]
    assert case["application"]["scope"] == "姓名、居住地址"
    assert await ids(people, "requester", f"opened_by={request_id}") == [opens["request_id"]]
    assert (await people.get("stranger", path)).status_code == 404


async def test_another_procedures_command_is_refused_as_such(people: People) -> None:
    a_demand, a_request = await opened(people), await people.file()
    for who in ("requester", "provider", "bureau", "auditor"):
        for request_id, command in ((a_demand, "grant"), (a_request, "publish")):
            answer = await people.give(who, request_id, command)
            assert (answer.status_code, answer.json()["code"]) == (409, "wrong_procedure"), answer.text


async def test_refusals_of_commands_name_the_article(people: People) -> None:
    request_id = await opened(people)
    answer = await give(people, "provider", request_id, "disclaim")
    assert (answer.status_code, answer.json()["code"], answer.json()["article"]) == (422, "reason_required", "25")
    answer = await give(people, "requester", request_id, "disclaim", reason="不属于本部门")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_turn")
    answer = await give(people, "requester", request_id, "file_request")
    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_stage")
    answer = await give(people, "provider", request_id, "publish", resource={"sharing_class": "secret"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_command_repeats_and_goes_stale_as_with_requests(people: People) -> None:
    request_id, key = await opened(people), fresh_key()
    path, body = f"/v1/cases/{request_id}/commands", {"command": "undertake"}
    stale = await people.post("provider", path, body, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "stale")
    first = await people.post("provider", path, body, **key)
    again = await people.post("provider", f"/v1/requests/{request_id}/commands", body, **key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json()["events"] == first.json()["events"]


async def test_a_stranger_finds_nothing(people: People) -> None:
    request_id = await opened(people)
    for rest in ("", "/events", "/clocks", "/documents"):
        assert (await people.get("stranger", f"/v1/cases/{request_id}{rest}")).status_code == 404
    answer = await give(people, "stranger", request_id, "undertake")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert request_id not in await ids(people, "stranger", "procedure=demand")


async def test_there_are_no_papers_of_other_procedures(people: People) -> None:
    request_id = await opened(people)
    for among in ("cases", "requests"):
        path = f"/v1/{among}/{request_id}/documents"
        assert (await people.get("requester", path)).json() == {"items": []}
        paper = await people.get("requester", f"{path}/application")
        assert (paper.status_code, paper.json()["code"]) == (404, "not_found")


# Lists


async def test_lists_narrow_by_every_filter(people: People) -> None:
    mine = await opened(people, description="渔船登记信息")
    request = await people.file()
    everything = await ids(people, "auditor", "procedure=demand&open=true")
    assert mine in everything
    assert request not in everything
    for query, found in {
        "stage=demand_review": True,
        "stage=publication": False,
        "statute=nantong-2020": True,
        "statute=cn-809-2025": False,
        f"requester={REQUESTER}": True,
        f"provider={STRANGER}": False,
        "overdue=true": False,
        "outcome=withdrawn": False,
        "resource=NT-GA-9999": False,
        f"opened_by={request}": False,
        "procedure=share_request": False,
    }.items():
        assert (mine in await ids(people, "provider", query)) is found, query
    assert mine not in await ids(people, "provider", "stage=demand_review", "/v1/requests")
    assert request in await ids(people, "provider", "open=true", "/v1/requests")
    assert {mine, request} <= set(await ids(people, "provider", "open=true"))
    wrong = await people.get("provider", "/v1/cases?procedure=divorce")
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "query.procedure")


async def test_pages_of_cases_follow_one_another(people: People) -> None:
    for _ in range(3):
        await opened(people)
    first = await people.get("auditor", "/v1/cases?procedure=demand&limit=2")
    assert 'rel="next"' in first.headers["link"]
    assert first.headers["link"].startswith("</v1/cases?procedure=demand&limit=2&cursor=")
    following = first.headers["link"][1:].partition(">")[0]
    second = (await people.get("auditor", following)).json()["items"]
    assert second
    assert not {x["request_id"] for x in second} & {x["request_id"] for x in first.json()["items"]}


async def test_worklist_feed_and_wait_know_every_procedure(people: People) -> None:
    request_id = await opened(people)
    waiting = asyncio.create_task(people.get("provider", f"/v1/cases/{request_id}?wait=20", **{"If-None-Match": '"3"'}))
    assert request_id in await ids(people, "provider", "", "/v1/worklist")
    assert (await give(people, "provider", request_id, "publish", resource=ENTRY)).status_code == 200
    assert (await waiting).json()["stage"] == "published"
    assert request_id in await ids(people, "requester", "", "/v1/worklist")
    assert request_id not in await ids(people, "provider", "", "/v1/worklist")
    after, seen = "", []
    while True:
        feed = (await people.get("requester", f"/v1/events?limit=500{after}")).json()
        seen += [event["type"] for event in feed["items"] if event["subject"] == request_id]
        if not feed["items"]:
            break
        after = f"&after={feed['next']}"
    assert "cn.gov.shareflow.request.resource_published.v1" in seen


# The procedures themselves


async def test_the_procedures_are_told_as_their_rules_have_them(people: People) -> None:
    items = (await people.get("auditor", "/v1/procedures", **{"Accept-Language": "en"})).json()["items"]
    assert [item["procedure"] for item in items] == [name.value for name in PROCEDURES]
    for item in items:
        procedure = PROCEDURES[ProcedureName(item["procedure"])]
        assert [row["command"] for row in item["commands"]] == [name.value for name in procedure.rules]
        assert all(row["by"] and row["stages"] and row["fields"]["type"] == "object" for row in item["commands"])
        assert item["stages"][-1]["stage"] == "closed"
        assert item["required"], f"no text has {item['procedure']}"
        assert item["clocks"]
        alone = await people.get("auditor", f"/v1/procedures/{item['procedure']}", **{"Accept-Language": "en"})
        assert alone.json() == item
    told = next(item for item in items if item["procedure"] == "demand")
    assert told["opened_by"] == ["requester"]
    assert "description" in told["required"]["nantong-2020"]
    publish = next(row for row in told["commands"] if row["command"] == "publish")
    assert (publish["by"], publish["stages"]) == (["provider"], ["demand_review", "publication"])
    assert publish["fields"]["required"] == ["resource"]
    feedback = next(row for row in told["clocks"] if row["clock"] == "demand_feedback")
    assert {
        "statute": "nantong-2020",
        "basis": "statute",
        "article": "25",
        "amount": 10,
        "unit": "working_day",
    }.items() <= (feedback["limits"][0].items())
    assert (await people.get("auditor", "/v1/procedures/divorce")).status_code == 422
    assert (await people.api.get("/v1/procedures")).status_code == 401
