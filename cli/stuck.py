"""``shareflow stuck``: what does not move, and why: for the people who free it."""

from typing import Annotated

import typer

from cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``stuck`` to the command line."""
    app.command()(stuck)


def stuck(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List overdue cases, cases parked by the engine, and workflows whose code fails."""
    from cli.stuck_work import tell_stuck

    run(tell_stuck(as_json))
