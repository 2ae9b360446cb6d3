"""``shareflow up``."""

from typing import Annotated

import typer

from cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``up`` to the command line."""
    app.command()(up)


def up(
    demonstration: Annotated[
        bool, typer.Option("--demonstration", help="Fill a new state folder with months of invented cases.")
    ] = False,
) -> None:
    """Run Temporal, PostgreSQL, a worker and the HTTP API here until Ctrl-C; say what listens where."""
    from cli.up_work import stay_up

    run(stay_up(demonstration), "info")
