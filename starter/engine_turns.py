"""Turns at the engine: so many calls at once, a bounded crowd that waits, and a plain word for the others."""

import asyncio
from typing import Literal

from starter.errors import Crowded

LONGEST_WAIT = 10.0
"""Seconds. A caller who would wait longer had better ask again: what it wants is then not old when it is done."""
MOST_WAITING = 256
"""What one process gets done in these seconds, roughly: whoever came behind so many would wait in vain."""


class EngineTurns(asyncio.Semaphore):
    """So many turns at once; whoever has none waits, first come first served.

    Under a load above what the engine bears the crowd stays as it is, and so does the rate at which it is served.
    """

    def __init__(self, at_once: int) -> None:
        super().__init__(at_once)
        self._crowd = 0

    async def acquire(self) -> Literal[True]:
        """Take a turn. Raises Crowded, before anything was done, where too many wait or the wait is too long."""
        if self._crowd >= MOST_WAITING:
            raise Crowded("Too many calls wait for the engine; ask again with the same key.")
        self._crowd += 1
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                return await super().acquire()
        except TimeoutError:
            raise Crowded("The engine is busy; ask again with the same key.") from None
        finally:
            self._crowd -= 1
