"""A worker as production runs it, with a thousand open cases: what it takes to hold them, at rest and just after.

``idle_cpu_percent``: of one core, when nothing comes. ``rss_mb_per_1000_open``: the memory that the open cases added.
``sweep_cpu_ms_per_filing``: processor time of worker, Temporal and PostgreSQL from the last filing until the
reconciliation has nothing left to look at, less what they take at rest. What it takes to start: see ``starting``.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Final

from bench import servers, starting
from bench.cases import filed
from bench.contestants.racing import raced
from bench.contestants.shareflow import worker_process
from bench.processes import Meter, Spent, rss_bytes
from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient

CASES, WARMING = 1000, 32
SETTLING_SECONDS: Final = 90
"""Longer than the reconciliation looks back and pauses together."""
IDLE_SECONDS: Final = 60


async def _watched(kinds: Mapping[str, Sequence[int]], seconds: float) -> Spent:
    meter = Meter(kinds)
    await asyncio.sleep(seconds)
    return meter.spent()


async def _measure() -> dict[str, float]:
    async with AsyncExitStack() as stack:
        folder = await stack.enter_async_context(servers.folder())
        database = await stack.enter_async_context(servers.postgres(folder))
        temporal = await stack.enter_async_context(servers.temporal(folder / "temporal.db"))
        url = await asyncio.to_thread(servers.ledger, database, "ledger")
        engine = connect(url)
        client = await connect_to(temporal.address)
        shareflow = ShareflowClient(client, engine, patience=timedelta(seconds=60))
        async with worker_process(temporal.address, url) as worker:
            await raced(lambda: filed(shareflow), WARMING)
            before = rss_bytes(worker.pid)
            begun = time.perf_counter()
            await raced(lambda: filed(shareflow), CASES)
            filing = CASES / (time.perf_counter() - begun)
            held = rss_bytes(worker.pid) - before
            await shareflow.close()
            kinds = {"worker": (worker.pid,), "temporal": (temporal.pid,), "postgresql": (database.pid,)}
            settling = await _watched(kinds, SETTLING_SECONDS)
            idle = await _watched(kinds, IDLE_SECONDS)
        engine.dispose()
        start = await asyncio.to_thread(starting.measured, temporal.address, url)
    at_rest = sum(idle.cpu.values()) / idle.seconds * settling.seconds
    return {
        "filings_per_second": filing,
        "idle_cpu_percent": idle.cpu["worker"] / idle.seconds * 100,
        "rss_mb_per_1000_open": held / 1e6 / CASES * 1000,
        "sweep_cpu_ms_per_filing": max(0.0, sum(settling.cpu.values()) - at_rest) / (CASES + WARMING) * 1000,
        **start,
    }


def run() -> dict[str, float]:
    """Measure and return the figures."""
    return asyncio.run(_measure())
