"""Turns at the engine: so many calls at once, a bounded crowd that waits, and a plain word for the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar

from starter.errors import Crowded

LONGEST_WAIT = 10.0
"""Seconds. A caller who would wait longer had better ask again: what it wants is then not old when it is done."""
MOST_WAITING = 256
"""However fast turns go, so many at most wait in one process."""
WEIGHT = 0.1
"""What the latest turn counts for in how long a turn takes; the others count for the rest."""

CallerLeaves = Callable[[], Awaitable[object]]

caller_leaves: ContextVar[CallerLeaves | None] = ContextVar("caller_leaves", default=None)
"""Returns when the caller of this call has gone; set by a door that can tell, awaited only by who has no turn yet."""


class EngineTurns:
    """So many turns at once; whoever has none waits, first come first served.

    Under a load above what the engine bears the crowd is as long as is served in time, and the others are told at
    once. Whoever has gone is not served: a turn is spent on somebody who is still there for the answer. A turn that was
    begun is held until it is over, whether or not anybody waits for it: the engine is still at it.
    """

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._turns = asyncio.Semaphore(at_once)
        self._crowd = 0
        self._takes = 0.0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A turn while inside. Raises Crowded, before anything was done, where too many wait or a wait is too long."""
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
        """How many may wait: as many turns as there will be in time; never none, or nobody would find out they are."""
        soon = LONGEST_WAIT * self._at_once / self._takes if self._takes else MOST_WAITING
        return min(MOST_WAITING, max(self._at_once, int(soon)))


@asynccontextmanager
async def _ended_early(patience: asyncio.Timeout) -> AsyncIterator[None]:
    """End a wait as soon as the caller has gone."""
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
