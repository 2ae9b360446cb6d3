"""The command ``shareflow``. This file only assembles it; each group of commands has a file of its own.

To add commands: write ``cli/NAME.py`` with ``register(app)`` and name it in ``GROUPS``. Whatever takes long to
import belongs inside the commands that need it, so that all others start at once.
"""

import atexit
import os
import sys
from contextlib import suppress
from typing import Annotated, Final

import typer

from cli import (
    admin,
    api,
    audit,
    calendar,
    case,
    demo,
    doctor,
    duties,
    request,
    simulate,
    statute,
    stuck,
    token,
    up,
    worker,
)
from cli.errors import PlainGroup
from cli.output import help_when_alone

GROUPS = (up, api, worker, token, demo, doctor, simulate, calendar, statute, request, case, duties, stuck, audit, admin)

TEMPORAL: Final = "temporalio.bridge.temporal_sdk_bridge"
"""The module with which the SDK's threads come."""

app = typer.Typer(
    name="shareflow",
    cls=PlainGroup,
    add_completion=False,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"shareflow {version('shareflow')}")
        raise typer.Exit


@app.callback()
def _shareflow(
    ctx: typer.Context,
    _asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Data-share requests between departments, with their limits and disputes (政务数据共享流程引擎)."""
    help_when_alone(ctx)


for group in GROUPS:
    group.register(app)


def run_command() -> None:
    """Carry out what the command line asks: exits 0 done, 1 refused or not found, 2 unusable input."""
    for stream in (sys.stdout, sys.stderr):
        # A terminal that cannot show Chinese gets question marks, not a traceback.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    try:
        app(prog_name="shareflow")
    except SystemExit as ended:
        if TEMPORAL in sys.modules and isinstance(ended.code, int):
            _end_at_once(ended.code)
        raise


def _end_at_once(code: int) -> None:
    """End with this code, after all that was registered for the end.

    The threads of Temporal's SDK do not stop for an interpreter that is taken down: one in fifteen commands that had
    done their work ended with a segmentation fault.
    """
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # a reader who has gone away
            stream.flush()
    os._exit(code)
