"""From a client to a served address: its context, its issuer, the API with the console beside it, the port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from api.app import create_app
from api.context import open_context
from api.serving import serving, serving_health
from api.settings import ApiSettings
from console.app import add_console
from console.oidc import issuer_sign_in
from domain.model import complete
from starter.engine_client import ShareflowClient
from starter.simulations import Simulator
from starter.tokens import embedded_issuer

LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


@asynccontextmanager
async def serving_api(
    client: ShareflowClient, settings: ApiSettings, folder: Path, simulator: Simulator | None = None
) -> AsyncIterator[str]:
    """Serve the API and the console while inside; gives the address. ``simulator`` plays scenarios, if any does.

    Tokens are those of the issuer that the settings name, else of the embedded one, whose key is in ``folder``. Only
    with that one, and where nobody but this machine can reach it, does the console let people choose who they are.
    Raises StartupError.
    """
    complete()
    issuer = None if settings.issuer else embedded_issuer(folder)
    try:
        async with (
            open_context(client, settings, issuer, folder, simulator) as context,
            issuer_sign_in(settings) as way_in,
        ):
            app = create_app(context)
            add_console(app, context, issuer is not None and settings.host in LOOPBACK, way_in)
            with serving_health(app, context):
                async with serving(app, settings.host, settings.port) as address:
                    yield address
    finally:
        await client.close()
