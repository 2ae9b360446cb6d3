"""``shareflow up`` in a process of its own, on ports that nobody else uses."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

START_SECONDS = 90
PORTS = ("SHAREFLOW_API_PORT", "SHAREFLOW_HEALTH_PORT", "SHAREFLOW_TEMPORAL_PORT", "SHAREFLOW_UI_PORT")


@dataclass(frozen=True)
class BenchStack:
    """A running engine: where each part answers, and the processes that are not children of this one."""

    folder: Path
    temporal: str
    ledger: str
    api: str
    health: str
    pid: int
    postgres: int

    @property
    def ours(self) -> tuple[int, ...]:
        """The processes of the engine that do not descend from this one."""
        return (self.postgres,)


def free_ports(number: int) -> list[int]:
    """Ports of this machine that are free now."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_STREAM) for _ in range(number)]
    try:
        for each in held:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()


@asynccontextmanager
async def up(folder: Path, settings: Mapping[str, str]) -> AsyncIterator[BenchStack]:
    """The engine while inside; ``settings`` as the environment would name them. Raises RuntimeError."""
    ports = dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True))
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SHAREFLOW_", "TEMPORAL_"))}
    environ |= {"SHAREFLOW_STATE": str(folder), **ports, **settings}
    program = Path(sys.executable).with_name("shareflow")
    process = await asyncio.create_subprocess_exec(
        program, "up", env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        there = await _addresses(process, folder / "stack.json")
        pid = int((folder / "postgres" / "postmaster.pid").read_text("ascii").split()[0])
        health = f"http://127.0.0.1:{ports['SHAREFLOW_HEALTH_PORT']}"
        yield BenchStack(folder, there["temporal"], there["ledger"], there["api"], health, process.pid, pid)
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def _addresses(process: asyncio.subprocess.Process, file: Path) -> dict[str, str]:
    for _ in range(START_SECONDS * 10):
        if process.returncode is not None:
            raise RuntimeError("shareflow up ended while it started.")
        try:
            found: dict[str, str] = json.loads(await asyncio.to_thread(file.read_text, "utf-8"))
            return found
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError(f"shareflow up did not start within {START_SECONDS} seconds.")
