"""Access and catalogue events: kept as evidence, shown to whom they concern, and deciding nothing."""

import asyncio
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from api.context import AppContext
from domain.calendar import CHINA
from ledger.queries.received import access_of
from starter.engine_client import ShareflowClient
from starter.errors import Unavailable
from tests.api.callers import People
from tests.events.senders import Senders, access, catalogue, event, fresh_id, soon, submitted
from tests.forms import either


async def granted(people: People) -> str:
    """A case that was closed as granted."""
    request_id = await people.file("changshu-2019")
    await people.give("provider", request_id, "grant")
    return request_id


async def to_be_delivered(people: People) -> str:
    """A case that was granted and waits for the data."""
    request_id = await people.file("cn-809-2025")
    answer = await people.give("provider", request_id, "grant")
    assert answer.json()["case"]["stage"] == "delivery"
    return request_id


async def test_access_is_recorded_and_counted_and_delivers_nothing(
    people: People, senders: Senders, context: AppContext
) -> None:
    request_id = await to_be_delivered(people)
    before = (await people.get("auditor", f"/v1/requests/{request_id}")).json()
    at, later, latest = soon(), soon(60), soon(120)
    opened = await senders.tell("platform", access("access_opened", request_id, at, mode="api"))
    assert (opened.status_code, opened.json()["effect"], opened.json()["case"]) == (200, "recorded", None)
    for count, used in ((3, later), (4, latest)):
        assert (await senders.tell("platform", access("access_used", request_id, used, count=count))).status_code == 200
    await senders.tell("platform", access("access_used", request_id, soon(30, UTC)))
    after = (await people.get("auditor", f"/v1/requests/{request_id}")).json()
    assert (after["head"], after["stage"]) == (before["head"], "delivery"), "an event decides nothing"
    heard = access_of(context.client.reader.engine, request_id)
    assert heard is not None
    assert (heard["opened_at"], heard["last_used_at"]) == (datetime.fromisoformat(at), datetime.fromisoformat(latest))
    assert heard["uses"] == 8
    assert access_of(context.client.reader.engine, await granted(people)) is None


async def test_a_case_shows_what_was_heard_of_its_access(people: People, senders: Senders) -> None:
    request_id = await granted(people)
    opened = soon()
    await senders.tell("platform", access("access_opened", request_id, opened))
    await senders.tell("platform", access("access_used", request_id, soon(60)))
    for who in ("requester", "provider", "bureau"):
        shown = (await people.get(who, f"/v1/requests/{request_id}")).json()["access"]
        assert (shown["uses"], datetime.fromisoformat(shown["opened_at"])) == (1, datetime.fromisoformat(opened))


