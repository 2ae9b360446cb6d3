"""When a call is sent again: always with the same key, never longer than patience lasts, and nothing else twice."""

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shareflow import InvalidInput, RequestRefused, TooManyRequests, Unavailable
from tests.client import responses
from tests.client.both import Maker
from tests.client.faulty_server import Act, FaultyServer, json_answer, never, page, problem, reset

FILED = json_answer(201, responses.case(), ETag='"5-abc"')
DONE = json_answer(200, {"request_id": "NANTONG-1", "head": 6, "events": ["granted"], "case": responses.case()})


@pytest.mark.parametrize(
    "failure",
    [
        pytest.param(reset, id="the connection breaks when the request was sent"),
        pytest.param(never, id="no answer in time"),
        pytest.param(problem(503, "unavailable"), id="503"),
        pytest.param(page(502, "<h1>Bad Gateway</h1>"), id="502 of a proxy"),
        pytest.param(page(504, ""), id="504 of a proxy"),
        pytest.param(problem(429, "too_many_requests", {"Retry-After": "0"}), id="429"),
    ],
)
async def test_what_may_succeed_later_is_sent_again_with_the_same_key(
    make: Maker, faulty: FaultyServer, failure: Act
) -> None:
    faulty.will(failure, failure, FILED)
    client = make(faulty.url, timeout=1 if failure is never else 60)
    case = await client("file", "nantong-2020", {"purpose": "低保"})
    assert (case.request_id, case.etag) == ("NANTONG-1", '"5-abc"')
    assert len(faulty.keys) == 3
    assert len(set(faulty.keys)) == 1
    assert faulty.keys[0]
    assert {asked.body for asked in faulty.asked} == {faulty.asked[0].body}


async def test_a_key_of_the_callers_own_is_sent_and_two_calls_have_two(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(DONE)
    client = make(faulty.url)
    for _ in range(2):
        await client("command", "NANTONG-1", "grant", terms={"scope": "姓名"})
    await client("command", "NANTONG-1", "grant", key="mine", as_role="provider", if_match='"5-abc"')
    assert faulty.keys[2] == "mine"
    assert len(set(faulty.keys)) == 3
    assert json.loads(faulty.asked[0].body) == {"command": "grant", "with": {"terms": {"scope": "姓名"}}}
    assert json.loads(faulty.asked[2].body) == {"command": "grant", "with": {}, "as": "provider"}
    assert faulty.asked[2].headers["if-match"] == '"5-abc"'


async def test_patience_ends_and_the_error_names_the_key(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(problem(503, "unavailable", detail="the ledger is away"))
    begun = time.monotonic()
    with pytest.raises(Unavailable) as raised:
        await make(faulty.url, patience=2)("command", "NANTONG-1", "grant", key="mine")
    assert time.monotonic() - begun < 15, "its own patience, not that by default"
    assert (raised.value.code, raised.value.status, raised.value.key) == ("unavailable", 503, "mine")
    assert len(faulty.asked) > 1


async def test_a_server_that_is_not_there_is_unavailable(make: Maker) -> None:
    with pytest.raises(Unavailable) as raised:
        await make("http://127.0.0.1:1", patience=0.3)("get", "NANTONG-1")
    assert (raised.value.code, raised.value.status) == ("unreachable", None)


async def test_retry_after_is_waited_for(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(problem(503, "unavailable", {"Retry-After": "1"}), FILED)
    begun = time.monotonic()
    await make(faulty.url)("get", "NANTONG-1")
    assert time.monotonic() - begun >= 1


async def test_retry_after_beyond_patience_is_told_at_once(make: Maker, faulty: FaultyServer) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(minutes=10), usegmt=True)
    faulty.will(problem(429, "too_many_requests", {"Retry-After": later}))
    with pytest.raises(TooManyRequests) as raised:
        await make(faulty.url, patience=5)("get", "NANTONG-1")
    assert len(faulty.asked) == 1
    assert raised.value.retry_after == pytest.approx(600, abs=5)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        pytest.param(problem(409, "wrong_stage"), RequestRefused, id="409"),
        pytest.param(problem(422, "invalid"), InvalidInput, id="422"),
        pytest.param(problem(500, "defect"), Unavailable, id="500"),
    ],
)
async def test_nothing_else_is_sent_again(
    make: Maker, faulty: FaultyServer, failure: Act, kind: type[Exception]
) -> None:
    faulty.will(failure, DONE)
    with pytest.raises(kind):
        await make(faulty.url)("command", "NANTONG-1", "grant")
    assert len(faulty.asked) == 1


@pytest.mark.parametrize("failure", [reset, problem(503, "unavailable")])
async def test_what_would_happen_twice_is_not_sent_again(make: Maker, faulty: FaultyServer, failure: Act) -> None:
    faulty.will(failure, json_answer(201, {"id": "w1", "url": "https://example.org"}))
    with pytest.raises(Unavailable):
        await make(faulty.url)("webhooks.create", "https://example.org")
    assert len(faulty.asked) == 1


async def test_but_it_is_when_nothing_was_done(make: Maker, faulty: FaultyServer) -> None:
    made = json_answer(201, {"id": "w1", "url": "https://example.org"})
    faulty.will(problem(429, "too_many_requests", {"Retry-After": "0"}), made)
    assert (await make(faulty.url)("webhooks.create", "https://example.org")).id == "w1"
    assert len(faulty.asked) == 2


async def test_a_refused_token_is_asked_for_once_more(make: Maker, faulty: FaultyServer) -> None:
    faulty.will(problem(401, "bad_token"), FILED)
    tokens = iter(["old", "new"])
    client = make(faulty.url, lambda: next(tokens))
    await client("get", "NANTONG-1")
    await client("get", "NANTONG-1")  # the new one is kept: a third would be StopIteration
    assert [asked.headers["authorization"] for asked in faulty.asked] == ["Bearer old", "Bearer new", "Bearer new"]


@pytest.mark.parametrize("token", ["text", lambda: "always the same"])
async def test_a_token_that_stays_refused_is_an_error(make: Maker, faulty: FaultyServer, token: object) -> None:
    faulty.will(problem(401, "bad_token", detail="it has expired"))
    with pytest.raises(Exception, match="it has expired") as raised:
        await make(faulty.url, token)("get", "NANTONG-1")
    assert type(raised.value).__name__ == "NotAuthenticated"
    assert len(faulty.asked) == 1


async def test_a_token_can_be_awaited(faulty: FaultyServer) -> None:
    from shareflow import AsyncClient

    async def token() -> str:
        await asyncio.sleep(0)
        return "awaited"

    faulty.will(FILED)
    async with AsyncClient(faulty.url, token) as client:
        await client.get("NANTONG-1")
    assert faulty.asked[0].headers["authorization"] == "Bearer awaited"


async def test_threads_share_a_client_and_ask_for_a_fresh_token_once(faulty: FaultyServer) -> None:
    from shareflow import Client

    class Threads:
        """Takes the new token alone."""

        asked = 0

    def token() -> str:
        Threads.asked += 1
        return "old" if Threads.asked == 1 else "new"

    def only_new(handler: object) -> None:
        authorised = handler.headers["Authorization"] == "Bearer new"  # type: ignore[attr-defined]
        (FILED if authorised else problem(401, "bad_token"))(handler)  # type: ignore[arg-type]

    faulty.will(only_new)
    with Client(faulty.url, token) as client:
        async with asyncio.TaskGroup() as group:
            for number in range(16):
                group.create_task(asyncio.to_thread(client.get, f"NANTONG-{number}"))
    assert Threads.asked == 2
