"""Auditors over HTTP: cases at instants, what two differ in, findings in pages and as a table, event logs."""

import csv
import io
from datetime import datetime, timedelta

import httpx
import pytest

from audit.findings.texts import COLUMNS
from audit.mining.formats import LogFormat, log_text
from domain.calendar import day_of
from embedded.simulate.sandbox import Sandbox
from ledger.reader import Reader
from starter.audit_selection import selected
from starter.findings import all_recorded
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
    assert before.json()["detail"] == "该时点事项尚未提出"
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
    for path in ("cases", "findings", "findings.csv", "log"):
        backwards = await people.get("auditor", f"{AUDIT}/{path}?from=2026-02-01&to=2026-01-01")
        assert (backwards.status_code, backwards.json()["code"]) == (422, "invalid")
        assert (await people.get("auditor", f"{AUDIT}/{path}?from=soon")).status_code == 422
        for whole in ("from=0001-01-01", "to=9999-12-31", "from=9999-12-31&to=9999-12-31"):
            assert (await people.get("auditor", f"{AUDIT}/{path}?{whole}")).status_code == 200, (path, whole)
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
    asked = await people.get("auditor", f"{AUDIT}/findings", Accept="text/csv, */*;q=0.1")
    assert (asked.headers["content-type"], asked.headers["vary"]) == ("text/csv; charset=utf-8", "Accept")
    assert asked.content == table.content
    paged = await people.get("auditor", f"{AUDIT}/findings?limit=5", Accept="text/csv")
    assert (paged.status_code, paged.json()["errors"][0]["path"]) == (400, "query.limit")


@pytest.mark.parametrize(
    ("form", "kind", "name"),
    [
        (LogFormat.OCEL, "application/json", "log.jsonocel"),
        (LogFormat.XES, "application/xml", "log.xes"),
        (LogFormat.CSV, "text/csv; charset=utf-8", "log.csv"),
    ],
)
async def test_an_event_log_is_that_of_the_command_line(
    people: People, ground: Sandbox, request_id: str, form: LogFormat, kind: str, name: str
) -> None:
    asked = f"{AUDIT}/log?format={form}&department={PROVIDER}&statute=nantong-2020"
    log = await people.get("auditor", asked)
    assert (log.status_code, log.headers["content-type"]) == (200, kind)
    assert log.headers["content-disposition"] == f'attachment; filename="{name}"'
    assert request_id in log.text
    wanted = selected(PROVIDER, None, None, "nantong-2020")
    assert log.text == "".join(log_text(form, all_recorded(Reader(ground.engine), wanted)))


async def test_a_log_is_of_the_cases_that_are_chosen(people: People, request_id: str) -> None:
    others = (await people.get("auditor", f"{AUDIT}/log?statute=yima-2021")).json()
    assert request_id not in [each["id"] for each in others["objects"]]
    assert (await people.get("auditor", f"{AUDIT}/log?format=xlsx")).status_code == 422


def rows(table: httpx.Response) -> list[list[str]]:
    """Kind, case and event of each row."""
    heads, *lines = csv.reader(io.StringIO(table.content.decode("utf-8-sig"), newline=""))
    assert heads == list(COLUMNS.values())
    return [[line[0], line[2], line[4]] for line in lines]
