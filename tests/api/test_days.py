"""Days and numbers of days that no calendar can count to: refused over HTTP before anything is written."""

from typing import Any

import httpx
import pytest

from tests.api.callers import People, filing, fresh_key
from tests.engine.cases import PROVIDER, REQUESTER

DEPARTMENT = {"code": PROVIDER, "name": "南通市公安局"}
RESOURCE = {"code": "NT-GA-0001", "name": "常住人口基本信息", "sharing_class": "conditional"}
PARTIES = {"requester": {"code": REQUESTER, "name": "南通市民政局"}, "provider": DEPARTMENT, "resource": RESOURCE}
BEYOND = ("2091-01-01", "2099-12-31", "9999-12-31", "1949-09-30", "0001-01-01")


def refused(answer: httpx.Response, field: str) -> None:
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "day_out_of_range"), told
    assert told["details"]["field"].endswith(field)
    assert told["details"]["last"] in told["title"]


@pytest.mark.parametrize("day", BEYOND)
async def test_a_request_is_not_filed_for_a_day_beyond(people: People, day: str) -> None:
    key = fresh_key()
    refused(await people.post("requester", "/v1/requests", filing(use_until=day), **key), "use_until")
    # Nothing was filed, so the key stands for nothing yet.
    good = await people.post("requester", "/v1/requests", filing(use_until="2090-12-31"), **key)
    assert good.status_code == 201, good.text


CASES: list[tuple[str, str, dict[str, Any], str]] = [
    ("provider", "access_grant", {**PARTIES, "use_until": "{}"}, "use_until"),
    ("provider", "access_grant", {**PARTIES, "terms": {"expires_on": "{}"}}, "terms.expires_on"),
    (
        "provider",
        "resource_withdrawal",
        {"provider": DEPARTMENT, "resource": RESOURCE, "reason": "整合", "planned_on": "{}"},
        "planned_on",
    ),
    (
        "provider",
        "catalogue_change",
        {"department": DEPARTMENT, "trigger": "law_changed", "what": "修订", "occurred_on": "{}"},
        "occurred_on",
    ),
    (
        "bureau",
        "periodic_duty",
        {"duty": "catalogue_survey", "department": DEPARTMENT, "produced_on": "{}"},
        "produced_on",
    ),
    (
        "bureau",
        "periodic_duty",
        {
            "duty": "catalogue_survey",
            "department": DEPARTMENT,
            "period": "2026",
            "items": [{"name": "x", "due_on": "{}"}],
        },
        "items[0].due_on",
    ),
]


@pytest.mark.parametrize("day", BEYOND)
@pytest.mark.parametrize(("who", "procedure", "said", "field"), CASES, ids=lambda part: str(part)[:30])
async def test_no_case_is_opened_for_a_day_beyond(
    people: People, who: str, procedure: str, said: dict[str, Any], field: str, day: str
) -> None:
    body = {"procedure": procedure, "statute": "nantong-2020", "request": filled(said, day)}
    refused(await people.post(who, "/v1/cases", body, **fresh_key()), field)


@pytest.mark.parametrize("count", [367, 10**6, 2**53 - 1])
async def test_no_limit_is_set_that_nobody_can_count(people: People, count: int) -> None:
    notice = {"department": DEPARTMENT, "ground": "catalogue", "facts": "目录逾期未更新", "working_days": count}
    body = {"procedure": "rectification", "statute": "nantong-2020", "request": notice}
    refused(await people.post("bureau", "/v1/cases", body, **fresh_key()), "working_days")
    request_id = await people.file("cn-809-2025")
    asked = await people.give("provider", request_id, "request_extension", reason="人手不足", working_days=count)
    refused(asked, "working_days")


async def test_a_grant_ends_within_the_calendar(people: People) -> None:
    request_id = await people.file("cn-809-2025")
    for day in BEYOND:
        refused(await people.give("provider", request_id, "grant", expires_on=day), "expires_on")
        refused(await people.give("provider", request_id, "grant", terms={"expires_on": day}), "terms.expires_on")
    case = (await people.get("auditor", f"/v1/requests/{request_id}")).json()
    assert (case["stage"], case["stuck"]) == ("provider_answer", None)
    granted = await people.give("provider", request_id, "grant", terms={"expires_on": "2090-12-31"})
    assert granted.status_code == 200, granted.text


def filled(said: Any, day: str) -> Any:
    """The same, with the day in its place."""
    if isinstance(said, dict):
        return {name: filled(value, day) for name, value in said.items()}
    if isinstance(said, list):
        return [filled(value, day) for value in said]
    return day if said == "{}" else said
