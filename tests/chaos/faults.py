"""What happens to an engine: parts are killed or stand still, lines cut or slow, disks full, clocks wrong; at once."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import psutil

from tests.chaos.clocks import JumpingClock
from tests.chaos.disks import Disk
from tests.chaos.engine import ChaosEngine
from tests.chaos.links import NetworkLine
from tests.engine.machines import Machine

BETWEEN: Final = (0.1, 1.2)
"""Seconds from one fault to the next."""
LASTS: Final = (0.3, 4.0)
"""Seconds for which a part stands still, or a line is cut or slow."""
SLOW: Final = (0.02, 0.25)
"""Seconds that a slow line takes for each piece."""
JUMPS: Final = (-600.0, 600.0)
"""Seconds by which a clock jumps, and back again."""
TWICE: Final = 0.25
"""How often a second part is hit with the first."""


class Faults:
    """Hits an engine so many times, as a seed says; ``counted`` is how often what was done to which part."""

    def __init__(self, engine: ChaosEngine, number: int, chance: random.Random) -> None:
        self._number = number
        self._chance = chance
        parts = (*engine.machines, *engine.links, *engine.clocks)
        self._free = {each.name: asyncio.Lock() for each in parts}
        self._engine = engine
        self.counted: Counter[str] = Counter()

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

    async def _strike(self, mending: asyncio.TaskGroup) -> None:
        """Hit one part that is well, and leave its mending to others."""
        name, how, strike = self._chance.choice(self._ways())
        lock = self._free[name]
        await lock.acquire()
        self.counted[f"{how} {name}"] += 1
        lasts = self._chance.uniform(*LASTS)

        async def until_well() -> None:
            try:
                await strike(lasts)
            finally:
                lock.release()

        mending.create_task(until_well())

    def _ways(self) -> Sequence[tuple[str, str, Callable[[float], Awaitable[None]]]]:
        return [
            *((each.name, "killed", _Killed(each)) for each in self._engine.machines),
            *((each.name, "stopped", _Stopped(each)) for each in self._engine.machines),
            *((each.name, "cut", _Cut(each)) for each in self._engine.links),
            *((each.name, "slowed", _Slowed(each, self._chance.uniform(*SLOW))) for each in self._engine.links),
            *((whose.name, "without a disk", _Filled(disk, whose)) for disk, whose in self._engine.disks.items()),
            *((each.name, "moved", _Moved(each, self._chance.uniform(*JUMPS))) for each in self._engine.clocks),
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
    """Nothing more can be written for a while; whatever ended over that is started again, as an operator would."""

    def __init__(self, disk: Disk, machine: Machine) -> None:
        self._disk = disk
        self._machine = machine

    async def __call__(self, lasts: float) -> None:
        self._disk.fill()
        await asyncio.sleep(lasts)
        self._disk.mend()
        await asyncio.sleep(1)  # one that is about to end has ended by now
        if not any(process.is_running() for process in self._machine.family()):
            await self._machine.start()


class _Moved:
    """The clock of a process jumps, and after a while back to where it should be."""

    def __init__(self, clock: JumpingClock, by: float) -> None:
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
