"""``shareflow demo``."""

from importlib.resources import files

import typer

from cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``demo`` to the command line."""
    app.command(help=f"Play {_how_many()} real cases of all the regulations through the real engine, in skipped time.")(
        demo
    )


def demo() -> None:
    """Play the packaged cases on a real Temporal server with skipped time."""
    from cli.demo_work import play_and_tell

    raise typer.Exit(run(play_and_tell()))


def _how_many() -> int:
    """How many cases are packaged; they themselves are read when they are played."""
    return sum(entry.name.endswith(".yaml") for entry in files("embedded").joinpath("demo", "cases").iterdir())
