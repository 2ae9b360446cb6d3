"""Work that one process of an installation does at a time: it holds a lease, and the others wait to take over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from ledger.engine import Engine
from ledger.failures import DATABASE_FAILED
from ledger.leases import LAPSES_AFTER, Lease


@dataclass
class Turn:
    """Whether this process holds the lease; ``mine`` becomes False when it loses it."""

    mine: bool


@asynccontextmanager
async def done_alone(engine: Engine, name: str) -> AsyncIterator[Turn]:
    """Wait for the lease of a name and keep renewing it for the block.

    The lease of a killed process expires. If a process loses its lease because the database was down for long, two
    processes may work at once until the first one notices, so the work must tolerate that.
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
        with suppress(*DATABASE_FAILED):  # it expires by itself
            await asyncio.to_thread(lease.give_back)


async def _prolonged(lease: Lease, turn: Turn) -> None:
    while turn.mine:
        await asyncio.sleep(LAPSES_AFTER.total_seconds() / 4)
        with suppress(*DATABASE_FAILED):
            turn.mine = await asyncio.to_thread(lease.take)
