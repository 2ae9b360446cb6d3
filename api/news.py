"""Waiting for news: one query every moment for all who wait, and none when nobody does."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

from ledger.failures import DATABASE_ERRORS
from ledger.reader import Reader

EVERY_SECONDS = 0.1


@dataclass(eq=False)
class Watch:
    """Somebody who waits: for one request's news, or for any; ``over`` when nobody may wait any longer."""

    request_id: str | None
    told: asyncio.Event = field(default_factory=asyncio.Event)
    over: bool = False

    async def news(self, seconds: float) -> bool:
        """Wait for news at most so many seconds; whether there was any."""
        if self.over:
            return False
        try:
            async with asyncio.timeout(max(seconds, 0)):
                await self.told.wait()
        except TimeoutError:
            return False
        self.told.clear()
        return not self.over


class News:
    """The end of the ledger's outgoing messages, for all who wait for more."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._watches: set[Watch] = set()
        self._following: asyncio.Task[None] | None = None
        self._at = 0
        self._ready = asyncio.Event()
        self._closed = False

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Inside, nobody waits: whoever does is sent home at once. For a server that stops."""
        self._closed = True
        for watch in self._watches:
            watch.over = True
            watch.told.set()
        try:
            yield
        finally:
            self._closed = False

    @asynccontextmanager
    async def watch(self, request_id: str | None = None) -> AsyncIterator[Watch]:
        """Watch while inside: whatever is recorded after entering is told. Read what you wait on inside."""
        watch = Watch(request_id, over=self._closed)
        self._watches.add(watch)
        if self._following is None or self._following.done():
            self._ready = asyncio.Event()
            self._following = asyncio.create_task(self._follow(self._ready))
        try:
            await self._ready.wait()
            yield watch
        finally:
            self._watches.discard(watch)
            if not self._watches and self._following is not None:
                self._following.cancel()
                self._following = None

    async def _follow(self, ready: asyncio.Event) -> None:
        known = False
        while True:
            try:
                if not known:
                    self._at, known = await asyncio.to_thread(self._reader.newest_message), True
                    if ready.is_set():  # it was away: nobody knows what was missed
                        self._wake(None)
                else:
                    await self._tell()
            except DATABASE_ERRORS:
                known = False
            ready.set()
            await asyncio.sleep(EVERY_SECONDS)

    async def _tell(self) -> None:
        newest, told = await asyncio.to_thread(self._reader.cases_told_after, self._at)
        if newest == self._at:
            return
        self._at = newest
        self._wake(told)

    def _wake(self, requests: frozenset[str] | None) -> None:
        for watch in self._watches:
            if requests is None or watch.request_id is None or watch.request_id in requests:
                watch.told.set()
