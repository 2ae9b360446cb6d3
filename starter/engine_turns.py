"""Admission control: a limited number of concurrent calls, a bounded queue, and refusal of all others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from starter.errors import Crowded

LONGEST_WAIT = 10.0
"""The longest wait in seconds; a caller that would wait longer should rather ask again later."""
MOST_WAITING = 256
"""The most waiting calls in one process, however fast turns go."""
WEIGHT = 0.1
"""The weight of the latest turn in the moving average of their duration."""

CallerLeaves = Callable[[], Awaitable[object]]

caller_leaves: ContextVar[CallerLeaves | None] = ContextVar("caller_leaves", default=None)
"""Awaits the disconnection of the caller; set by doors that can tell, used only while waiting for a turn."""


class EngineTurns:
    """A limited number of turns; other calls wait, first come first served.

    Under overload the queue holds only as many calls as can be served in time, and further ones are refused at once.
    Callers that have disconnected are not served. A turn that has begun is held until the engine is done, even if
    nobody waits for it any more.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns = asyncio.Semaphore(at_once)
        self._crowd = 0
        self._takes = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn for the block. Raises Crowded, before anything was done, if too many wait or the wait is too long."""
        await self._wait()
        begun = asyncio.get_running_loop().time()
        try:
            yield
        finally:
            self._takes += WEIGHT * (asyncio.get_running_loop().time() - begun - self._takes)
            self._turns.release()

    async def _wait(self) -> None:
        if self._crowd >= self._served_in_time():
            raise Crowded("Too many calls wait for the engine; ask again with the same key.")
        if not self._turns.locked():
            await self._turns.acquire()
            return
        self._crowd += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT) as patience, _ended_early(patience):
                await self._turns.acquire()
        except TimeoutError:
            raise Crowded("The engine is busy; ask again with the same key.") from None
        finally:
            self._crowd -= 1

    def _served_in_time(self) -> int:
        """How many calls may wait: as many as can be served in time, but at least one, so that recovery is noticed."""
        soon = LONGEST_WAIT * self._at_once / self._takes if self._takes else MOST_WAITING
        return min(MOST_WAITING, max(self._at_once, int(soon)))


@asynccontextmanager
async def _ended_early(patience: asyncio.Timeout) -> AsyncIterator[None]:
    """End a wait as soon as the caller has disconnected."""
    leaves = caller_leaves.get()
    if leaves is None:
        yield
        return
    watch = asyncio.ensure_future(leaves())

    def gone(watched: asyncio.Future[object]) -> None:
        if not (watched.cancelled() or watched.exception() or patience.expired()):
            patience.reschedule(0)

    watch.add_done_callback(gone)
    try:
        yield
    finally:
        watch.remove_done_callback(gone)
        watch.cancel()
