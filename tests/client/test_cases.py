"""Cases of other procedures through either client: opened, driven, followed, listed."""

import pytest

from shareflow import Forbidden, KeyReused, NotFound, RequestRefused
from tests.client.faulty_server import FaultyServer, forward
from tests.client.people import Participants
from tests.engine.looking import until

ENTRY = {"code": "NT-GA-0100", "name": "流动人口居住登记信息", "sharing_class": "conditional"}


def demand(people: Participants, **changes: object) -> dict[str, object]:
    return {
        "requester": {"code": people.requester_code, "name": "市民政局"},
        "provider": {"code": people.provider_code, "name": "市公安局"},
        "description": "流动人口居住登记信息",
        "purpose": "低保资格核验",
        **changes,
    }


async def test_a_demand_is_followed_to_its_request(people: Participants) -> None:
    case = await people.requester("open_case", "demand", "nantong-2020", demand(people), key="demand-1")
    assert (case.procedure, case.procedure_label, case.stage) == ("demand", "需求申请", "demand_review")
    again = await people.requester("open_case", "demand", "nantong-2020", demand(people), key="demand-1")
    assert again.request_id == case.request_id
    with pytest.raises(KeyReused):
        await people.requester("open_case", "demand", "nantong-2020", demand(people, purpose="其他"), key="demand-1")

    await people.provider("command", case.request_id, "publish", resource=ENTRY)
    case = await people.requester("wait_for", case.request_id, stage="published", timeout=60)
    done = await people.requester("command", case.request_id, "file_request", scope="姓名、居住地址")
    [opened] = done.case.opens
    assert opened.procedure == "share_request"

    async def follows() -> bool:
        try:
            await people.requester("get", opened.request_id)
        except NotFound:
            return False
        return True

    await until(follows)
    request = await people.requester("wait_for", opened.request_id, stage="completeness_check", timeout=60)
    assert (request.opened_by, request.resource.code) == (case.request_id, "NT-GA-0100")
    assert (await people.requester("get", case.request_id)).opens == (opened,)
    assert [event.type for event in await people.provider.take("events", None, case.request_id)][-1] == "closed"


async def test_lists_know_procedures(people: Participants) -> None:
    case = await people.requester("open_case", "demand", "nantong-2020", demand(people))
    request = await people.filed()
    ids = [each.request_id for each in await people.requester.take("list_cases", None)]
    assert ids == [request.request_id, case.request_id]
    assert [x.request_id for x in await people.requester.take("list_cases", None, procedure="demand")] == [ids[1]]
    assert [x.request_id for x in await people.requester.take("list", None)] == [ids[0]]
    assert await people.requester.take("list_cases", None, opened_by=case.request_id) == []
    assert [x.request_id for x in await people.provider.take("worklist", None) if x.procedure == "demand"] == [ids[1]]


async def test_what_is_refused(people: Participants) -> None:
    with pytest.raises(RequestRefused) as refused:
        await people.requester("open_case", "demand", "nantong-2020", demand(people, description=None))
    assert (refused.value.code, refused.value.article) == ("application_incomplete", "24")
    with pytest.raises(Forbidden):
        await people.provider("open_case", "demand", "nantong-2020", demand(people))
    case = await people.requester("open_case", "demand", "nantong-2020", demand(people), as_role="requester")
    with pytest.raises(RequestRefused) as refused:
        await people.provider("command", case.request_id, "grant")
    assert refused.value.code == "wrong_procedure"


async def test_a_lost_answer_does_not_open_twice(people: Participants, faulty: FaultyServer) -> None:
    url = people.engine.url
    faulty.will(forward(url, lose_answer=True), forward(url))
    client = people.of("requester", people.requester_code, url=faulty.url)
    case = await client("open_case", "demand", "nantong-2020", demand(people))
    assert [each.request_id for each in await people.requester.take("list_cases", None)] == [case.request_id]


async def test_the_procedures_are_told(people: Participants) -> None:
    found = {each.procedure: each for each in await people.requester("procedures")}
    assert {"share_request", "demand"} <= set(found)
    assert found["demand"].opened_by == ("requester",)
    assert "description" in found["demand"].required["nantong-2020"]
    assert "disclaim" in [each["command"] for each in found["demand"].commands]
