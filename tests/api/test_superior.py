"""A case that names a superior: who sees it, whom it waits for, and who may settle it."""

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from domain.words import Role
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.engine.cases import PROVIDER, REQUESTER

HERE, ABOVE = "cn", "jiangsu"
CORRECTION = {
    "requester": {"code": REQUESTER, "name": "南通市民政局"},
    "provider": {"code": PROVIDER, "name": "南通市公安局"},
    "resource": {"code": "NT-GA-0001", "name": "常住人口基本信息"},
    "doubt": "户籍状态与现场核验不符",
    "cross_level": True,
    "superior": ABOVE,
}


class Organs:
    """Organs of the case's own place, of the superior's, and of some other place."""

    def __init__(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        self.api = api
        self.headers: Mapping[tuple[Role, str], dict[str, str]] = {
            (role, place): bearer(role, f"{place}-{role}", [place])
            for role in (Role.BUREAU, Role.GOVERNMENT, Role.PLATFORM)
            for place in (HERE, ABOVE, "hubei")
        }

    async def give(
        self, role: Role, place: str, request_id: str, command: str, **fields: Any
    ) -> tuple[int, str | None]:
        """Give a command; the status and the code of a refusal."""
        path = f"/v1/cases/{request_id}/commands"
        answer = await self.api.post(path, json={"command": command, **fields}, headers=self.headers[role, place])
        return answer.status_code, answer.json().get("code")

    async def sees(self, role: Role, place: str, request_id: str) -> tuple[int, bool, bool]:
        """What becomes of reading the case, and whether it stands in the organ's list and worklist."""
        headers = self.headers[role, place]
        shown = await self.api.get(f"/v1/cases/{request_id}", headers=headers)
        events = await self.api.get(f"/v1/cases/{request_id}/events", headers=headers)
        assert shown.status_code == events.status_code
        found = []
        for path in ("/v1/cases?limit=500", "/v1/worklist?limit=500"):
            page = (await self.api.get(path, headers=headers)).json()
            found.append(request_id in {case["request_id"] for case in page["items"]})
        return shown.status_code, found[0], found[1]


@pytest.fixture(scope="module")
def organs(api: httpx.AsyncClient, bearer: Bearer) -> Organs:
    return Organs(api, bearer)


async def coordinated(people: People, **changes: Any) -> str:
    """A request that has been referred to coordination."""
    said = filing("cn-809-2025", **changes)
    answer = await people.post("requester", "/v1/requests", said, **fresh_key())
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["request_id"]
    for who, command, fields in (
        ("provider", "refuse", {"reason": "用途不明"}),
        ("requester", "open_negotiation", {"justification": "因履行职责确需使用"}),
        ("provider", "declare_impasse", {"reason": "不能一致"}),
        ("requester", "refer", {"reason": "协商不成"}),
    ):
        given = await people.give(who, request_id, command, **fields)
        assert given.status_code == 200, given.text
    return request_id


async def test_a_superior_that_is_named_alone_coordinates_and_decides(people: People, organs: Organs) -> None:
    request_id = await coordinated(people, cross_level=True, superior=ABOVE)
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, True)
    assert await organs.sees(Role.BUREAU, HERE, request_id) == (200, True, False)
    shown = (await people.get("requester", f"/v1/requests/{request_id}")).json()
    assert [holder["name"] for holder in shown["waiting_for"]] == ["共同的上级政务数据共享主管部门"]
    assert await organs.sees(Role.BUREAU, "hubei", request_id) == (404, False, False)
    assert await organs.sees(Role.PLATFORM, ABOVE, request_id) == (404, False, False)
    said = {"result": "not_agreed", "reason": "各执一词"}
    conclude = "conclude_coordination"
    assert await organs.give(Role.BUREAU, HERE, request_id, conclude, **said) == (403, "not_your_turn")
    assert await organs.give(Role.BUREAU, "hubei", request_id, conclude, **said) == (404, "not_found")
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, "urge", level="notice"))[0] == 403
    assert (await organs.give(Role.BUREAU, HERE, request_id, "urge", level="notice"))[0] == 200
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, conclude, **said))[0] == 200
    assert await organs.give(Role.BUREAU, HERE, request_id, "refer_final") == (403, "not_your_turn")
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, "refer_final"))[0] == 200
    assert await organs.sees(Role.GOVERNMENT, ABOVE, request_id) == (200, True, True)
    assert await organs.sees(Role.GOVERNMENT, HERE, request_id) == (200, True, False)
    decided = {"decision": "deny", "reason": "并非履职必需"}
    assert await organs.give(Role.GOVERNMENT, HERE, request_id, "decide", **decided) == (403, "not_your_turn")
    assert (await organs.give(Role.GOVERNMENT, ABOVE, request_id, "decide", **decided))[0] == 200


