"""One part of a batch of retries: the next subjects of its list, all at once, and what came of each."""

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
"""So many subjects are tried at once: each may take ten seconds to show whether it moves, most of them waiting."""

BEAT: Final = 5
"""Seconds between two signs of life."""

Retry = Callable[[str, str | None, Acting, bool], Awaitable[Remedied]]
"""Has a subject tried again for a cause, in somebody's name; True: that was begun before."""


class StuckBatches:
    """The activity of one worker. ``retry`` is the remedy, which looks again at the cause before it acts."""

    def __init__(self, engine: Engine, retry: Retry) -> None:
        self._engine = engine
        self._retry = retry

    def all(self) -> Sequence[Callable[..., Any]]:
        """Every activity, for the worker to register."""
        return [self.mend_part]

    @activity.defn(name=MEND_PART)
    async def mend_part(self, order: BatchOrder) -> BatchPart:
        """Try the next subjects again; none left, and the batch is finished."""
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
    """Let the server see while the part is under way that its worker is there."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT)
