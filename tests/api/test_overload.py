"""More calls than the engine bears: some are done, all others are told when to come again, and nothing else happens."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from api.context import AppContext
from protocol import starting
from protocol.messages import CaseState
from starter import engine_client, engine_turns
from starter.engine_client import AT_ONCE_IN_ALL
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
    assert told[201] >= AT_ONCE_IN_ALL  # those at least were under way
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


async def test_no_turn_is_spent_on_who_has_hung_up(
    patient_address: str, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, open_, started = asyncio.Semaphore(0), asyncio.Event(), starting.start_case

    async def held_up(*asked: Any) -> CaseState:
        begun.release()
        await open_.wait()
        return await started(*asked)

    monkeypatch.setattr(engine_client, "start_case", held_up)
    async with httpx.AsyncClient(base_url=patient_address, headers=people.headers["requester"], timeout=60) as api:

        def call() -> asyncio.Task[httpx.Response]:
            return asyncio.create_task(api.post("/v1/requests", json=filing(), headers=fresh_key()))

        first = [call() for _ in range(AT_ONCE_IN_ALL)]
        for _ in first:
            await begun.acquire()
        impatient = [call() for _ in range(20)]
        await asyncio.sleep(1)  # they wait for a turn, where nothing shows it
        for each in impatient:
            each.cancel()
        await asyncio.gather(*impatient, return_exceptions=True)
        last = call()
        open_.set()
        answers = await asyncio.gather(*first, last)
    assert {answer.status_code for answer in answers} == {201}
    await begun.acquire()  # the last one's
    assert begun.locked(), "somebody was served who had gone"


async def test_whoever_would_wait_too_long_is_told_at_once_and_no_longer_than_that_is_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = EngineTurns(1)
    monkeypatch.setattr(engine_turns, "WEIGHT", 1.0)

    async def turn(seconds: float = 0.0) -> None:
        async with turns.turn():
            await asyncio.sleep(seconds)

    await turn(0.1)
    monkeypatch.setattr(engine_turns, "LONGEST_WAIT", 0.2)
    async with turns.turn():
        told = await asyncio.gather(*(turn() for _ in range(5)), return_exceptions=True)
    assert Counter(str(each)[:8] for each in told)["Too many"] in (3, 4)  # one or two may wait
    await turn()
    monkeypatch.setattr(engine_turns, "LONGEST_WAIT", 10.0)
    assert await asyncio.gather(*(turn() for _ in range(50))) == [None] * 50


async def test_a_turn_that_does_not_come_in_time_is_refused_and_leaves_no_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_turns, "LONGEST_WAIT", 0.05)
    turns = EngineTurns(1)

    async def turn() -> None:
        async with turns.turn():
            pass

    async with turns.turn():
        with pytest.raises(Unavailable, match="busy"):
            await turn()
    async with turns.turn():
        monkeypatch.setattr(engine_turns, "MOST_WAITING", 0)
        with pytest.raises(Unavailable, match="Too many"):
            await turn()
