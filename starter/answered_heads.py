"""What doors know of Temporal: a case that has answered has everything up to there in its history.

The ledger is told in batches, later and aside: no call waits for it, and none fails by it. What is not told, because
the process ended first or the database was away, the reconciliation finds out by asking.
"""

import asyncio
import logging
from datetime import timedelta

from ledger.failures import DATABASE_FAILED
from ledger.writer import Writer

log = logging.getLogger("shareflow.confirmed")

EVERY = timedelta(seconds=3)
"""How long heads are gathered before they are told together."""


class AnsweredHeads:
    """The heads that cases answered with, on their way to the ledger."""

    def __init__(self, ledger: Writer, every: timedelta = EVERY) -> None:
        self._ledger = ledger
        self._every = every
        self._noted: dict[str, int] = {}
        self._telling: asyncio.Task[None] | None = None

    def note(self, request_id: str, head: int) -> None:
        """A case answered when it had come so far. To be called in an event loop."""
        self._noted[request_id] = max(head, self._noted.get(request_id, 0))
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell_later())

    async def close(self) -> None:
        """Tell what is left."""
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
        await self._tell()

    async def _tell_later(self) -> None:
        while self._noted:
            await asyncio.sleep(self._every.total_seconds())
            await self._tell()

    async def _tell(self) -> None:
        heads, self._noted = self._noted, {}
        try:
            await asyncio.to_thread(self._ledger.confirm, heads)
        except DATABASE_FAILED as error:
            log.info("answered heads are left to the reconciliation", extra={"heads": len(heads), "error": str(error)})
