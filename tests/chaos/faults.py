"""What happens to an engine: parts are killed or stand still, lines cut or slow, disks full, clocks wrong; at once."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import psutil

from tests.chaos.clocks import JumpingClock
from tests.chaos.disks import Disk
from tests.chaos.engine import ChaosEngine
from tests.chaos.kernel_clocks import KernelClock
from tests.chaos.links import NetworkLine
from tests.engine.machines import Database, Machine, TemporalServer

BETWEEN: Final = (0.1, 1.2)
"""Seconds from one fault to the next."""
LASTS: Final = (0.3, 4.0)
"""Seconds for which a part stands still, or a line is cut or slow."""
SLOW: Final = (0.02, 0.25)
"""Seconds that a slow line takes for each piece."""
TWICE: Final = 0.25
"""How often a second part is hit with the first."""
WELL_WITHIN: Final = 60.0
"""Seconds after which a server whose disk has room again must answer."""


class PartEnded(Exception):
    """A part is gone, or does not come back, though nothing was done to it that should end it."""


class Faults:
    """Hits an engine so many times, as a seed says; ``counted`` is how often what was done to which part.

    ``journal`` says when each part was hit, and when it was well again.
    """

    def __init__(self, engine: ChaosEngine, number: int, chance: random.Random) -> None:
        self._number = number
        self._chance = chance
        parts = (*engine.machines, *engine.links, *engine.clocks)
        self._free = {each.name: asyncio.Lock() for each in parts}
        self._engine = engine
        self.counted: Counter[str] = Counter()
        self.journal: list[str] = []

    @property
    def done(self) -> float:
        """Which part of the faults has happened, up to 1."""
        return self.counted.total() / self._number

    async def happen(self) -> None:
        """One after another until all have happened and every part is well again."""
        async with asyncio.TaskGroup() as mending:
            while self.counted.total() < self._number:
                await asyncio.sleep(self._chance.uniform(*BETWEEN))
                for _ in range(2 if self._chance.random() < TWICE else 1):
                    await self._strike(mending)

    @asynccontextmanager
    async def noticing_who_ends(self) -> AsyncIterator[None]:
        """Break off with PartEnded as soon as a part is gone that was not hit."""
        async with asyncio.TaskGroup() as group:
            looking = group.create_task(self._look())
            yield
            looking.cancel()

    async def _look(self) -> None:
        while True:
            for each in self._engine.machines:
                if not self._free[each.name].locked() and not each.runs:
                    raise PartEnded(f"{each.name} ended by itself, and said: {each.last_words()}")
            await asyncio.sleep(0.2)

    async def _strike(self, mending: asyncio.TaskGroup) -> None:
        """Hit one part that is well, and leave its mending to others."""
        name, how, strike = self._chance.choice(self._ways())
        lock = self._free[name]
        await lock.acquire()
        self.counted[f"{how} {name}"] += 1
        self._write_down(f"{name} {how}")
        lasts = self._chance.uniform(*LASTS)

        async def until_well() -> None:
            try:
                await strike(lasts)
            finally:
                lock.release()
            self._write_down(f"{name} well again")

        mending.create_task(until_well())

    def _write_down(self, what: str) -> None:
        self.journal.append(f"{datetime.now(UTC):%H:%M:%S.%f} {what}")

    def _ways(self) -> Sequence[tuple[str, str, Callable[[float], Awaitable[None]]]]:
        return [
            *((each.name, "killed", _Killed(each)) for each in self._engine.machines),
            *((each.name, "stopped", _Stopped(each)) for each in self._engine.machines),
            *((each.name, "cut", _Cut(each)) for each in self._engine.links),
            *((each.name, "slowed", _Slowed(each, self._chance.uniform(*SLOW))) for each in self._engine.links),
            *((whose.name, "without a disk", _Filled(disk, whose)) for disk, whose in self._engine.disks.items()),
            *(
                (each.name, "moved", _Moved(each, self._chance.uniform(-each.farthest, each.farthest)))
                for each in self._engine.clocks
            ),
        ]


class _Killed:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def __call__(self, _: float) -> None:
        await self._machine.kill()
        await self._machine.start()


class _Stopped:
    """SIGSTOP: it neither answers nor breaks off."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    async def __call__(self, lasts: float) -> None:
        held = self._machine.family()
        for process in held:
            with suppress(psutil.NoSuchProcess):
                process.suspend()
        await asyncio.sleep(lasts)
        for process in held:
            with suppress(psutil.NoSuchProcess):
                process.resume()


class _Filled:
    """Nothing more can be written for a while; a server that ends over that is started again, as an operator would."""

    def __init__(self, disk: Disk, server: Database | TemporalServer) -> None:
        self._disk = disk
        self._server = server

    async def __call__(self, lasts: float) -> None:
        self._disk.fill()
        await asyncio.sleep(lasts)
        self._disk.mend()
        try:
            async with asyncio.timeout(WELL_WITHIN):
                while not await self._server.answers():
                    if not self._server.runs:
                        await self._server.start()
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            said = self._server.last_words()
            raise PartEnded(f"{self._server.name} does not answer since its disk was full, and said: {said}") from error


class _Moved:
    """The clock of a process jumps, and after a while back to where it should be."""

    def __init__(self, clock: JumpingClock | KernelClock, by: float) -> None:
        self._clock = clock
        self._by = by

    async def __call__(self, lasts: float) -> None:
        self._clock.jump(self._by)
        await asyncio.sleep(lasts)
        self._clock.jump(0)


class _Cut:
    def __init__(self, link: NetworkLine) -> None:
        self._link = link

    async def __call__(self, lasts: float) -> None:
        self._link.cut()
        await asyncio.sleep(lasts)
        self._link.mend()


class _Slowed:
    def __init__(self, link: NetworkLine, delay: float) -> None:
        self._link = link
        self._delay = delay

    async def __call__(self, lasts: float) -> None:
        self._link.delay = self._delay
        await asyncio.sleep(lasts)
        self._link.mend()
