"""The worker process: it ends the caller's block when it fails, and never because it stops."""

import asyncio
import subprocess
import sys
from typing import cast

import pytest
from temporalio.worker import Worker

from worker.building import working


class Stub:
    """A worker that fails when told, before or after it is asked to shut down."""

    def __init__(self, fails: str | None) -> None:
        self.fails = fails
        self.asked = asyncio.Event()
        self.is_running = False

    async def run(self) -> None:
        if self.fails == "at once":
            raise RuntimeError("poll failure")
        await asyncio.sleep(0.05)
        self.is_running = True
        await self.asked.wait()
        if self.fails == "at the end":
            raise RuntimeError("poll failure")

    async def shutdown(self) -> None:
        self.asked.set()
        await asyncio.sleep(0)


async def test_a_worker_that_fails_ends_the_block_with_its_error() -> None:
    with pytest.raises(RuntimeError, match="poll failure"):
        async with working(cast(Worker, Stub("at once"))):
            await asyncio.sleep(60)


async def test_inside_a_worker_has_reached_its_server() -> None:
    async with working(cast(Worker, Stub(None))) as worker:
        assert worker.is_running


@pytest.mark.parametrize("fails", [None, "at the end"])
async def test_a_worker_that_stops_leaves_the_caller_alone(fails: str | None) -> None:
    async with working(cast(Worker, Stub(fails))):
        await asyncio.sleep(0)
    await asyncio.sleep(0)  # a cancelled caller would not come this far


async def test_an_error_of_the_caller_stays_the_callers() -> None:
    with pytest.raises(KeyError):
        async with working(cast(Worker, Stub("at the end"))):
            raise KeyError("mine")


def test_what_only_a_running_worker_needs_is_not_loaded_to_build_one() -> None:
    heavy = {"alembic", "fastapi", "httpcore", "httpx", "opentelemetry", "prometheus_client", "uvicorn"}
    program = f"import sys, worker.running; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
