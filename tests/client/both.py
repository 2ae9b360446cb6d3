"""One way to ask either client, so that every behaviour is tested with both."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing, closing
from itertools import islice
from operator import attrgetter
from typing import Any

from shareflow import AsyncClient, Client

AnyClient = Client | AsyncClient
Maker = Callable[..., "EitherClient"]


class EitherClient:
    """A client of either kind."""

    def __init__(self, client: AnyClient) -> None:
        self.client = client

    async def __call__(self, method: str, *args: Any, **fields: Any) -> Any:
        """What a method comes to (``webhooks.create`` is a method too)."""
        found = attrgetter(method)(self.client)
        if isinstance(self.client, AsyncClient):
            return await found(*args, **fields)
        return await asyncio.to_thread(found, *args, **fields)

    async def take(self, method: str, number: int | None, *args: Any, **fields: Any) -> list[Any]:
        """The first things (None: all) that an iterating method gives."""
        given = attrgetter(method)(self.client)(*args, **fields)
        if isinstance(self.client, Client):
            return await asyncio.to_thread(_taken, given, number)
        taken: list[Any] = []
        async with aclosing(given):
            while number is None or len(taken) < number:
                try:
                    taken.append(await anext(given))
                except StopAsyncIteration:
                    break
        return taken

    async def close(self) -> None:
        """Close its connections."""
        if isinstance(self.client, AsyncClient):
            await self.client.aclose()
        else:
            self.client.close()


def _taken(given: Any, number: int | None) -> list[Any]:
    with closing(given):
        return list(islice(given, number))
