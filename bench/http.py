"""What the HTTP door costs: whole cases through it against the same workflows driven by Temporal's client alone.

One stack as ``shareflow up`` runs it, in a process of its own; the callers are here. Both ways play the same cases, so
many at once, in turns. Before that, one case is read over and over.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from temporalio.client import Client

from bench import servers
from bench.calls import Calls, calls_of
from bench.cases import APPLICATION, ORGS, STATUTE, STEPS, commanded, filed
from bench.processes import Meter
from bench.recorded import RecordedMessages, messages_of
from bench.rounds import Round, Sample, percentile, ratio, there, turned, typical, undisturbed
from bench.stack import BenchStack, up
from domain.words import Role
from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient
from starter.tokens import embedded_issuer

CASES, AT_ONCE, ROUNDS = 64, 32, 4
AT_MOST_SECONDS = 75.0
APART = 0.05
READ_SECONDS = 5.0
AGAIN: Final = (429, 503)
UNLIMITED: Final = {"SHAREFLOW_RATE_LIMIT": "100000/second"}


class Through:
    """Cases through the HTTP door; notes how long each call took."""

    def __init__(self, calls: Calls, tokens: Mapping[Role, str]) -> None:
        self._calls = calls
        self._headers = {role: {"Authorization": f"Bearer {token}"} for role, token in tokens.items()}
        self.seconds: list[float] = []

    async def case(self) -> str:
        """One whole case; its path."""
        path = await self.filing()
        for name, role, fields in STEPS:
            await self._post(role, f"{path}/commands", {"command": name.value, **fields})
        return path

    async def filing(self) -> str:
        """A case that is only filed; its path."""
        body = {"statute": STATUTE, "request": APPLICATION.model_dump(mode="json", exclude_none=True)}
        found = await self._post(Role.REQUESTER, "/v1/requests", body)
        return f"/v1/requests/{found['request_id']}"

    async def _post(self, role: Role, path: str, body: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        headers = {**self._headers[role], "Idempotency-Key": uuid.uuid4().hex}
        content = json.dumps(body).encode()
        while True:
            answer = await self._calls.post(path, headers, content)
            if answer.status not in AGAIN:
                break
            await asyncio.sleep(APART)  # what a caller does who is told to come again: with the same key
        self.seconds.append(time.perf_counter() - begun)
        assert answer.status < 300, answer.content
        return answer.json()

    async def read(self, path: str) -> None:
        """Read a case once."""
        answer = await self._calls.get(path, self._headers[Role.REQUESTER])
        assert answer.status == 200, answer.content


def tokens(engine: BenchStack) -> Mapping[Role, str]:
    """A token of the embedded stack for each role, the parties' for their departments."""
    issuer = embedded_issuer(engine.folder)
    return {role: issuer.token([role], ORGS.get(role, "bureau")) for role in Role}


async def rate(one: Callable[[], Awaitable[Any]], number: int, apart: float = 0.0, at_once: int = AT_ONCE) -> float:
    """How many a second by callers at once, who begin so many seconds apart and then never pause."""
    left = iter(range(number))

    async def caller(place: int) -> None:
        await asyncio.sleep(place * apart)
        for _ in left:
            await one()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as callers:
        for place in range(at_once):
            callers.create_task(caller(place))
    return number / (time.perf_counter() - begun)


async def direct_messages(engine: BenchStack, temporal: Client) -> RecordedMessages:
    """The messages of one case that the engine's own client played, for Temporal's client to send again."""
    ledger = connect(engine.ledger, pool_size=1)
    client = ShareflowClient(temporal, ledger, patience=timedelta(seconds=60))
    keys = [uuid.uuid4().hex for _ in range(1 + len(STEPS))]
    request_id = await filed(client, keys[0])
    for key, step in zip(keys[1:], STEPS, strict=True):
        await commanded(client, request_id, step, key)
    ledger.dispose()
    return await messages_of(temporal, request_id, keys)


async def in_turns(engine: BenchStack, ways: Mapping[str, Callable[[], Awaitable[Any]]]) -> list[Round]:
    """Round after round, until enough are undisturbed or the time is over."""
    rounds: list[Round] = []
    begun = time.monotonic()
    while len(undisturbed(rounds, *ways)) < ROUNDS and time.monotonic() - begun < AT_MOST_SECONDS:
        turns: dict[str, Sample] = {}
        for name in turned(list(ways), len(rounds)):
            meter = Meter({"engine": (engine.pid,), "postgresql": (engine.postgres,)})
            found = await rate(ways[name], CASES, APART)
            spent = meter.spent()
            turns[name] = Sample(CASES, CASES / found, spent.cpu, spent.foreign)
        rounds.append(turns)
    return rounds


async def reads_per_second(through: Through, path: str) -> float:
    """How often a second a case is read by callers who never pause; the first second does not count."""
    done, stops = 0, time.perf_counter() + 1 + READ_SECONDS

    async def caller() -> None:
        nonlocal done
        while time.perf_counter() < stops:
            await through.read(path)
            done += time.perf_counter() > stops - READ_SECONDS

    async with asyncio.TaskGroup() as callers:
        for _ in range(AT_ONCE):
            callers.create_task(caller())
    return done / READ_SECONDS


async def _measure() -> dict[str, float]:
    async with servers.folder() as folder, up(folder, UNLIMITED) as engine:
        temporal = await connect_to(engine.temporal)
        messages = await direct_messages(engine, temporal)
        async with calls_of(engine.api) as calls:
            through = Through(calls, tokens(engine))
            path = await through.case()  # the first case warms what is loaded late
            await messages.play(temporal)
            reads = await reads_per_second(through, path)
            through.seconds.clear()
            rounds = await in_turns(engine, {"http": through.case, "direct": lambda: messages.play(temporal)})
    p50, p99 = percentile(through.seconds, 0.5), percentile(through.seconds, 0.99)
    return {
        "cases_per_second": typical(rounds, "http", lambda turn: turn.rate) or 0.0,
        "of_direct_temporal": ratio(rounds, "http", "direct", lambda turn: turn.rate) or 0.0,
        "p50_seconds_at_32_callers": p50,
        "p99_seconds_at_32_callers": p99,
        "p99_of_p50": p99 / p50,
        "reads_per_second": reads,
        "rounds": len(rounds),
        "rounds_disturbed": len(there(rounds, "http", "direct")) - len(undisturbed(rounds, "http", "direct")),
    }


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
