"""What ``shareflow up`` does: the whole engine here, in the foreground."""

import asyncio
import signal

from rich.console import Console

from api.settings import api_settings
from cli.duties_work import told
from configuration.departments import departments_in_force
from configuration.settings import Settings
from embedded.running import Stack, embedded_stack
from embedded.stack.folder import StateFolder
from starter.duty_schedules import sync_schedules


async def stay_up() -> None:
    """Run the embedded stack until Ctrl-C or SIGTERM."""
    out = Console()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    settings = Settings()
    settings.refuse_wrong_ones()
    api = api_settings(settings)
    folder = StateFolder(settings.state)
    out.print("starting …")
    departments = departments_in_force(settings)
    async with embedded_stack(folder, settings, api) as stack:
        _say(out, stack, folder)
        if departments:
            synced = await sync_schedules(stack.client.temporal, departments, stack.client.policy)
            out.print(f"  {told(synced)}", highlight=False)
        await stop.wait()
        out.print("stopping …")
    out.print("stopped; everything is kept for the next time.")


def _say(out: Console, stack: Stack, folder: StateFolder) -> None:
    addresses = stack.addresses
    out.print("[bold]Shareflow is up.[/bold] Ctrl-C stops it.")
    for what, where in (
        ("HTTP API", addresses.api),
        ("Temporal", f"{addresses.temporal} (namespace {addresses.namespace})"),
        ("Temporal's pages", addresses.ui),
        ("PostgreSQL", addresses.ledger),
        ("health and metrics", stack.health),
        ("state folder", str(folder.path)),
    ):
        if where:
            out.print(f"  {what:<20} {where}", highlight=False, soft_wrap=True)
    out.print("Try: shareflow request file FILE, shareflow request list, shareflow stuck; docs/api.md for the API")
