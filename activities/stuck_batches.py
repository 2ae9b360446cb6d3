"""The activity for one part of a batch of retries: tries the next subjects of the list at the same time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from temporalio import activity

from domain.log.acts import Acting
from domain.stuck import BatchState, Remedied
from ledger.engine import Engine
from ledger.queries.stuck_batches import Batch, RetriedItem, batch, finish_batch, next_items, note_result
from protocol.batches import BatchOrder, BatchPart
from protocol.names import MEND_PART

PART: Final = 20
"""How many subjects are tried at once: each may take ten seconds to show whether it moves, most of it waiting."""

BEAT: Final = 5
"""Seconds between two heartbeats."""

Retry = Callable[[str, str | None, Acting, bool], Awaitable[Remedied]]
"""Retries a subject with a cause, on behalf of somebody; the flag says whether that was begun before."""


class StuckBatches:
    """The activity of one worker; ``retry`` is the remedy, which checks the cause again before it acts."""

    def __init__(self, engine: Engine, retry: Retry) -> None:
        self._engine = engine
        self._retry = retry

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.mend_part]

    @activity.defn(name=MEND_PART)
    async def mend_part(self, order: BatchOrder) -> BatchPart:
        """Retry the next subjects; if none is left, finish the batch."""
        there = await asyncio.to_thread(batch, self._engine, order.batch_id)
        if there is None:
            return BatchPart(done=0)
        items = await asyncio.to_thread(next_items, self._engine, order.batch_id, PART)
        alive = asyncio.create_task(_tell_that_it_lives())
        try:
            await asyncio.gather(*(self._mend(there, item) for item in items))
        finally:
            alive.cancel()
        if items:
            return BatchPart(done=len(items))
        now = await asyncio.to_thread(batch, self._engine, order.batch_id)
        if now is not None and now.state is BatchState.SUSPENDED:
            return BatchPart(done=0, rests=True)
        await asyncio.to_thread(finish_batch, self._engine, order.batch_id)
        return BatchPart(done=0)

    async def _mend(self, there: Batch, item: RetriedItem) -> None:
        came = await self._retry(item.subject, there.cause, there.by, item.begun)
        await asyncio.to_thread(note_result, self._engine, there.id, item.place, came)


async def _tell_that_it_lives() -> None:
    """Send heartbeats while the part is running."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)
