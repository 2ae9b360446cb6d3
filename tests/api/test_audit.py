"""Auditors over HTTP: cases at instants, what two of them differ in, findings in pages and as a table."""

import csv
import io
from datetime import datetime, timedelta

import httpx
import pytest

from audit.findings.texts import COLUMNS
from domain.calendar import day_of
from tests.api.callers import People
from tests.engine.cases import PROVIDER

AUDIT = "/v1/audit"


@pytest.fixture(scope="module")
async def request_id(people: People) -> str:
    """A case that was accepted, and waits for the provider."""
    request_id = await people.file()
    answer = await people.give("bureau", request_id, "accept")
    assert answer.status_code == 200, answer.text
    return request_id


async def test_a_case_at_an_instant_and_against_another(people: People, request_id: str) -> None:
    events = (await people.get("auditor", f"/v1/requests/{request_id}/events")).json()["items"]
    filed, last = events[0]["at"], events[-1]["at"]
    path = f"{AUDIT}/cases/{request_id}/replay"
    then = await people.api.get(path, params={"at": filed, "against": last}, headers=people.headers["auditor"])
    assert then.status_code == 200, then.text
    told = then.json()
    assert (told["stage"], [holder["role"] for holder in told["waits_for"]]) == ("completeness_check", ["bureau"])
    assert "accept" in told["allowed"]["bureau"]
    assert "grant" in told["difference"]["gained"]["provider"]
    assert told["difference"]["after"]["stage"] == "provider_answer"
    assert "forwarded" in [event["type"] for event in told["difference"]["events"]]
    [check] = told["difference"]["changed"]
    assert (check["before"], check["after"]["state"]) == ("running", "met")
    now = (await people.get("auditor", path)).json()
    assert (now["stage"], now["difference"], now["events"]) == ("provider_answer", None, events)
    early = (datetime.fromisoformat(filed) - timedelta(days=1)).isoformat()
    before = await people.api.get(path, params={"at": early}, headers=people.headers["auditor"])
    assert (before.status_code, before.json()["code"]) == (404, "not_found")
    unknown = await people.get("auditor", f"{AUDIT}/cases/NANTONG-NONE/replay")
    assert unknown.status_code == 404


async def test_cases_of_a_department_in_a_period(people: People, request_id: str) -> None:
    async def listed(**params: str) -> list[str]:
        found, cursor = [], None
        while True:
            asked = {"department": PROVIDER, "limit": "500", **params, **({"cursor": cursor} if cursor else {})}
            answer = await people.api.get(f"{AUDIT}/cases", params=asked, headers=people.headers["auditor"])
            assert answer.status_code == 200, answer.text
            found += [item["request_id"] for item in answer.json()["items"]]
            if (cursor := answer.json()["next"]) is None:
                return found

    case = (await people.get("auditor", f"{AUDIT}/cases/{request_id}/replay")).json()
    day = day_of(datetime.fromisoformat(case["filed_at"]))
    assert request_id in await listed(**{"from": day.isoformat()})
    assert request_id in await listed(at=case["filed_at"])
    assert request_id not in await listed(to=(day - timedelta(days=1)).isoformat())
    assert request_id not in await listed(statute="yima-2021")
    assert request_id not in await listed(department="113206000140000099")


async def test_a_period_must_be_one(people: People) -> None:
    for path in ("cases", "findings", "findings.csv"):
        backwards = await people.get("auditor", f"{AUDIT}/{path}?from=2026-02-01&to=2026-01-01")
        assert (backwards.status_code, backwards.json()["code"]) == (422, "invalid")
        assert (await people.get("auditor", f"{AUDIT}/{path}?from=soon")).status_code == 422
    assert (await people.get("auditor", f"{AUDIT}/findings?cursor=x")).json()["code"] == "bad_cursor"


async def test_findings_in_pages_and_as_a_table(people: People, request_id: str) -> None:
    found, cursor = [], None
    while True:
        query = f"?limit=500{f'&cursor={cursor}' if cursor else ''}"
        page = await people.get("auditor", f"{AUDIT}/findings{query}", **{"Accept-Language": "en"})
        assert page.status_code == 200, page.text
        found += page.json()["items"]
        if (cursor := page.json()["next"]) is None:
            break
    assert not [each for each in found if each["request_id"] == request_id]
    assert {each["kind"] for each in found} <= {"late_answer", "deadline_moved"}
    table = await people.get("auditor", f"{AUDIT}/findings.csv")
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="findings.csv"'
    assert rows(table) == [[each["kind"], each["request_id"], str(each["seq"])] for each in found]


def rows(table: httpx.Response) -> list[list[str]]:
    """Kind, case and event of each row."""
    heads, *lines = csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline=""))
    assert heads == list(COLUMNS.values())
    return [[line[0], line[2], line[4]] for line in lines]
