"""From a client to a served API: its context, its issuer, the application, the port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from api.app import create_app
from api.context import open_context
from api.serving import serving
from api.settings import ApiSettings
from domain.model import complete
from starter.engine_client import ShareflowClient
from starter.tokens import embedded_issuer


@asynccontextmanager
async def serving_api(client: ShareflowClient, settings: ApiSettings, folder: Path) -> AsyncIterator[str]:
    """Serve the API while inside; gives its address.

    Tokens are those of the issuer that the settings name, else of the embedded one, whose key is in ``folder``.
    Raises StartupError.
    """
    complete()
    issuer = None if settings.issuer else embedded_issuer(folder)
    try:
        async with (
            open_context(client, settings, issuer, folder) as context,
            serving(create_app(context), settings.host, settings.port) as address,
        ):
            yield address
    finally:
        await client.close()
