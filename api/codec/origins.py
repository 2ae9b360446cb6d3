"""Temporal's pages ask from an address of their own: browsers let them where the API says so (CORS)."""

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.prefix import own_path

PATHS: Final = "/v1/codec/"


class CodecOrigin:
    """Lets the pages of one address use the codec server with their reader's token, and nothing else of the API."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        asked_with = ["authorization", "content-type", "x-namespace"]
        self._open = CORSMiddleware(app, allow_origins=[origin], allow_methods=["POST"], allow_headers=asked_with)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        asked = scope["type"] == "http" and own_path(scope).startswith(PATHS)
        await (self._open if asked else self._app)(scope, receive, send)
