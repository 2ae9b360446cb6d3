"""``shareflow worker``."""

import typer

from cli.running import Held


def register(app: typer.Typer) -> None:
    """Add ``worker`` to the command line."""
    app.command()(worker)


def worker(held: Held = False) -> None:
    """Carry cases forward, on the engine that the environment names; run as many as you like."""
    from configuration.memory import load_undisturbed

    load_undisturbed()
    from worker.running import main

    raise typer.Exit(main(held))
