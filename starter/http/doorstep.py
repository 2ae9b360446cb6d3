"""From a client to a served API: the door, its issuer, the application, the port."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starter.client import ShareflowClient
from starter.http.app import create_app
from starter.http.door import open_door
from starter.http.serving import serving
from starter.http.settings import Settings
from starter.tokens import embedded_issuer


@asynccontextmanager
async def serving_door(client: ShareflowClient, settings: Settings, folder: Path) -> AsyncIterator[str]:
    """Serve the API while inside; gives its address.

    Tokens are those of the issuer that the settings name, else of the embedded one, whose key is in ``folder``.
    Raises StackError.
    """
    issuer = None if settings.issuer else embedded_issuer(folder)
    async with (
        open_door(client, settings, issuer, folder) as door,
        serving(create_app(door), settings.host, settings.port) as address,
    ):
        yield address
