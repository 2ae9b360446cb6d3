"""What ``shareflow up`` does: the whole engine here, in the foreground."""

import sys

import typer
from rich.console import Console

from api.settings import api_settings
from cli.duties_work import synced_on_record, told
from cli.errors import UNUSABLE
from cli.up_demonstration import show
from configuration.departments import departments_in_force
from configuration.errors import StartupError
from configuration.policy_file import policy_in_force
from configuration.process import told_to_stop
from configuration.settings import Settings
from domain.departments import Departments
from domain.policy import Policy
from embedded.demo.office_system import office_system
from embedded.demo.state import additions_for, demonstration_in
from embedded.demo.stories import departments as demonstration_departments
from embedded.processes import EndedAtStart
from embedded.running import CommandLines, Stack, embedded_stack
from embedded.stack.folder import StateFolder
from ledger.engine import connect
from ledger.writer import Writer
from starter.duty_schedules import Synced

COMMAND = (sys.executable, "-P", "-m", "cli")
"""This very program, whatever lies in the folder in which it was called."""
COMMANDS = CommandLines(worker=(*COMMAND, "worker", "--held"), api=(*COMMAND, "api", "--held"))


async def stay_up(demonstration: bool = False) -> None:
    """Run the embedded stack until Ctrl-C or SIGTERM; a new one with a ``demonstration`` in it, if that is wanted."""
    out = Console()
    stop = told_to_stop()
    settings = Settings()
    settings.refuse_wrong_ones()
    api = api_settings(settings)
    folder = StateFolder(settings.state)
    shown = demonstration_in(folder, settings, begin=demonstration)
    out.print("starting …")
    departments, policy = departments_in_force(settings), policy_in_force(settings)
    if shown is not None and not settings.departments:
        departments = demonstration_departments()
    try:
        additions = additions_for(shown, settings)
        async with (
            office_system(shown) as office,
            embedded_stack(folder, settings, api, COMMANDS, stop, additions) as stack,
        ):
            if not stop.is_set():
                _say(out, stack, folder)
                if departments:
                    synced = await _synced(stack, departments, policy)
                    out.print(f"  {told(synced)}", highlight=False)
                if demonstration:
                    await show(out, stack, shown, office, stop)
            await stop.wait()
            out.print("stopping …")
    except EndedAtStart as ended:
        if ended.code == UNUSABLE:  # it has said why
            raise typer.Exit(UNUSABLE) from None
        raise StartupError(str(ended)) from ended
    out.print("stopped; everything is kept for the next time.")


async def _synced(stack: Stack, departments: Departments, policy: Policy) -> Synced:
    engine = connect(stack.addresses.ledger)
    try:
        return await synced_on_record(stack.temporal, Writer(engine), departments, policy)
    finally:
        engine.dispose()


def _say(out: Console, stack: Stack, folder: StateFolder) -> None:
    addresses = stack.addresses
    out.print("[bold]Shareflow is up.[/bold] Ctrl-C stops it.")
    for what, where in (
        ("console, in a browser", f"{addresses.api}/"),
        ("HTTP API", addresses.api),
        ("Temporal", f"{addresses.temporal} (namespace {addresses.namespace})"),
        ("Temporal's pages", addresses.ui),
        ("PostgreSQL", addresses.ledger),
        ("health and metrics", " ".join(stack.health)),
        ("state folder", str(folder.path)),
    ):
        if where:
            out.print(f"  {what:<22} {where}", highlight=False, soft_wrap=True)
    out.print("Try: shareflow request file FILE, shareflow request list, shareflow stuck; docs/api.md for the API")
