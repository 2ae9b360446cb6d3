"""``shareflow up``."""

import typer

from cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``up`` to the command line."""
    app.command()(up)


def up() -> None:
    """Run Temporal, PostgreSQL, a worker and the HTTP API here until Ctrl-C; say what listens where."""
    from cli.up_work import stay_up

    run(stay_up(), "info")
