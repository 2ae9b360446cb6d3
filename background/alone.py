"""What one process alone does at a time, whichever it is: it holds a row that lapses, and the others wait for that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from ledger.engine import Engine
from ledger.failures import DATABASE_FAILED
from ledger.leases import LAPSES_AFTER, Lease


@dataclass
class Turn:
    """Whether something is this process's to do; ``mine`` changes when it loses it."""

    mine: bool


@asynccontextmanager
async def done_alone(engine: Engine, name: str) -> AsyncIterator[Turn]:
    """Whether this process is the one that does what goes by a name, as long as it is inside.

    Of one that was killed the lease lapses. Should one lose it, because the database was away for long, two are at it
    until the first hears of that: what is done so must bear it.
    """
    lease = Lease(engine, name)
    turn = Turn(await asyncio.to_thread(lease.take))
    if not turn.mine:
        yield turn
        return
    prolonging = asyncio.create_task(_prolonged(lease, turn))
    try:
        yield turn
    finally:
        prolonging.cancel()
        with suppress(*DATABASE_FAILED):  # it lapses by itself
            await asyncio.to_thread(lease.give_back)


async def _prolonged(lease: Lease, turn: Turn) -> None:
    while turn.mine:
        await asyncio.sleep(LAPSES_AFTER.total_seconds() / 4)
        with suppress(*DATABASE_FAILED):
            turn.mine = await asyncio.to_thread(lease.take)
