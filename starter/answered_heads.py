"""Confirmations by doors: a case that has answered has everything up to that event in Temporal's history.

They are written to the ledger in batches in the background, so no call waits for them or fails because of them. What is
not written, because the process ended or the database was down, the reconciliation finds out by asking.
"""

import asyncio
import logging
from datetime import timedelta

from ledger.failures import DATABASE_FAILED
from ledger.writer import Writer

log = logging.getLogger("shareflow.confirmed")

EVERY = timedelta(seconds=3)
"""How long heads are collected before they are written together."""


class AnsweredHeads:
    """Heads from the answers of cases, to be written to the ledger."""

    def __init__(self, ledger: Writer, every: timedelta = EVERY) -> None:
        self._ledger = ledger
        self._every = every
        self._noted: dict[str, int] = {}
        self._telling: asyncio.Task[None] | None = None

    def note(self, request_id: str, head: int) -> None:
        """Note the head in a case's answer. To be called in an event loop."""
        self._noted[request_id] = max(head, self._noted.get(request_id, 0))
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell_later())

    async def close(self) -> None:
        """Write what is left."""
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
