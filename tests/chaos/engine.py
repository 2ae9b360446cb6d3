"""An engine as production runs it, every part of which can be hit: two workers, two APIs, lines, disks and clocks."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

from starter.tokens import embedded_issuer
from tests.chaos.clocks import COMPILER, JumpingClock
from tests.chaos.disks import Disk, may_mount
from tests.chaos.kernel_clocks import KernelClock, may_set
from tests.chaos.links import Dial, NetworkLine
from tests.engine.machines import Database, EngineProcess, Machine, TemporalServer

EACH: Final = 2
"""So many workers, and so many APIs."""
WITHOUT_LIMIT: Final = {"SHAREFLOW_RATE_LIMIT": "100000/second"}


@dataclass(frozen=True)
class ChaosEngine:
    """Its parts; ``apis`` are the addresses at which it is called, ``folder`` has its keys."""

    folder: Path
    database: Database
    temporal: TemporalServer
    workers: Sequence[EngineProcess]
    doors: Sequence[EngineProcess]
    apis: Sequence[str]
    links: Sequence[NetworkLine]
    disks: Mapping[Disk, Database | TemporalServer]
    clocks: Sequence[JumpingClock | KernelClock]

    @property
    def machines(self) -> Sequence[Machine]:
        """What runs, and can be killed or stopped."""
        return (self.database, self.temporal, *self.workers, *self.doors)


@asynccontextmanager
async def chaos_engine(folder: Path) -> AsyncIterator[ChaosEngine]:
    """A whole engine while inside, with its data in a folder.

    It has disks of its own where this process may have them, and clocks of its own where a compiler of C is, or, for
    Temporal, where it may write into the memory of another.
    """
    async with AsyncExitStack() as ending:
        disks = [Disk(f"{name}-disk", folder / name) for name in ("pg-on", "temporal-on") if may_mount()]
        for disk in disks:
            disk.mount()
            ending.callback(disk.unmount)
        clocks: list[JumpingClock | KernelClock] = []

        def clock_of(name: str) -> Mapping[str, str]:
            """What gives a process a clock that can jump, if one can be had."""
            if not COMPILER:
                return {}
            clock = JumpingClock(f"{name}-clock", folder)
            clocks.append(clock)
            return clock.environment()

        database = Database(folder / "pg-on" / "pg", clock_of("postgres"))
        temporal = TemporalServer(disks[1].folder if disks else folder)
        if may_set():
            clocks.append(KernelClock(temporal.name, temporal.family))
        await database.start()
        ending.push_async_callback(database.stop)
        await temporal.start()
        ending.push_async_callback(temporal.stop)
        await asyncio.to_thread(database.migrate)
        embedded_issuer(folder)
        host, port = temporal.address.split(":")
        links: list[NetworkLine] = []

        async def linked(name: str) -> dict[str, str]:
            """The addresses of database and Temporal as one process sees them, each over a line of its own."""
            to_database = NetworkLine(f"{name}-database", _postgres(database.url))
            to_temporal = NetworkLine(f"{name}-temporal", lambda: asyncio.open_connection(host, int(port)))
            for link in (to_database, to_temporal):
                await link.open()
                ending.push_async_callback(link.close)
                links.append(link)
            return {
                **clock_of(name),
                "TEMPORAL_ADDRESS": f"127.0.0.1:{to_temporal.port}",
                "SHAREFLOW_DATABASE_URL": f"postgresql://postgres@127.0.0.1:{to_database.port}/postgres",
            }

        workers, doors, ports = [], [], _free_ports(EACH)
        for number in range(EACH):
            there = await linked(f"worker-{number}")
            name = f"worker-{number}"
            workers.append(EngineProcess(name, folder, ["worker"], b"working", there))
            settings = {
                **await linked(f"api-{number}"),
                **WITHOUT_LIMIT,
                "SHAREFLOW_STATE": str(folder),
                "SHAREFLOW_API_PORT": str(ports[number]),
            }
            doors.append(EngineProcess(f"api-{number}", folder, ["cli", "api", "--held"], b"answers at", settings))
        for process in (*workers, *doors):
            await process.start()
            ending.push_async_callback(process.stop)
        apis = [f"http://127.0.0.1:{port}" for port in ports]
        whose: dict[Disk, Database | TemporalServer] = dict(zip(disks, (database, temporal), strict=False))
        yield ChaosEngine(folder, database, temporal, workers, doors, apis, links, whose, clocks)


def _postgres(url: str) -> Dial:
    """What dials a database that answers at a socket in a folder."""
    [where] = parse_qs(urlsplit(url).query)["host"]
    return lambda: asyncio.open_unix_connection(f"{where}/.s.PGSQL.5432")


def _free_ports(number: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [int(each.getsockname()[1]) for each in held]
    finally:
        for each in held:
            each.close()
