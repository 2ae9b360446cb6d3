"""How many calls one process takes in at once: the others are told to come again, unread; who has gone is noticed."""

from urllib.parse import parse_qs

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.language import language_of
from api.http.prefix import own_path
from api.http.problems import AGAIN_SECONDS, Problem, response
from starter.engine_turns import caller_leaves

MOST_INSIDE = 300
"""Somewhat more than may wait for the engine: reading and refusing a call costs, and under a flood that is all there
would be time for."""


class Crowd:
    """Refuses calls while so many wait for their answer. Who asks to be kept waiting, or whether we live, is let in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, if there is room. What is being answered, such as a stream, takes no room any more."""
        if scope["type"] != "http" or not own_path(scope).startswith("/v1/") or _waits(scope):
            await self._app(scope, receive, send)
            return
        if self._inside >= MOST_INSIDE:
            accept = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
            problem = Problem(503, "unavailable", headers={"Retry-After": AGAIN_SECONDS})
            await response(problem, language_of(accept))(scope, receive, send)
            return
        inside = True
        self._inside += 1

        def leave() -> None:
            nonlocal inside
            self._inside -= inside
            inside = False

        async def answered(message: Message) -> None:
            leave()
            await send(message)

        async def caller_gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        token = caller_leaves.set(caller_gone)
        try:
            await self._app(scope, receive, answered)
        finally:
            caller_leaves.reset(token)
            leave()


def _waits(scope: Scope) -> bool:
    return bool(scope["query_string"]) and "wait" in parse_qs(scope["query_string"].decode("latin-1"))
