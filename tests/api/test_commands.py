"""Commands over HTTP: who may, once, only while the case is as known, and one of many at once."""

import asyncio

import httpx

from domain.words import Role
from tests.api.callers import Bearer, People, fresh_key
from tests.engine.cases import PROVIDER, REQUESTER


async def test_a_case_goes_its_way_over_http(people: People) -> None:
    request_id = await people.file()
    accepted = await people.give("bureau", request_id, "accept")
    assert accepted.json()["events"] == ["accepted", "clock_met", "forwarded", "clock_started"]
    assert accepted.json()["case"]["waiting_for"][0]["org"] == PROVIDER
    refused = await people.give("provider", request_id, "refuse", reason="涉及未成年人信息")
    assert (refused.json()["head"], refused.json()["case"]["stage"]) == (refused.json()["case"]["head"], "refused")
    opened = await people.give("requester", request_id, "open_negotiation", justification="因履行职责确需使用")
    assert opened.json()["case"]["stage"] == "negotiation"
    closed = await people.give("requester", request_id, "declare_impasse", reason="范围不足")
    assert (closed.json()["case"]["outcome"], closed.json()["case"]["outcome_label"]) == ("unresolved", "未达成一致")
    after = await people.give("requester", request_id, "withdraw", reason="不再需要")
    assert (after.status_code, after.json()["code"]) == (409, "case_closed")


async def test_fields_may_stand_under_with_but_not_in_two_places(people: People) -> None:
    request_id = await people.file("changshu-2019")
    path = f"/v1/requests/{request_id}/commands"
    both = await people.post("provider", path, {"command": "refuse", "reason": "甲", "with": {"reason": "乙"}})
    assert (both.status_code, both.json()["code"]) == (422, "invalid")
    unknown = await people.post("provider", path, {"command": "refuse", "raeson": "甲"})
    assert (unknown.status_code, unknown.json()["code"]) == (422, "invalid")
    under = await people.post("provider", path, {"command": "refuse", "with": {"reason": "乙"}})
    assert under.status_code == 200


async def test_the_same_command_again_answers_as_the_first_time(people: People) -> None:
    request_id = await people.file("changshu-2019")
    path, key = f"/v1/requests/{request_id}/commands", fresh_key()
    said = {"command": "refuse", "reason": "涉密"}
    first = await people.post("provider", path, said, **key)
    await people.give("requester", request_id, "accept_refusal")
    second = await people.post("provider", path, said, **key)
    assert second.json() == first.json()
    assert (second.headers["etag"], second.headers["idempotency-replayed"]) == (first.headers["etag"], "true")
    other = await people.post("provider", path, {**said, "reason": "别的"}, **key)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_command_for_an_earlier_state_is_refused_and_does_nothing(people: People) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    known = (await people.get("bureau", path)).headers["etag"]
    key = fresh_key()
    done = await people.post("bureau", f"{path}/commands", {"command": "accept"}, **key, **{"If-Match": known})
    assert done.status_code == 200
    late = await people.post("provider", f"{path}/commands", {"command": "grant"}, **fresh_key(), **{"If-Match": known})
    assert (late.status_code, late.json()["code"]) == (412, "stale")
    again = await people.post("bureau", f"{path}/commands", {"command": "accept"}, **key, **{"If-Match": known})
    assert (again.status_code, again.json()) == (200, done.json()), "a repeat is no new command"
    now = done.headers["etag"]
    either = f'"1-0000000000000000", {now}'
    fresh = await people.post(
        "provider", f"{path}/commands", {"command": "grant"}, **fresh_key(), **{"If-Match": either}
    )
    assert fresh.status_code == 200


async def test_of_fifty_conflicting_commands_at_once_one_wins_and_the_rest_are_told_why(people: People) -> None:
    request_id = await people.file("changshu-2019")
    path = f"/v1/requests/{request_id}/commands"
    answers = await asyncio.gather(
        *(
            people.post("provider", path, {"command": "refuse", "reason": f"理由{number}"}, **fresh_key())
            for number in range(50)
        )
    )
    told = [(answer.status_code, answer.json().get("code")) for answer in answers]
    assert sorted(told, key=str) == [(200, None)] + [(409, "wrong_stage")] * 49
    events = (await people.get("auditor", f"/v1/requests/{request_id}/events")).json()["items"]
    assert [event["type"] for event in events].count("refused") == 1


async def test_somebody_with_several_roles_says_which(api: httpx.AsyncClient, people: People, bearer: Bearer) -> None:
    request_id = await people.file("changshu-2019")
    await people.give("provider", request_id, "refuse", reason="涉密")
    both = bearer([Role.REQUESTER, Role.BUREAU], REQUESTER)
    path = f"/v1/requests/{request_id}/commands"
    answer = await api.post(path, json={"command": "refer", "reason": "x"}, headers=both)
    assert (answer.status_code, answer.json()["code"]) == (422, "role_ambiguous")
    answer = await api.post(path, json={"command": "refer", "reason": "x", "as": "provider"}, headers=both)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_turn")
    answer = await api.post(path, json={"command": "accept_refusal"}, headers=both)
    assert answer.status_code == 200


async def test_a_bureau_moves_the_cases_of_its_places_alone(
    api: httpx.AsyncClient, people: People, bearer: Bearer
) -> None:
    request_id = await people.file()
    path = f"/v1/requests/{request_id}"
    for places, status in ((["changshu"], 404), ([], 404), (["changshu", "nantong"], 200)):
        bureau = bearer(Role.BUREAU, "b", places)
        assert (await api.get(path, headers=bureau)).status_code == status
        assert (await api.post(f"{path}/commands", json={"command": "accept"}, headers=bureau)).status_code == status
