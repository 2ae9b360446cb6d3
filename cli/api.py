"""``shareflow api``."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from cli.running import Held, run

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop


def register(app: typer.Typer) -> None:
    """Add ``api`` to the command line."""
    app.command()(api)


def api(held: Held = False) -> None:
    """Serve the HTTP API alone, on the engine that the environment names or `shareflow up` runs here."""
    from configuration.memory import load_undisturbed

    load_undisturbed()
    from cli.api_work import serve

    run(serve(held), "info", _fast_loop())


def _fast_loop() -> "Callable[[], AbstractEventLoop] | None":
    """What makes the event loop of uvloop, which spares a tenth of a call's time; None where it is not installed."""
    try:
        import uvloop
    except ImportError:
        return None
    made: Callable[[], AbstractEventLoop] = uvloop.new_event_loop
    return made
