"""What people of the demonstration did beside the cases, over the API: once, however often it is asked for."""

import httpx

from api.context import AppContext
from domain.words import Role
from embedded.demo.office_day import BUREAU, WHY_SEALED, Office, OfficeDay
from embedded.demo.stories import matters
from starter.guises import officer_of
from starter.tokens import Issuer
from tests.api.callers import Bearer, People

PROVIDER = "113205810140000991"


async def test_what_waits_is_divided_and_a_month_sealed_once(
    api: httpx.AsyncClient, bearer: Bearer, issuer: Issuer, context: AppContext
) -> None:
    people = People(api, bearer)
    cases = [await people.file("changshu-2019", provider={"code": PROVIDER, "name": "市档案馆"}) for _ in range(3)]
    mine, colleague = officers = "王敏@市档案馆", "李明@市档案馆"
    day = OfficeDay(api, issuer, context.known_on())
    for _ in range(2):
        await day.done([Office((Role.PROVIDER,), PROVIDER, officers)])
    headers = bearer(Role.PROVIDER, PROVIDER, subject=mine)
    claimed = (await api.get("/v1/worklist?of=mine", headers=headers)).json()["items"]
    assert {each["claim"]["officer"] for each in claimed} == {mine, colleague}
    assert len({each["request_id"] for each in claimed} & {*cases}) == len(claimed) == 2
    assert [
        each["absent"] for each in (await api.get("/v1/worklist/substitutes", headers=headers)).json()["items"]
    ] == [colleague]
    sealed = (await people.get("bureau", "/v1/assessment/seals?limit=2")).json()["items"]
    assert [each["reason"] for each in sealed].count(WHY_SEALED) == 1


def test_whoever_signs_in_finds_what_his_own_did() -> None:
    assert matters().officers("nantong:bureau") == [officer_of(f"南通市{BUREAU}"), officer_of(BUREAU)]
    first, second = matters().officers("11320581999000400K")
    assert first == officer_of("常熟市税务局")
    assert second.endswith("@常熟市税务局")
