"""What ``shareflow api`` does: the HTTP API in the foreground, on an engine that runs elsewhere."""

import asyncio
import os
import signal

from rich.console import Console

from starter.api.assembly import serving_door
from starter.api.settings import settings_from
from starter.connection import connected
from starter.stack.errors import StackError
from starter.stack.folder import running_stack, state_path


async def serve() -> None:
    """Serve until Ctrl-C or SIGTERM."""
    settings = settings_from()
    if not settings.issuer and (os.environ.get("SHAREFLOW_DATABASE_URL") or running_stack(state_path()) is None):
        raise StackError(
            "The API needs to know whose tokens to believe: set SHAREFLOW_OIDC_ISSUER and SHAREFLOW_OIDC_AUDIENCE "
            "(only beside `shareflow up` does its own issuer count)."
        )
    out = Console()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with connected() as client, serving_door(client, settings, state_path()) as address:
        out.print(f"The HTTP API answers at {address}. Ctrl-C stops it.", highlight=False, soft_wrap=True)
        await stop.wait()
    out.print("stopped.")
