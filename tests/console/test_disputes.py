"""争议, over HTTP: before whom each dispute stands, what each side said, who comes next by which article."""

from typing import Any

import httpx
import pytest

from api.disputes.standing import SAYING, places
from console.forms import FormField
from console.shown_forms import name_of
from domain.messages import label
from domain.words import ProcedureName, Role, Stage
from tests.api.callers import STRANGER, Bearer, People
from tests.console.conftest import Enter
from tests.engine.cases import PROVIDER

WHY, DUTY = {"reason": "依职责"}, {"justification": "因履行职责确需使用"}
REFUSED = ("provider", "refuse", {**WHY, "legal_basis": "条例"})
OPENED = ("requester", "open_negotiation", DUTY)
TERMS = {"terms": {"scope": "<b>姓名</b>"}}
IMPASSE, REFERRED = ("requester", "declare_impasse", WHY), ("requester", "refer", WHY)
NOT_AGREED = ("bureau", "conclude_coordination", {"result": "not_agreed", "reason": "各执一词"})


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


async def disputed(people: People, statute: str, *acts: tuple[str, str, dict[str, Any]], **changes: Any) -> str:
    """A share request that was refused and taken further."""
    request_id = await people.file(statute, **changes)
    for who, command, said in (REFUSED, OPENED, *acts):
        answer = await people.give(who, request_id, command, **said)
        assert answer.status_code == 200, answer.text
    return request_id


async def found(people: People, who: str, request_id: str) -> dict[str, Any] | None:
    """A dispute as the API tells it."""
    path: str | None = "/v1/disputes?limit=100"
    while path:
        answer = await people.get(who, path)
        for each in answer.json()["items"]:
            if each["case"]["request_id"] == request_id:
                return dict(each)
        path = answer.links.get("next", {}).get("url")
    return None


async def test_what_the_engine_records_by_itself_is_nobodys_position(people: People) -> None:
    """An approved extension supersedes a limit, for a reason."""
    request_id = await people.file("cn-809-2025")
    extended = [("provider", "request_extension", {**WHY, "working_days": 5}), ("bureau", "approve_extension", {})]
    for who, command, said in (*extended, REFUSED, OPENED):
        answer = await people.give(who, request_id, command, **said)
        assert answer.status_code == 200, answer.text
    told = await found(people, "bureau", request_id) or {}
    assert [each["role"] for each in told["positions"]] == ["requester", "provider"]


async def test_each_dispute_stands_before_its_instance_with_the_next_by_the_text(people: People, enter: Enter) -> None:
    proposals = [("requester", "propose", TERMS), ("provider", "propose", {"terms": {"scope": "户籍"}})]
    talking = await disputed(people, "changshu-2019", *proposals)
    before_bureau = await disputed(people, "changshu-2019", IMPASSE, REFERRED)
    last = await disputed(
        people, "changshu-2019", IMPASSE, REFERRED, NOT_AGREED, ("bureau", "refer_final", {"necessity": "事关民生"})
    )
    told = [await found(people, "bureau", each) for each in (talking, before_bureau, last)]
    assert [each["instance"] for each in told if each] == ["negotiation", "coordination", "final_instance"]
    one, two, three = (each or {} for each in told)
    assert one["rounds"] == 2
    said = {each["role"]: (each["event"], each["said"]) for each in one["positions"]}
    assert said["requester"] == ("terms_proposed", {"terms": {"scope": "<b>姓名</b>"}})
    assert said["provider"] == ("terms_proposed", {"terms": {"scope": "户籍"}})
    assert one["due_date"] > one["since"][:10]
    following = [each["next_instance"] and each["next_instance"]["instance"] for each in (one, two, three)]
    assert following == ["coordination", "final_instance", None]
    assert one["next_instance"]["article"]
    assert len(one["next_instance"]["quote"]) >= 4
    assert "领导小组" in two["next_instance"]["body"]
    assert two["next_instance"]["necessity"]
    page = (await (await enter(Role.PROVIDER, PROVIDER)).get("/disputes")).text
    columns = page.split('data-instance="')[1:]
    assert [column.partition('"')[0] for column in columns] == ["negotiation", "coordination", "final_instance"]
    for column, request_id in zip(columns, (talking, before_bureau, last), strict=True):
        assert f'href="/cases/{request_id}"' in column
    assert "&lt;b&gt;姓名&lt;/b&gt;" in columns[0]
    assert label("console", "no_next_instance", "zh") in columns[2]


async def test_three_negotiate_in_nantong_and_nobody_comes_next(people: People) -> None:
    request_id = await people.file()
    for who, command, said in (("bureau", "accept", {}), REFUSED, OPENED):
        assert (await people.give(who, request_id, command, **said)).status_code == 200
    told = await found(people, "requester", request_id)
    assert told is not None
    assert (told["instance"], told["next_instance"]) == ("negotiation", None)


async def test_with_a_provincial_department_the_leading_group_comes_next_in_changzhou(people: People) -> None:
    told = [
        await found(
            people, "bureau", await disputed(people, "changzhou-2018", involves_provincial_department=provincial)
        )
        for provincial in (True, False)
    ]
    assert [each["next_instance"]["instance"] for each in told if each] == ["final_instance", "coordination"]


async def test_a_dispute_of_others_is_not_there(people: People, enter: Enter, bearer: Bearer) -> None:
    request_id = await disputed(people, "changshu-2019")
    assert await found(people, "stranger", request_id) is None
    assert await found(people, "auditor", request_id) is not None
    elsewhere = bearer(Role.BUREAU, "bureau", places=["yima"])
    answer = await people.api.get("/v1/disputes?limit=500", headers=elsewhere)
    assert all(each["case"]["statute"].startswith("yima") for each in answer.json()["items"])
    assert request_id not in (await (await enter(Role.REQUESTER, STRANGER)).get("/disputes")).text
    closed = await people.give("requester", request_id, "withdraw", reason="不再需要")
    assert closed.status_code == 200
    assert await found(people, "bureau", request_id) is None


@pytest.mark.parametrize("name", SAYING)
def test_whatever_is_said_has_a_name(name: str) -> None:
    assert all(name_of(FormField(name, "text"), language) for language in ("zh", "en"))


def test_every_procedure_that_has_disputes_is_there() -> None:
    there = {procedure: {stage for name, _, stage in places() if name is procedure} for procedure in ProcedureName}
    assert there[ProcedureName.SHARE_REQUEST] == {Stage.NEGOTIATION, Stage.COORDINATION, Stage.FINAL_INSTANCE}
    assert Stage.ENDING in there[ProcedureName.ACCESS_GRANT]
    assert Stage.VERIFICATION_DISPUTE in there[ProcedureName.DATA_CORRECTION]
    assert there[ProcedureName.RECTIFICATION] == {Stage.ESCALATED}
    assert Stage.WITHDRAWAL_REVIEW in there[ProcedureName.RESOURCE_WITHDRAWAL]
    assert not there[ProcedureName.PERIODIC_DUTY]
