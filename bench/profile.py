"""Where a worker's Python time goes under load, by library: ``python -m bench profile``.

A worker as production runs it carries cases of 16 callers; py-spy (extra ``bench``) samples whoever holds the
interpreter. The callers and the servers are other processes and do not count.
"""

import asyncio
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

from bench import servers
from bench.cases import MESSAGES, played
from bench.contestants.racing import raced
from bench.contestants.shareflow import worker_process
from bench.processes import Meter
from bench.stacks import by_library, passing, stacks_from
from ledger.engine import connect
from protocol.connecting import connect_to
from starter.engine_client import ShareflowClient

CASES, WARMING = 160, 32
SECONDS: Final = 60
"""At most."""
SAMPLES_A_SECOND: Final = 200
FUNCTIONS: Final = 25


async def _sampled(pid: int, into: Path) -> asyncio.subprocess.Process:
    program = Path(sys.executable).with_name("py-spy")
    arguments = (
        "record",
        "--gil",
        "--full-filenames",
        "--format",
        "raw",
        "--rate",
        str(SAMPLES_A_SECOND),
        "--nonblocking",
    )
    quiet = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(
        *(program, *arguments, "--duration", str(SECONDS), "--output", into, "--pid", str(pid)),
        stdout=quiet,
        stderr=quiet,
    )


async def _measure() -> Mapping[str, float]:
    async with servers.folder() as folder, servers.postgres(folder) as database, servers.temporal(None) as temporal:
        url = await asyncio.to_thread(servers.ledger, database, "ledger")
        engine = connect(url)
        client = await connect_to(temporal.address)
        shareflow = ShareflowClient(client, engine, patience=timedelta(seconds=60))
        async with worker_process(temporal.address, url) as worker:
            await raced(lambda: played(shareflow), WARMING)
            samples = folder / "samples.txt"
            sampler = await _sampled(worker.pid, samples)
            meter = Meter({"worker": (worker.pid,)}, (temporal.pid, database.pid))
            seconds = await raced(lambda: played(shareflow), CASES)
            spent = meter.spent()
            if sampler.returncode is None:
                # py-spy writes what it has when it is interrupted.
                sampler.send_signal(2)
            await sampler.wait()
        await shareflow.close()
        engine.dispose()
        found = stacks_from(samples.read_text("utf-8", errors="replace").splitlines())
    return {
        "cases_per_second": CASES / seconds,
        "worker_cpu_ms_a_message": spent.cpu["worker"] / CASES / MESSAGES * 1000,
        "samples": sum(count for _, count in found),
        **{f"in {name}": share for name, share in by_library(found).items() if share >= 0.005},
        **{f"through {name}": share for name, share in passing(found, FUNCTIONS).items()},
    }


def run() -> Mapping[str, float]:
    """Measure and return the shares."""
    return asyncio.run(_measure())