async def test_a_token_for_every_place_settles_it_too(people: People) -> None:
    request_id = await coordinated(people, superior=ABOVE)
    listed = (await people.get("bureau", "/v1/worklist?limit=500")).json()["items"]
    assert request_id in {case["request_id"] for case in listed}
    given = await people.give("bureau", request_id, "conclude_coordination", result="agreed")
    assert given.status_code == 200


async def test_without_a_superior_the_place_of_the_text_settles_it(people: People, organs: Organs) -> None:
    request_id = await coordinated(people, cross_level=True)
    assert await organs.sees(Role.BUREAU, HERE, request_id) == (200, True, True)
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (404, False, False)
    given = await organs.give(Role.BUREAU, HERE, request_id, "conclude_coordination", result="agreed")
    assert given[0] == 200


async def test_a_correction_waits_for_its_superior_alone(people: People, organs: Organs) -> None:
    body = {"procedure": "data_correction", "statute": "cn-809-2025", "request": CORRECTION}
    answer = await people.post("requester", "/v1/cases", body, **fresh_key())
    assert answer.status_code == 201, answer.text
    request_id = answer.json()["request_id"]
    assert (await people.give("provider", request_id, "explain", reason="数据无误")).status_code == 200
    disputed = {"reason": "仍然有误", "negotiation": "协商未果"}
    assert (await people.give("requester", request_id, "dispute_explanation", **disputed)).status_code == 200
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, True)
    assert await organs.sees(Role.BUREAU, HERE, request_id) == (200, True, False)
    said = {"result": "stands", "reason": "无误"}
    told = await organs.give(Role.BUREAU, HERE, request_id, "conclude_verification", **said)
    assert told == (403, "not_your_turn")
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, "conclude_verification", **said))[0] == 200


async def test_the_grant_that_follows_keeps_the_superior(people: People, organs: Organs) -> None:
    body = {
        "procedure": "access_grant",
        "statute": "cn-809-2025",
        "request": {name: value for name, value in CORRECTION.items() if name != "doubt"},
    }
    answer = await people.post("provider", "/v1/cases", body, **fresh_key())
    assert answer.status_code == 201, answer.text
    request_id = answer.json()["request_id"]
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, False)
    assert (await people.give("provider", request_id, "propose_end", reason="系统下线")).status_code == 200
    assert (await people.give("requester", request_id, "answer_end", agrees=False, reason="仍需")).status_code == 200
    assert (await people.give("requester", request_id, "refer", reason="协商不成")).status_code == 200
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, True)
    told = await organs.give(Role.BUREAU, HERE, request_id, "conclude_coordination", result="agreed")
    assert told == (403, "not_your_turn")
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, "conclude_coordination", result="agreed"))[0] == 200


async def test_the_bureau_of_the_level_above_orders_the_bureau_to_rectify(
    api: httpx.AsyncClient, organs: Organs
) -> None:
    notice = {
        "department": {"code": "bureau", "name": "市大数据管理局"},
        "ground": "coordination",
        "facts": "未按规定协调争议",
        "working_days": 5,
        "superior": ABOVE,
    }
    body = {"procedure": "rectification", "statute": "cn-809-2025", "request": notice}
    answers = [
        await api.post("/v1/cases", json=body, headers={**organs.headers[role, place], **fresh_key()})
        for role, place in ((Role.BUREAU, HERE), (Role.GOVERNMENT, ABOVE), (Role.BUREAU, ABOVE))
    ]
    assert [each.status_code for each in answers] == [403, 409, 201], [each.text for each in answers]
    request_id = answers[-1].json()["request_id"]
    assert await organs.sees(Role.BUREAU, HERE, request_id) == (200, True, True)
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, False)
    done = "report_completion"
    assert await organs.give(Role.BUREAU, ABOVE, request_id, done, measures="已协调") == (403, "not_your_turn")
    assert (await organs.give(Role.BUREAU, HERE, request_id, done, measures="已协调"))[0] == 200
    assert await organs.sees(Role.BUREAU, HERE, request_id) == (200, True, False)
    assert await organs.sees(Role.BUREAU, ABOVE, request_id) == (200, True, True)
    assert await organs.give(Role.BUREAU, HERE, request_id, "accept_completion") == (403, "not_your_turn")
    assert await organs.give(Role.GOVERNMENT, HERE, request_id, "accept_completion") == (403, "not_your_turn")
    assert (await organs.give(Role.BUREAU, ABOVE, request_id, "accept_completion"))[0] == 200
