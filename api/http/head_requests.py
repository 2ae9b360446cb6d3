"""HEAD wherever GET is (RFC 9110, 9.3.2): the same headers, and no content."""

import asyncio
from collections.abc import Sequence

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Heads:
    """Answers a HEAD as the GET at the same address, unless an endpoint there takes HEAD itself.

    What would go on and on, such as a stream, is left when its headers are told.
    """

    def __init__(self, app: ASGIApp, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or self._takes_it(scope):
            await self._app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        try:
            await self._headers_alone(asked, receive, send)
        finally:
            if "route" in asked:
                scope["route"] = asked["route"]

    def _takes_it(self, scope: Scope) -> bool:
        return any(route.matches(dict(scope))[0] is Match.FULL for route in self._routes)

    async def _headers_alone(self, scope: Scope, receive: Receive, send: Send) -> None:
        told, goes_on = False, asyncio.Event()

        async def without_content(message: Message) -> None:
            nonlocal told
            if message["type"] != "http.response.body":
                await send(message)
                return
            if not told:
                told = True
                await send({"type": "http.response.body", "body": b""})
            if message.get("more_body"):
                goes_on.set()

        answering = asyncio.ensure_future(self._app(scope, receive, without_content))
        going_on = asyncio.ensure_future(goes_on.wait())
        try:
            await asyncio.wait({answering, going_on}, return_when=asyncio.FIRST_COMPLETED)
            if answering.done():
                await answering
        finally:
            for task in (answering, going_on):
                task.cancel()
            await asyncio.gather(answering, going_on, return_exceptions=True)
