"""What ``shareflow up`` does: the whole engine here, in the foreground."""

import asyncio
import os
import signal

from rich.console import Console

from starter.api.settings import settings_from
from starter.cli.duties_work import told
from starter.departments import departments_in_force
from starter.duty_schedules import sync_schedules
from starter.embedded import HEALTH_PORT, Stack, embedded_stack
from starter.stack.errors import StackError
from starter.stack.folder import StateFolder, state_path

HEALTH_VARIABLE = "SHAREFLOW_HEALTH_PORT"


async def stay_up() -> None:
    """Run the embedded stack until Ctrl-C or SIGTERM."""
    out = Console()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    api, port = settings_from(), _health_port()
    folder = StateFolder(state_path())
    out.print("starting …")
    departments = departments_in_force()
    async with embedded_stack(folder, port, api) as stack:
        _say(out, stack)
        if departments:
            synced = await sync_schedules(stack.client.temporal, departments, stack.client.policy)
            out.print(f"  {told(synced)}", highlight=False)
        await stop.wait()
        out.print("stopping …")
    out.print("stopped; everything is kept for the next time.")


def _health_port() -> int:
    text = os.environ.get(HEALTH_VARIABLE) or str(HEALTH_PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise StackError(f"{HEALTH_VARIABLE} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def _say(out: Console, stack: Stack) -> None:
    addresses = stack.addresses
    out.print("[bold]Shareflow is up.[/bold] Ctrl-C stops it.")
    for what, where in (
        ("HTTP API", addresses.api),
        ("Temporal", f"{addresses.temporal} (namespace {addresses.namespace})"),
        ("Temporal's pages", addresses.ui),
        ("PostgreSQL", addresses.ledger),
        ("health and metrics", stack.health),
        ("state folder", str(state_path())),
    ):
        if where:
            out.print(f"  {what:<20} {where}", highlight=False, soft_wrap=True)
    out.print("Try: shareflow request file FILE, shareflow request list, shareflow stuck; docs/api.md for the API")
