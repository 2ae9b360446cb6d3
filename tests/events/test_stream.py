"""The feed as a stream of server-sent events, from a served application."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from httpx_sse import ServerSentEvent, aconnect_sse
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.context import AppContext
from api.events import stream
from api.identity.callers import LEEWAY_SECONDS
from api.serving import DRAIN_SECONDS, serving
from domain.words import Role
from shareflow._wire import no_authorities
from starter.tokens import Issuer
from tests.api.callers import STRANGER, People

STREAM = {"Accept": "text/event-stream"}


class WatchedApp:
    """Says when the server has read a request that waits for events."""

    def __init__(self, app: ASGIApp, held: asyncio.Event) -> None:
        self.app = app
        self.held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if b"wait=" in scope.get("query_string", b""):
            self.held.set()
        await self.app(scope, receive, send)


@pytest.fixture
async def served(context: AppContext) -> AsyncIterator[str]:
    async with serving(create_app(context), "127.0.0.1", 0) as address:
        yield f"{address}/v1/events"


async def end(people: People) -> str:
    """The cursor after all that was recorded so far: a reader to whom nothing is shown gets there at once."""
    answer = await people.get("stranger", "/v1/events")
    found: str = answer.json()["next"]
    return found


@asynccontextmanager
async def streaming(
    address: str, headers: dict[str, str], **asked: Any
) -> AsyncIterator[AsyncIterator[ServerSentEvent]]:
    """The events of a stream that say something."""
    async with (
        httpx.AsyncClient(timeout=60, verify=no_authorities()) as client,
        aconnect_sse(client, "GET", address, headers={**headers}, params=asked) as source,
    ):
        assert source.response.status_code == 200
        yield (each async for each in source.aiter_sse() if each.data)


async def take(events: AsyncIterator[ServerSentEvent], until: str) -> list[ServerSentEvent]:
    """Events up to the one with that id."""
    found = []
    async for each in events:
        found.append(each)
        if each.json()["id"] == until:
            return found
    raise AssertionError(f"the stream ended before {until}")


async def test_a_stream_tells_what_was_and_what_comes_and_is_taken_up_where_it_broke(
    people: People, served: str
) -> None:
    begin = await end(people)
    request_id = await people.file("changshu-2019")
    reader = people.headers["requester"]
    async with streaming(served, reader, after=begin, request_id=request_id) as events:
        before = await take(events, f"{request_id}/2")
        await people.give("provider", request_id, "refuse", reason="涉密")
        broke_off = await take(events, f"{request_id}/3")
    assert [each.event for each in before] == [
        "cn.gov.shareflow.request.filed.v1",
        "cn.gov.shareflow.request.clock_started.v1",
    ]
    await people.give("requester", request_id, "accept_refusal")
    last = (await people.get("requester", f"/v1/requests/{request_id}")).json()["head"]
    # A browser asks for the same address again: where it stood counts, not where it began.
    again = {**reader, "Last-Event-ID": broke_off[-1].id}
    async with streaming(served, again, after=begin, request_id=request_id) as events:
        rest = await take(events, f"{request_id}/{last}")
    told = [each.json()["id"] for each in before + broke_off + rest]
    assert told == [f"{request_id}/{seq}" for seq in range(1, last + 1)]
    paged = await people.api.get("/v1/events", params={"after": begin, "request_id": request_id}, headers=reader)
    assert [each.json() for each in before + broke_off + rest] == paged.json()["items"]


async def test_foreign_cases_never_appear_and_need_not_be_looked_at_again(
    people: People, served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.2)
    begin = await end(people)
    await people.file()
    after = await end(people)
    lines = []
    async with (
        httpx.AsyncClient(timeout=60, verify=no_authorities()) as client,
        client.stream("GET", served, params={"after": begin}, headers={**people.headers["stranger"], **STREAM}) as told,
    ):
        assert told.headers["content-type"].startswith("text/event-stream")
        async for line in told.aiter_lines():
            lines.append(line)
            if lines.count(": alive") == 3:
                break
    assert f"id: {after}" in lines
    assert not [line for line in lines if line.startswith(("data", "event"))]
    assert lines.count(f"id: {after}") == 1, "told once, not with every heartbeat"


async def test_a_stream_ends_cleanly_when_the_server_stops(people: People, context: AppContext) -> None:
    begin = await end(people)
    app, held = create_app(context), asyncio.Event()
    app.add_middleware(WatchedApp, held=held)
    async with httpx.AsyncClient(timeout=60, verify=no_authorities()) as client:
        async with serving(app, "127.0.0.1", 0) as address:
            request = client.build_request(
                "GET", f"{address}/v1/events", params={"after": begin}, headers={**people.headers["stranger"], **STREAM}
            )
            told = await client.send(request, stream=True)
            waiting = asyncio.create_task(
                client.get(f"{address}/v1/events?wait=60&after={begin}", headers=people.headers["stranger"])
            )
            lines = told.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            await asyncio.wait_for(held.wait(), 30)  # a request that the server has not read yet may be cut
            stopping = time.monotonic()
        assert not [line async for line in lines if line.startswith("data")]  # raises for a connection that was cut
        assert (await waiting).json()["items"] == []
        assert time.monotonic() - stopping < DRAIN_SECONDS - 1, "nobody had to be cut off"


async def test_a_stream_ends_with_its_token(people: People, served: str, issuer: Issuer) -> None:
    begin = await end(people)
    lifetime = timedelta(seconds=2 - LEEWAY_SECONDS)
    token = issuer.token([Role.PROVIDER], STRANGER, lifetime=lifetime)
    started = time.monotonic()
    async with streaming(served, {"Authorization": f"Bearer {token}"}, after=begin) as events:
        assert [each async for each in events] == []
    assert time.monotonic() - started < 25


async def test_many_readers_of_one_stream_each_get_everything(people: People, served: str) -> None:
    begin = await end(people)

    async def read(until: str) -> list[str]:
        async with streaming(served, people.headers["bureau"], after=begin, request_id=request_id) as events:
            return [each.id for each in await take(events, until)]

    request_id = await people.file("changshu-2019")
    readers = [asyncio.create_task(read(f"{request_id}/3")) for _ in range(10)]
    await people.give("provider", request_id, "refuse", reason="涉密")
    first, *others = await asyncio.gather(*readers)
    assert len(first) == 3
    assert all(each == first for each in others)


async def test_a_type_can_be_asked_for(people: People, served: str) -> None:
    request_id = await people.file("changshu-2019")
    async with streaming(served, people.headers["auditor"], request_id=request_id, type="clock_started") as events:
        told = await take(events, f"{request_id}/2")
    assert [json.loads(each.data)["data"]["clock"]["id"] for each in told] == ["provider_answer"]
