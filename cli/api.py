"""``shareflow api``."""

import typer

from cli.running import run


def register(app: typer.Typer) -> None:
    """Add ``api`` to the command line."""
    app.command()(api)


def api() -> None:
    """Serve the HTTP API alone, on the engine that the environment names or `shareflow up` runs here."""
    from cli.api_work import serve

    run(serve(), "info")
