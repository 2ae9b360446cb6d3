"""Which tabs listen for changes: few of a session, and none longer than its session lasts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from typing import Final

from api.news import Watch
from ledger.failures import DATABASE_ERRORS

MOST: Final = 4
"""Of one session: a browser has six connections to one address, and pages and forms need some of them."""
LOOK_SECONDS: Final = 5.0
"""So often it is looked which sessions still last: one question for all, and none while nobody listens."""


class Streams:
    """The streams of one process by the digest of their session; ``lasting`` tells which of some sessions last."""

    def __init__(self, lasting: Callable[[Collection[str]], Collection[str]]) -> None:
        self._lasting = lasting
        self._watches: dict[str, set[Watch]] = {}
        self._over: set[str] = set()
        self._looking: asyncio.Task[None] | None = None

    def full(self, session: str) -> bool:
        """Whether a session has as many streams as it may."""
        return len(self._watches.get(session, ())) >= MOST

    @asynccontextmanager
    async def held(self, session: str, watch: Watch) -> AsyncIterator[None]:
        """While inside, ``watch`` ends with the session."""
        mine = self._watches.setdefault(session, set())
        mine.add(watch)
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        try:
            yield
        finally:
            mine.discard(watch)
            if not mine and self._watches.get(session) is mine:
                del self._watches[session]
                self._over.discard(session)
            if not self._watches:
                self._looking.cancel()

    def over(self, session: str) -> bool:
        """Whether a session whose streams are held has ended."""
        return session in self._over

    def end(self, session: str) -> None:
        """End the streams of a session at once."""
        for watch in self._watches.get(session, ()):
            self._over.add(session)
            watch.over = True
            watch.told.set()

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            listening = list(self._watches)
            with contextlib.suppress(*DATABASE_ERRORS):
                lasting = await asyncio.to_thread(self._lasting, listening)
                for session in set(listening).difference(lasting):
                    self.end(session)
