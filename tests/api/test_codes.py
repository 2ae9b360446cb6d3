"""A department is one however its code is written: in the token, in the filing, in a filter, in whatever it brought."""

import uuid

import httpx
import pytest

from domain.codes import check_character
from domain.words import Role
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.documents.papers import pdf
from tests.events.senders import SOURCE, submitted


def fresh_code() -> str:
    """A right code with letters that no other department has."""
    body = f"11320600{uuid.uuid4().int % 10**6:06d}ABC"
    return body + check_character(body)


@pytest.fixture
def code() -> str:
    return fresh_code()


async def filed(api: httpx.AsyncClient, headers: dict[str, str], **changes: object) -> httpx.Response:
    return await api.post("/v1/requests", json=filing(**changes), headers={**headers, **fresh_key()})


async def test_a_case_is_seen_listed_and_driven_by_its_department_in_either_case(
    api: httpx.AsyncClient, people: People, bearer: Bearer, code: str
) -> None:
    provider = fresh_code()
    parties = {
        "requester": {"code": code, "name": "甲局"},
        "provider": {"code": provider.lower(), "name": "乙局"},
    }
    lower, upper = bearer(Role.REQUESTER, code.lower()), bearer(Role.REQUESTER, code)
    answer = await filed(api, lower, **parties)
    assert answer.status_code == 201, answer.text
    request_id = answer.json()["request_id"]
    # It is shown as it was written.
    assert answer.json()["provider"]["code"] == provider.lower()
    for mine in (lower, upper):
        assert (await api.get(f"/v1/requests/{request_id}", headers=mine)).status_code == 200
        listed = await api.get("/v1/requests", headers=mine)
        assert [case["request_id"] for case in listed.json()["items"]] == [request_id]
        feed = await api.get("/v1/events", headers=mine)
        assert {event["subject"] for event in feed.json()["items"]} == {request_id}
    for written in (code, code.lower()):
        query = {"requester": written, "provider": provider}
        found = await api.get("/v1/cases", params=query, headers=people.headers["bureau"])
        assert [case["request_id"] for case in found.json()["items"]] == [request_id]
    assert (await people.give("bureau", request_id, "accept")).status_code == 200
    theirs = bearer(Role.PROVIDER, provider)
    waiting = await api.get("/v1/worklist", headers=theirs)
    assert [case["request_id"] for case in waiting.json()["items"]] == [request_id]
    path = f"/v1/requests/{request_id}/commands"
    granted = await api.post(path, json={"command": "grant"}, headers=theirs)
    assert (granted.status_code, granted.json()["case"]["outcome"]) == (200, "granted"), granted.text


async def test_a_key_is_an_organisations_in_either_case(api: httpx.AsyncClient, bearer: Bearer, code: str) -> None:
    key, body = fresh_key(), filing(requester={"code": code, "name": "甲局"})
    first = await api.post("/v1/requests", json=body, headers={**bearer(Role.REQUESTER, code), **key})
    again = await api.post("/v1/requests", json=body, headers={**bearer(Role.REQUESTER, code.lower()), **key})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_paper_a_webhook_and_an_event_belong_to_it_in_either_case(
    api: httpx.AsyncClient, bearer: Bearer, code: str
) -> None:
    upper, lower = bearer(Role.REQUESTER, code), bearer(Role.REQUESTER, code.lower())
    paper, kind = pdf(uuid.uuid4().hex), {"Content-Type": "application/pdf"}
    brought = await api.post("/v1/attachments", content=paper, headers={**upper, **kind})
    again = await api.post("/v1/attachments", content=paper, headers={**lower, **kind})
    assert (brought.status_code, again.status_code) == (201, 200)
    assert (await api.get(brought.headers["location"], headers=lower)).status_code == 200

    body = {"url": "https://93.184.216.34/in"}
    made = await api.post("/v1/webhooks", json=body, headers=upper)
    assert made.status_code == 201, made.text
    assert (await api.get(made.headers["location"], headers=lower)).status_code == 200
    listed = await api.get("/v1/webhooks", headers=lower)
    assert [each["id"] for each in listed.json()["items"]] == [made.json()["id"]]
    assert (await api.delete(made.headers["location"], headers=lower)).status_code == 204

    said = submitted(source=f"{SOURCE}/{code}")
    said["data"]["request"]["requester"]["code"] = code
    told = [
        await api.post("/v1/events", json=said, headers={**headers, "Content-Type": "application/cloudevents+json"})
        for headers in (upper, lower)
    ]
    assert [answer.status_code for answer in told] == [201, 200], told[0].text
    assert [answer.json()["duplicate"] for answer in told] == [False, True]


@pytest.mark.parametrize("procedure", ["share_request", "demand", "access_grant", "data_correction"])
async def test_a_department_may_not_ask_itself(
    api: httpx.AsyncClient, bearer: Bearer, code: str, procedure: str
) -> None:
    party = {"requester": {"code": code, "name": "甲局"}, "provider": {"code": code.lower(), "name": "甲局"}}
    entry = {"code": "A-1", "name": "人口", "sharing_class": "conditional"}
    matter = {
        "share_request": {**party, "resource": entry, "purpose": "核验", "scope": "姓名"},
        "demand": {**party, "description": "居住信息", "purpose": "核验"},
        "access_grant": {**party, "resource": entry, "purpose": "核验", "scope": "姓名"},
        "data_correction": {**party, "resource": entry, "doubt": "有误"},
    }[procedure]
    statute = "nantong-2020" if procedure != "data_correction" else "cn-809-2025"
    body = {"procedure": procedure, "statute": statute, "as": "requester", "request": matter}
    caller = bearer([Role.REQUESTER, Role.PROVIDER], code, ["*"])
    if procedure == "access_grant":
        body["as"] = "provider"
    answer = await api.post("/v1/cases", json=body, headers={**caller, **fresh_key()})
    assert (answer.status_code, answer.json()["code"]) == (422, "requester_is_provider"), answer.text


async def test_a_mistyped_code_is_a_finding_and_no_refusal(api: httpx.AsyncClient, bearer: Bearer) -> None:
    wrong = "113206000140000001"
    mine = bearer(Role.REQUESTER, wrong)
    answer = await filed(api, mine, requester={"code": wrong, "name": "甲局"})
    assert answer.status_code == 201
    events = await api.get(answer.json()["links"]["events"], headers=mine)
    data = events.json()["items"][0]["data"]
    assert "wrong_check_character" in data["findings"]
    assert data["mistyped_codes"] == [wrong]
    form = await api.get(f"{answer.json()['links']['documents']}/application", headers=mine)
    assert f"统一社会信用代码的校验码有误：{wrong}" in form.text
