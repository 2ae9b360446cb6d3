"""Somebody who sends commands through the doors of an API without a pause, and how long he was refused at most."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx

from domain.words import Role
from shareflow import AsyncClient
from starter.tokens import Issuer
from tests.chaos.cases import ChaosCase
from tests.engine.cases import PROCEDURES, PROVIDER, REQUESTER

REFUSED: Final = frozenset({429, 502, 503, 504})
"""Answers of whoever cannot take a call now."""
PAUSE: Final = 0.05
"""Seconds between two commands."""
ORGS: Final = {Role.REQUESTER: REQUESTER, Role.PROVIDER: PROVIDER}


@dataclass(frozen=True)
class ApiDoor:
    """One process of an API: where it answers, and what carries calls there."""

    address: str
    carrier: httpx.AsyncBaseTransport


class WatchedDoors(httpx.AsyncBaseTransport):
    """Brings each call to the next door, as a proxy does.

    ``refused`` is how many calls were not answered or could not be taken; ``longest`` the seconds for which one
    command met nothing else, from its first call until it was taken.
    """

    def __init__(self, doors: Sequence[ApiDoor]) -> None:
        self._doors = doors
        self._turns = itertools.cycle(doors)
        self._refused_since: dict[str, float] = {}
        self.refused = 0
        self.longest = 0.0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Bring a call to the door whose turn it is."""
        key, begun, door = request.headers["Idempotency-Key"], time.monotonic(), next(self._turns)
        there = httpx.URL(door.address)
        request.url = request.url.copy_with(host=there.host, port=there.port)
        try:
            response = await door.carrier.handle_async_request(request)
        except httpx.RequestError:
            self._is_refused(key, begun)
            raise
        if response.status_code in REFUSED:
            self._is_refused(key, begun)
        elif key in self._refused_since:
            self.longest = max(self.longest, time.monotonic() - self._refused_since.pop(key))
        return response

    async def aclose(self) -> None:
        """Close what carries the calls."""
        await asyncio.gather(*(door.carrier.aclose() for door in self._doors))

    def _is_refused(self, key: str, begun: float) -> None:
        self.refused += 1
        self._refused_since.setdefault(key, begun)


class SteadyCaller:
    """Files one case after another, and gives its commands, in every role; ``cases`` are those that were filed."""

    def __init__(self, doors: WatchedDoors, issuer: Issuer) -> None:
        self._doors = doors
        self._issuer = issuer
        self._enough = asyncio.Event()
        self.cases: list[ChaosCase] = []

    def stop(self) -> None:
        """The case that is under way is the last."""
        self._enough.set()

    async def call(self) -> None:
        """Go on until stopped."""
        async with AsyncExitStack() as stack:
            callers = {role: await stack.enter_async_context(self._client(role)) for role in Role}
            for number, course in enumerate(itertools.cycle(PROCEDURES)):
                if self._enough.is_set():
                    return
                await self._drive(callers, ChaosCase(course, f"steady-{number}"))

    def _client(self, role: Role) -> AsyncClient:
        token = self._issuer.token([role], ORGS.get(role, role.value))
        return AsyncClient("http://127.0.0.1", token, transport=self._doors)

    async def _drive(self, callers: dict[Role, AsyncClient], case: ChaosCase) -> None:
        filed = case.procedure.application().model_dump(mode="json", exclude_none=True)
        opened = await callers[Role.REQUESTER].file(case.procedure.statute, filed, key=case.key)
        case.request_id = opened.request_id
        self.cases.append(case)
        for number, (role, name, fields) in enumerate(case.procedure.acts, start=1):
            await asyncio.sleep(PAUSE)
            key = f"{case.key}-act-{number}"
            case.answers.append(await callers[role].command(case.request_id, name.value, key=key, **fields))


@asynccontextmanager
async def calling(doors: WatchedDoors, issuer: Issuer) -> AsyncIterator[SteadyCaller]:
    """Somebody calls while inside; his last case is through when it is left."""
    caller = SteadyCaller(doors, issuer)
    async with asyncio.TaskGroup() as group:
        group.create_task(caller.call())
        yield caller
        caller.stop()