async def test_a_use_is_counted_at_the_grant_once(people: People, senders: Senders) -> None:
    request_id, grant = await with_a_grant(people)
    said = access("access_used", request_id, count=5, mode="api")
    answers = await asyncio.gather(*(senders.tell("platform", said) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    events = (await people.get("auditor", f"/v1/cases/{grant}/events")).json()["items"]
    assert [event["data"]["count"] for event in events if event["type"] == "used"] == [5]


async def test_a_use_that_is_refused_is_no_evidence_either(people: People, senders: Senders) -> None:
    request_id, grant = await with_a_grant(people)
    await people.give("requester", grant, "relinquish", cause="purpose_achieved")
    said = access("access_used", request_id, count=5)
    for _ in range(2):
        answer = await senders.tell("platform", said)
        assert (answer.status_code, answer.json()["code"]) == (409, "case_closed")
    assert await senders.received("auditor", request_id=request_id) == []
    assert (await people.get("auditor", f"/v1/requests/{request_id}")).json()["access"] is None
    # Its id stands for nothing yet.
    other = {**said, "data": {**said["data"], "count": 6}}
    assert (await senders.tell("platform", other)).json()["code"] == "case_closed"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_use_that_is_not_known_to_be_counted_is_told_again(
    people: People, senders: Senders, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    """The engine goes away before or after it was counted: shown to nobody then, counted once in the end."""
    request_id, grant = await with_a_grant(people)
    counts = ShareflowClient.command

    async def dies(*said: Any, **more: Any) -> Any:
        if when == "after":
            await counts(*said, **more)
        raise Unavailable("the engine is away")

    said = access("access_used", request_id, count=5)
    with monkeypatch.context() as patch:
        patch.setattr(ShareflowClient, "command", dies)
        assert (await senders.tell("platform", said)).status_code == 503
    assert await senders.received("auditor", request_id=request_id) == []
    other = await senders.tell("platform", {**said, "data": {**said["data"], "count": 6}})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    again = await senders.tell("platform", said)
    assert (again.status_code, again.json()["duplicate"]) == (200, False)
    assert (await senders.tell("platform", said)).json()["duplicate"]
    (kept,) = await senders.received("auditor", request_id=request_id)
    assert kept["id"] == said["id"]
    events = (await people.get("auditor", f"/v1/cases/{grant}/events")).json()["items"]
    assert [event["data"]["count"] for event in events if event["type"] == "used"] == [5]


async def with_a_grant(people: People) -> tuple[str, str]:
    """A request that was granted, and its grant."""
    request_id = await people.file("nantong-2020")
    await people.give("bureau", request_id, "accept")
    await people.give("provider", request_id, "grant")
    return request_id, await the_grant(people, request_id)


async def the_grant(people: People, request_id: str) -> str:
    """The grant that follows from a request, once it stands in the ledger."""
    async with asyncio.timeout(60):
        while True:
            found = (await people.get("auditor", "/v1/cases?opened_by=" + request_id)).json()["items"]
            if found:
                assert [case["procedure"] for case in found] == ["access_grant"]
                return str(found[0]["request_id"])
            await asyncio.sleep(0.05)


async def test_the_same_use_told_twice_is_counted_once(people: People, senders: Senders, context: AppContext) -> None:
    request_id = await granted(people)
    said = access("access_used", request_id, count=5)
    answers = await asyncio.gather(*(senders.tell("platform", said) for _ in range(10)))
    assert sorted(answer.json()["duplicate"] for answer in answers) == [False] + [True] * 9
    heard = access_of(context.client.reader.engine, request_id)
    assert heard is not None
    assert heard["uses"] == 5
    other = await senders.tell("platform", {**said, "data": {**said["data"], "count": 6}})
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_what_was_not_granted_is_not_opened(people: People, senders: Senders) -> None:
    open_case = await people.file("changshu-2019")
    refused = await people.file("changshu-2019")
    await people.give("provider", refused, "refuse", reason="涉密")
    await people.give("requester", refused, "accept_refusal")
    for request_id in (open_case, refused):
        for kind in ("access_opened", "access_used"):
            answer = await senders.tell("platform", access(kind, request_id))
            assert (answer.status_code, answer.json()["code"]) == (409, "access_not_granted")
    assert await senders.received("auditor", request_id=open_case) == []


async def test_a_repeat_is_answered_though_the_case_could_not_be_opened_any_more(
    people: People, senders: Senders
) -> None:
    request_id = await to_be_delivered(people)
    said = access("access_opened", request_id)
    first = await senders.tell("platform", said)
    await people.give("requester", request_id, "withdraw", reason="不再需要")
    again = await senders.tell("platform", said)
    assert (again.status_code, again.json()) == (200, {**first.json(), "duplicate": True})
    assert (await senders.tell("platform", access("access_used", request_id))).status_code == 409


async def test_only_the_platform_of_the_place_tells_of_access(people: People, senders: Senders) -> None:
    request_id = await granted(people)
    said = access("access_opened", request_id)
    for who, status in (
        ("nantong", 404),  # of another place
        ("stranger", 404),
        ("requester", 403),
        ("provider", 403),
        ("bureau", 403),
        ("changshu", 200),
    ):
        assert (await senders.tell(who, said)).status_code == status, who
    unknown = await senders.tell("platform", access("access_opened", "CHANGSHU-NONE"))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_what_is_to_come_has_not_happened(people: People, senders: Senders) -> None:
    request_id = await granted(people)
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds")
    answer = await senders.tell("platform", access("access_used", request_id, soon))
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "data.at")
    slightly = (datetime.now(UTC) + timedelta(seconds=30)).isoformat(timespec="seconds")
    assert (await senders.tell("platform", access("access_used", request_id, slightly))).status_code == 200


BEYOND = (
    *("0001-01-01T00:00:00+08:00", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "1949-09-30T23:59:59+08:00"),
    *("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59Z", "2100-01-01T00:00:00+08:00"),
    *("2026-11-01T00:00:00+23:59", "2026-11-01T00:00:00+14:15", "2026-11-01T00:00:00-12:15"),
    *("2026-11-01T00:00:00+08:01", "2026-11-01T00:00:00"),
)
"""Instants that a store or a reader cannot hold, and offsets that no clock is set to."""


@pytest.mark.parametrize("at", BEYOND)
async def test_an_instant_that_cannot_be_is_refused_at_once_and_for_ever(
    people: People, senders: Senders, at: str
) -> None:
    request_id = await granted(people)
    told = [access(kind, request_id, at) for kind in ("access_opened", "access_used")]
    told.append(event("catalogue_changed", {**catalogue("NT-2")["data"], "at": at}))
    for said in told:
        for _ in range(2):
            answer = await senders.tell("platform", said)
            assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "data.at"), answer.text
        assert (await senders.tell_in_binary("platform", said)).status_code == 422
        good = {**said, "data": {**said["data"], "at": soon()}}
        timed = await senders.raw(
            "platform", json.dumps({**good, "time": at}), **{"Content-Type": "application/cloudevents+json"}
        )
        assert (timed.status_code, timed.json()["errors"][0]["path"]) == (422, "time"), timed.text
        assert (await senders.tell("platform", good)).status_code == 200
    assert len(await senders.received("auditor", request_id=request_id)) == 2


async def test_nothing_is_used_before_its_case(people: People, senders: Senders) -> None:
    request_id = await granted(people)
    for kind in ("access_opened", "access_used"):
        answer = await senders.tell("platform", access(kind, request_id, soon(-3600)))
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "data.at")
    assert await senders.received("auditor", request_id=request_id) == []
    assert (await senders.tell("platform", access("access_used", request_id, soon(-60)))).status_code == 200


