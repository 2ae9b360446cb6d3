"""Ten times as many filings a second as the engine can take, for a minute: what callers are told, and what is lost.

Who is turned away must get 503 or 429 with Retry-After; nobody a 500; what was acknowledged must stand in the ledger;
and afterwards the rate must come back by itself. The filings come over HTTP. The limit of calls a caller is off: it
would hide the engine.
"""

import asyncio
import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bench import servers
from bench.calls import GONE, Calls, calls_of
from bench.cases import APPLICATION, STATUTE
from bench.http import UNLIMITED, tokens
from bench.rounds import percentile
from bench.stack import BenchStack, up
from domain.words import Role
from ledger.reader import reader_at

SECONDS, TIMES = 60.0, 10
CALLERS, MEASURED_SECONDS = 16, 10.0
AT_MOST_AT_ONCE: Final = 1500
"""Calls under way; more are not begun, and counted."""
PATIENCE: Final = 25.0
AGAIN_SECONDS: Final = 0.1
TURNED_AWAY: Final = (429, 503)


@dataclass
class CallersTold:
    """What callers were told: answers by status, ids that were acknowledged, calls that nobody answered.

    ``refused_after`` are the seconds after which those who were turned away knew it.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    acknowledged: list[str] = field(default_factory=list)
    refused_after: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    unanswered: int = 0
    not_begun: int = 0


class Filings:
    """Files the same request again and again, each time as a case of its own."""

    def __init__(self, calls: Calls, token: str) -> None:
        self._calls = calls
        self._headers = {"Authorization": f"Bearer {token}"}
        request = APPLICATION.model_dump(mode="json", exclude_none=True)
        self._body = json.dumps({"statute": STATUTE, "request": request}).encode()

    async def one(self, told: CallersTold) -> bool:
        """File once and note what came; whether it was acknowledged."""
        headers = {**self._headers, "Idempotency-Key": uuid.uuid4().hex}
        begun = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._calls.post("/v1/requests", headers, self._body)
        except GONE:  # a TimeoutError is an OSError
            told.unanswered += 1
            return False
        told.statuses[answer.status] += 1
        if answer.status < 300:
            told.acknowledged.append(answer.json()["request_id"])
        elif answer.status in TURNED_AWAY:
            told.refused_after.append(time.perf_counter() - begun)
            told.without_retry_after += "retry-after" not in answer.headers
        return answer.status < 300


async def steady(filings: Filings, seconds: float) -> tuple[float, CallersTold]:
    """Filings a second of callers who never pause, and what they were told."""
    told, stops = CallersTold(), time.perf_counter() + seconds

    async def caller() -> None:
        while time.perf_counter() < stops:
            if not await filings.one(told):
                await asyncio.sleep(AGAIN_SECONDS)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(caller())
    return len(told.acknowledged) / (time.perf_counter() - begun), told


async def flooded(filings: Filings, a_second: float, seconds: float) -> tuple[int, CallersTold]:
    """Begin so many filings a second whatever comes of them; how many were begun, and what they were told."""
    told, begun = CallersTold(), time.perf_counter()
    under_way: set[asyncio.Task[bool]] = set()
    number = 0
    while (passed := time.perf_counter() - begun) < seconds:
        for _ in range(int(passed * a_second) - number - told.not_begun):
            if len(under_way) >= AT_MOST_AT_ONCE:
                told.not_begun += 1
                continue
            task = asyncio.create_task(filings.one(told))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            number += 1
        await asyncio.sleep(0.01)
    if under_way:
        await asyncio.wait(under_way, timeout=PATIENCE + 5)
    return number, told


def lost(ledger: str, acknowledged: list[str]) -> int:
    """How many acknowledged filings do not stand in the ledger."""
    with reader_at(ledger) as reader:
        return sum(reader.case(request_id) is None for request_id in acknowledged)


async def _through(engine: BenchStack) -> dict[str, float]:
    token = tokens(engine)[Role.REQUESTER]
    async with calls_of(engine.api) as calls:
        filings = Filings(calls, token)
        await steady(filings, 2.0)  # warms what is loaded late
        before, calm = await steady(filings, MEASURED_SECONDS)
        begun, told = await flooded(filings, before * TIMES, SECONDS)
        await asyncio.sleep(5)
        after, later = await steady(filings, MEASURED_SECONDS)
    acknowledged = [*calm.acknowledged, *told.acknowledged, *later.acknowledged]
    away = sum(told.statuses[status] for status in TURNED_AWAY)
    errors = sum(count for status, count in told.statuses.items() if status >= 500 and status != 503)
    return {
        "filings_per_second_before": before,
        "offered_per_second": before * TIMES,
        "begun": begun,
        "not_begun": told.not_begun,
        "acknowledged": len(told.acknowledged),
        "turned_away": away,
        "turned_away_p95_seconds": percentile(told.refused_after, 0.95) if told.refused_after else 0.0,
        "turned_away_without_retry_after": told.without_retry_after,
        "errors_500": errors,
        "other_answers": sum(told.statuses.values()) - len(told.acknowledged) - away - errors,
        "unanswered": told.unanswered,
        "acknowledged_lost": await asyncio.to_thread(lost, engine.ledger, acknowledged),
        "rate_after_of_before": after / before,
        "turned_away_before": sum(calm.statuses[status] for status in TURNED_AWAY),
        "turned_away_after": sum(later.statuses[status] for status in TURNED_AWAY),
        "unanswered_after": later.unanswered,
    }


async def _measure() -> dict[str, float]:
    async with servers.folder() as folder, up(folder, UNLIMITED) as engine:
        return await _through(engine)


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
