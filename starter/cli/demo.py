"""``shareflow demo``."""

import typer

from starter.cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``demo`` to the command line."""
    app.command()(demo)


def demo() -> None:
    """Play fourteen real cases of all the regulations on a real Temporal server with skipped time."""
    from starter.cli.demo_work import play_and_tell

    raise typer.Exit(run(play_and_tell()))