@given(
    at=st.datetimes(timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))))
    | st.datetimes(datetime(1949, 1, 1), datetime(2101, 1, 1), timezones=st.just(CHINA))  # noqa: DTZ001
)
@settings(max_examples=either(20, 60), deadline=None, suppress_health_check=list(HealthCheck))
async def test_whatever_instant_is_told_it_is_refused_or_can_be_read(senders: Senders, at: datetime) -> None:
    code = f"NT-{fresh_id()}"
    said = event("catalogue_changed", {**catalogue(code)["data"], "at": at.isoformat()}, time=at.isoformat())
    answer = await senders.raw("platform", json.dumps(said), **{"Content-Type": "application/cloudevents+json"})
    assert answer.status_code in (200, 422), answer.text
    kept = await senders.received("auditor", resource=code)
    assert [each["id"] for each in kept] == ([said["id"]] if answer.status_code == 200 else [])


async def test_who_sees_what_came_in(people: People, senders: Senders) -> None:
    request_id = await granted(people)
    said = access("access_opened", request_id, mode="api")
    await senders.tell("changshu", said)
    for who in ("platform", "changshu", "bureau", "changshu bureau", "requester", "provider", "auditor", "operator"):
        (kept,) = await senders.received(who, request_id=request_id)
        assert (kept["id"], kept["data"], kept["effect"]) == (said["id"], said["data"], "recorded")
        assert kept["received_from"]["org"] == "PLATFORM-CHANGSHU"
    for who in ("nantong", "nantong bureau", "stranger"):
        assert await senders.received(who, request_id=request_id) == []


async def test_catalogue_changes_are_kept_for_the_places_of_who_told_them(senders: Senders) -> None:
    code = f"NT-{fresh_id()}"
    here = catalogue(code)
    assert (await senders.tell("nantong", here)).json()["effect"] == "recorded"
    everywhere = catalogue(code, "withdrawn")
    assert (await senders.tell("platform", everywhere)).status_code == 200

    async def seen(who: str) -> list[str]:
        return [each["id"] for each in await senders.received(who, resource=code)]

    for who in ("nantong", "nantong bureau", "platform", "bureau", "auditor"):
        assert await seen(who) == [everywhere["id"], here["id"]], who
    assert await seen("changshu bureau") == [everywhere["id"]]
    assert await seen("requester") == await seen("stranger") == []
    refused = await senders.tell("requester", catalogue(code))
    assert (refused.status_code, refused.json()["code"]) == (403, "role_required")


async def test_the_list_of_what_came_in_is_walked_page_by_page(senders: Senders) -> None:
    code = f"NT-{fresh_id()}"
    told = [catalogue(code) for _ in range(7)]
    for each in told:
        await senders.tell("nantong", each)
    seen = await senders.received("nantong", resource=code, limit=3, type="catalogue_changed")
    assert [each["id"] for each in seen] == [each["id"] for each in reversed(told)]
    assert await senders.received("nantong", resource=code, type="access_used") == []
    answer = await senders.api.get("/v1/events/received", params={"cursor": "x"}, headers=senders.headers["auditor"])
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE received_events SET data = '{}' WHERE id = :id",
        "UPDATE received_events SET effect = 'started' WHERE id = :id",
        "DELETE FROM received_events WHERE id = :id",
        "TRUNCATE received_events",
    ],
)
async def test_the_database_refuses_to_forget_what_came_in(senders: Senders, context: AppContext, change: str) -> None:
    said = catalogue("NT-1")
    await senders.tell("nantong", said)
    with pytest.raises(IntegrityError, match="Ledger rule"), context.client.reader.engine.begin() as connection:
        connection.execute(text(change), {"id": said["id"]})


async def test_a_filing_that_is_not_finished_is_kept_as_it_came_and_not_shown(
    senders: Senders, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any, **__: Any) -> Any:
        raise Unavailable("the engine is away")

    said = submitted()
    with monkeypatch.context() as patch:
        patch.setattr(ShareflowClient, "open", dies)
        assert (await senders.tell("platform", said)).status_code == 503
    assert said["id"] not in [each["id"] for each in await senders.received("auditor", limit=500)]
    with pytest.raises(IntegrityError, match="Ledger rule"), context.client.reader.engine.begin() as connection:
        connection.execute(text("UPDATE received_events SET data = '{}' WHERE id = :id"), {"id": said["id"]})
