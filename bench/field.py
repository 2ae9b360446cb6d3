"""The field of contestants on one store: each in a process of its own, told by lines when to play how many cases."""

import asyncio
import importlib.util
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import servers
from bench.contestants.__main__ import MARK
from bench.processes import Meter, tree
from bench.rounds import Sample

ROOT = Path(__file__).parents[1]
Kinds = Mapping[str, tuple[int, ...]]
"""Processes by kind, each with all that descend from it."""

START_SECONDS, TURN_SECONDS = 60, 120


@dataclass(frozen=True)
class Contestant:
    """A contestant's process, and the processes that work for it by kind; ``beside``: what rests between its turns."""

    name: str
    process: asyncio.subprocess.Process
    kinds: Kinds
    rests: bool

    async def ask(self, line: str) -> dict[str, Any]:
        """Tell it something; its answer. Raises RuntimeError when it ended instead."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n".encode())
        await self.process.stdin.drain()
        return await self.answer(TURN_SECONDS)

    async def answer(self, seconds: float) -> dict[str, Any]:
        """Its next answer. Raises TimeoutError, RuntimeError."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while line := await self.process.stdout.readline():
                if line.startswith(MARK.encode()):
                    found: dict[str, Any] = json.loads(line[len(MARK) :])
                    return found
        raise RuntimeError(f"The contestant {self.name} ended before it answered.")

    async def turn(self, cases: int, ours: tuple[int, ...]) -> Sample:
        """Play so many cases while all others rest; ``ours`` are the processes of the bench that are not its own."""
        self._signal(signal.SIGCONT)
        if self.rests:
            await self.ask("1")
        meter = Meter(self.kinds, ours)
        said = await self.ask(str(cases))
        spent = meter.spent()
        self._signal(signal.SIGSTOP)
        return Sample(cases, float(said["seconds"]), spent.cpu, spent.foreign)

    def _signal(self, what: signal.Signals) -> None:
        """A worker of its own sweeps and watches; between turns it must not work for nobody's figures."""
        if self.rests:
            for process in tree(self.process.pid)[1:]:
                os.kill(process.pid, what)

    async def end(self) -> None:
        """Let it end, and end it when it does not."""
        self._signal(signal.SIGCONT)
        if self.process.returncode is None and self.process.stdin is not None:
            self.process.stdin.close()
            try:
                await asyncio.wait_for(self.process.wait(), 20)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()


@dataclass(frozen=True)
class Field:
    """The contestants of one store by name, their servers, and the ledger of the first."""

    contestants: Mapping[str, Contestant]
    temporal: str
    ledger: str
    ours: tuple[int, ...]
    recorded_case: str


def dbos_is_here() -> bool:
    """Whether DBOS is installed."""
    return importlib.util.find_spec("dbos") is not None


@asynccontextmanager
async def field(in_memory: bool, names: tuple[str, ...]) -> AsyncIterator[Field]:
    """The servers of one store and these contestants while inside; Shareflow itself plays always.

    A worker process has a Temporal and a ledger of its own: what runs beside it looks at all cases.
    """
    async with AsyncExitStack() as stack:
        folder = await stack.enter_async_context(servers.folder())
        database = await stack.enter_async_context(servers.postgres(folder))
        temporal = await stack.enter_async_context(servers.temporal(None if in_memory else folder / "temporal.db"))
        ledger = await asyncio.to_thread(servers.ledger, database, "ledger")
        recorded = folder / "recorded.json"
        found: dict[str, Contestant] = {}
        ours: tuple[int, ...] = (database.pid, temporal.pid)

        async def join(name: str, address: str, url: str, kinds: Kinds) -> Contestant:
            contestant = await _start(name, address, url, recorded, kinds)
            stack.push_async_callback(contestant.end)
            await contestant.answer(START_SECONDS)
            found[name] = contestant
            return contestant

        both: Kinds = {"temporal": (temporal.pid,), "postgresql": (database.pid,)}
        shareflow = await join("shareflow", temporal.address, ledger, both)
        case = (await shareflow.ask("record"))["case"]
        for name in names:
            if name == "dbos":
                await asyncio.to_thread(servers.database, database, "durable")
                await join(name, "-", ledger, {"postgresql": (database.pid,)})
            elif name == "worker_process":
                own = await stack.enter_async_context(servers.temporal(None if in_memory else folder / "own.db"))
                url = await asyncio.to_thread(servers.ledger, database, "own")
                ours = (*ours, own.pid)
                await join(name, own.address, url, {"temporal": (own.pid,), "postgresql": (database.pid,)})
            else:
                await join(name, temporal.address, ledger, both)
        for contestant in found.values():
            await contestant.ask("16")  # warms what is loaded late
        yield Field(found, temporal.address, ledger, ours, case)


async def _start(name: str, temporal: str, ledger: str, recorded: Path, kinds: Kinds) -> Contestant:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.contestants", name, temporal, ledger, str(recorded)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    return Contestant(name, process, {"python": (process.pid,), **kinds}, name == "worker_process")
