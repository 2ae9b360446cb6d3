"""The API of an installation, whose processes are replaced one after another while it is called."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from api.app import create_app
from api.context import open_context
from api.settings import ApiSettings
from embedded.stack.ports import free_port
from shareflow._wire import no_authorities
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer, embedded_issuer
from tests.cli.steady_caller import ApiDoor, WatchedDoors
from tests.engine.machines import EngineProcess

PROCESSES: Final = 2


@dataclass(frozen=True)
class RollingApi:
    """Where it is called, whose tokens it believes, and the processes of it, if it has any."""

    doors: WatchedDoors
    issuer: Issuer
    processes: Sequence[EngineProcess] = ()

    async def replace(self) -> None:
        """End each process as an operator does and start it again, the next when this one answers."""
        for process in self.processes:
            await process.stop()
            await process.start()


@asynccontextmanager
async def api_here(client: ShareflowClient, folder: Path) -> AsyncIterator[RollingApi]:
    """The API within this process, which nobody replaces."""
    issuer = embedded_issuer(folder)
    async with open_context(client, ApiSettings(), issuer, folder) as context:
        door = ApiDoor("http://127.0.0.1", httpx.ASGITransport(create_app(context)))
        yield RollingApi(WatchedDoors([door]), issuer)


@asynccontextmanager
async def api_processes(installation: Mapping[str, str], folder: Path) -> AsyncIterator[RollingApi]:
    """Processes of ``shareflow api`` on the installation that these settings name."""
    issuer = embedded_issuer(folder)
    ports = [free_port() for _ in range(PROCESSES)]
    processes = [
        EngineProcess(
            f"api-{port}",
            folder,
            ["cli", "api", "--held"],
            b"answers at",
            {**installation, "SHAREFLOW_STATE": str(folder), "SHAREFLOW_API_PORT": str(port)},
        )
        for port in ports
    ]
    async with AsyncExitStack() as stack:
        for process in processes:
            stack.push_async_callback(process.stop)
        await asyncio.gather(*(process.start() for process in processes))
        doors = [
            ApiDoor(f"http://127.0.0.1:{port}", httpx.AsyncHTTPTransport(verify=no_authorities())) for port in ports
        ]
        yield RollingApi(WatchedDoors(doors), issuer, processes)
