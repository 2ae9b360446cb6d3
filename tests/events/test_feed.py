"""The feed, page by page: in order, whole, and only what is the reader's to see."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from sqlalchemy import text

from api.context import AppContext
from domain.engine.records import RecordedEvent
from domain.evidence import ChainBroken, verify_chain
from domain.words import Role
from ledger.queries.cases import get_case
from ledger.queries.cursors import numbered_cursor
from ledger.queries.outbox_position import Mark, move_mark
from tests.api.callers import Bearer, People, filing, fresh_key
from tests.engine.cases import REQUESTER

OTHER = {"code": "113206000140000077", "name": "市教育局"}


async def page(people: People, who: str, **asked: Any) -> dict[str, Any]:
    answer = await people.api.get("/v1/events", params=asked, headers=people.headers[who])
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def walk(people: People, who: str, after: str | None = None, **asked: Any) -> tuple[list[Any], str]:
    """Everything from a position to where there is nothing more, and that position."""
    found: list[Any] = []
    while True:
        got = await page(people, who, **{"after": after} if after else {}, **asked)
        found += got["items"]
        if got["next"] == after:
            return found, got["next"]
        after = got["next"]


async def end(people: People) -> str:
    return (await walk(people, "auditor", limit=500))[1]


async def test_an_event_of_the_feed_is_a_cloud_event_that_others_can_read(people: People) -> None:
    request_id = await people.file()
    (first, *_), _ = await walk(people, "requester", request_id=request_id)
    read = from_structured_event(HTTPMessage({}, httpx.Response(200, json=first).content))
    assert (read.get_id(), read.get_source(), read.get_subject()) == (f"{request_id}/1", "/shareflow", request_id)
    assert read.get_type() == "cn.gov.shareflow.request.filed.v1"
    assert read.get_extension("sequence") == "0000000001"
    assert (read.get_extension("partitionkey"), read.get_extension("statute")) == (request_id, "nantong-2020")
    assert read.get_data()["request_id"] == request_id
    assert read.get_time().isoformat() == read.get_data()["at"]


async def test_the_chain_can_be_checked_from_the_feed_alone(people: People, context: AppContext) -> None:
    request_id = await people.file("changshu-2019")
    await people.give("provider", request_id, "refuse", reason="涉密")
    await people.give("requester", request_id, "accept_refusal")
    told, _ = await walk(people, "auditor", request_id=request_id)
    events = [
        RecordedEvent.model_validate({key: value for key, value in each["data"].items() if key != "request_id"})
        for each in told
    ]
    case = get_case(context.client.reader.engine, request_id)
    assert case is not None
    verify_chain(events, case.algorithm, case.head_digest)
    with pytest.raises(ChainBroken):
        verify_chain([*events[:2], events[2].model_copy(update={"data": {}}), *events[3:]], case.algorithm)


async def test_walking_while_cases_are_written_misses_none_and_repeats_none(
    people: People, context: AppContext
) -> None:
    begin = await end(people)
    writing = asyncio.gather(*(people.file("changshu-2019") for _ in range(12)))
    seen: list[dict[str, Any]] = []
    after = begin
    while not writing.done():
        got = await page(people, "auditor", after=after, limit=3, wait=1)
        seen += got["items"]
        after = got["next"]
    rest, _ = await walk(people, "auditor", after, limit=7)
    filed, ids = await writing, [each["id"] for each in seen + rest]
    assert len(set(ids)) == len(ids), "some came twice"
    with context.client.reader.engine.connect() as connection:
        query = text("SELECT request_id || '/' || seq FROM outbox WHERE request_id = ANY(:filed) ORDER BY position")
        written = connection.execute(query, {"filed": filed}).scalars().all()
    assert [each for each in ids if each.split("/")[0] in filed] == written


async def test_a_reader_sees_its_own_cases_alone(people: People, bearer: Bearer) -> None:
    begin = await end(people)
    mine = await people.file("nantong-2020")
    on_behalf = await people.post("platform", "/v1/requests", filing("changshu-2019", requester=OTHER), **fresh_key())
    other = on_behalf.json()["request_id"]
    people.headers["changshu bureau"] = bearer(Role.BUREAU, "bureau", places=["changshu"])
    people.headers["without a role in it"] = bearer(Role.PROVIDER, REQUESTER)
    seen = {}
    for who in ("requester", "provider", "bureau", "changshu bureau", "auditor", "stranger", "without a role in it"):
        told, last = await walk(people, who, begin)
        seen[who] = {each["subject"] for each in told} & {mine, other}
        assert last != begin, "who sees nothing need not look again"
    assert seen == {
        "requester": {mine},
        "provider": {mine, other},
        "bureau": {mine, other},
        "changshu bureau": {other},
        "auditor": {mine, other},
        "stranger": set(),
        "without a role in it": set(),
    }
    assert (await page(people, "stranger", request_id=mine))["items"] == []


async def test_only_what_was_asked_for(people: People) -> None:
    begin = await end(people)
    one, two = await people.file(), await people.file()
    types = [("type", "filed"), ("type", "clock_started"), ("request_id", one)]
    answer = await people.api.get("/v1/events", params=types, headers=people.headers["bureau"])
    assert {each["data"]["type"] for each in answer.json()["items"]} == {"filed", "clock_started"}
    told, _ = await walk(people, "bureau", begin, request_id=two, type="filed")
    assert [each["id"] for each in told] == [f"{two}/1"]


async def test_waiting_ends_with_the_event_and_with_the_time(people: People) -> None:
    begin, request_id = await end(people), await people.file("changshu-2019")
    last = (await walk(people, "requester", begin))[1]
    waiting = asyncio.create_task(page(people, "requester", after=last, request_id=request_id, wait=30))
    foreign = asyncio.create_task(page(people, "stranger", after=last, wait=1))
    started = time.monotonic()
    await people.give("provider", request_id, "refuse", reason="涉密")
    got = await waiting
    assert ([each["id"] for each in got["items"]][:1], time.monotonic() - started < 28) == ([f"{request_id}/3"], True)
    nothing = await foreign
    assert (nothing["items"], nothing["next"] != last) == ([], True)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!", "bnVsbA", "e30", "中", numbered_cursor("received", 1), numbered_cursor("events", 2**62), "W" * 300],
)
async def test_a_cursor_that_is_not_ours_is_refused(people: People, cursor: str) -> None:
    for headers in ({}, {"Accept": "text/event-stream"}):
        asked = {**people.headers["auditor"], **headers}
        answer = await people.api.get("/v1/events", params={"after": cursor}, headers=asked)
        assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


@pytest.fixture
def pruned(context: AppContext) -> Iterator[int]:
    """As if the feed had been pruned up to its newest event but one; tells that position."""
    newest, engine = context.reader.newest_message(), context.reader.engine
    with engine.begin() as connection:
        move_mark(connection, Mark.PRUNED, newest - 1)
    yield newest - 1
    with engine.begin() as connection:
        move_mark(connection, Mark.PRUNED, 0)


async def test_a_cursor_from_before_what_is_kept_is_refused(people: People, pruned: int) -> None:
    before, there = numbered_cursor("events", pruned - 1), numbered_cursor("events", pruned)
    for headers in ({}, {"Accept": "text/event-stream"}):
        asked = {**people.headers["auditor"], **headers}
        answer = await people.api.get("/v1/events", params={"after": before}, headers=asked)
        assert (answer.status_code, answer.json()["code"]) == (410, "cursor_expired")
        assert answer.json()["title"].endswith("begin at the start") or "从头" in answer.json()["title"]
    for params in ({"after": there}, {}):
        answer = await people.api.get("/v1/events", params=params, headers=people.headers["auditor"])
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"limit": 0}, "query.limit"),
        ({"limit": 501}, "query.limit"),
        ({"wait": 61}, "query.wait"),
        ({"type": "grantd"}, "query.type[0]"),
        ({"request_id": "\x00"}, "query.request_id"),
    ],
)
async def test_a_question_that_cannot_be_asked(people: People, asked: dict[str, Any], path: str) -> None:
    answer = await people.api.get("/v1/events", params=asked, headers=people.headers["auditor"])
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_nobody_reads_without_a_token(people: People) -> None:
    assert (await people.api.get("/v1/events")).status_code == 401
    assert (await people.api.post("/v1/events", json={})).status_code == 401
    assert (await people.api.get("/v1/events/received")).status_code == 401
