"""More calls than the engine bears: some are done, all others are told when to come again, and nothing else happens."""

import asyncio
from collections import Counter

import httpx
import pytest

from api.context import AppContext
from starter import engine_turns
from starter.engine_turns import EngineTurns
from starter.errors import Unavailable
from tests.api.callers import People, filing, fresh_key

CALLS, ROOM = 200, 30


@pytest.mark.parametrize("limit", ["api.http.crowd.MOST_INSIDE", "starter.engine_turns.MOST_WAITING"])
async def test_a_flood_is_served_in_part_and_loses_nothing(
    people: People, context: AppContext, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    keys = [fresh_key() for _ in range(CALLS)]

    async def file(key: dict[str, str]) -> httpx.Response:
        return await people.post("requester", "/v1/requests", filing(), **key)

    with monkeypatch.context() as patched:
        patched.setattr(limit, ROOM)
        answers = await asyncio.gather(*(file(key) for key in keys))
    told = Counter(answer.status_code for answer in answers)
    assert set(told) == {201, 503}, told
    assert told[201] >= ROOM
    acknowledged = {answer.json()["request_id"] for answer in answers if answer.status_code == 201}
    assert len(acknowledged) == told[201]
    assert all(context.reader.case(request_id) is not None for request_id in acknowledged)
    for answer in answers:
        if answer.status_code == 503:
            assert int(answer.headers["retry-after"]) > 0
            assert answer.json()["code"] == "unavailable"
    # Nobody is locked out afterwards: the same call with the same key is done now.
    refused = [key for key, answer in zip(keys, answers, strict=True) if answer.status_code == 503]
    again = await asyncio.gather(*(file(key) for key in refused[:5]))
    assert [(answer.status_code, "idempotency-replayed" in answer.headers) for answer in again] == [(201, False)] * 5


async def test_who_waits_to_be_told_takes_nobodys_room(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    request_id = await people.file()
    waiting = [asyncio.create_task(people.get("requester", f"/v1/requests/{request_id}?wait=2")) for _ in range(3)]
    monkeypatch.setattr("api.http.crowd.MOST_INSIDE", 1)
    await asyncio.sleep(0.3)
    assert (await people.get("requester", f"/v1/requests/{request_id}")).status_code == 200
    assert {(await each).status_code for each in waiting} == {200}


async def test_a_turn_that_does_not_come_in_time_is_refused_and_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_turns, "LONGEST_WAIT", 0.05)
    turns = EngineTurns(1)
    async with turns:
        with pytest.raises(Unavailable, match="busy"):
            await turns.acquire()
    async with turns:
        monkeypatch.setattr(engine_turns, "MOST_WAITING", 0)
        with pytest.raises(Unavailable, match="Too many"):
            await turns.acquire()
