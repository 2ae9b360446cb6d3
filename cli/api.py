"""``shareflow api``."""

import typer

from cli.running import Held, run


def register(app: typer.Typer) -> None:
    """Add ``api`` to the command line."""
    app.command()(api)


def api(held: Held = False) -> None:
    """Serve the HTTP API alone, on the engine that the environment names or `shareflow up` runs here."""
    from configuration.memory import load_undisturbed

    load_undisturbed()
    from cli.api_work import serve
    from configuration.event_loop import fast_loop

    run(serve(held), "info", fast_loop())
