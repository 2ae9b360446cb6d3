"""Behind a path prefix: where a proxy puts the API below a path of its own, every link carries that path."""

from contextvars import ContextVar

from starlette.types import ASGIApp, Receive, Scope, Send

_prefix: ContextVar[str] = ContextVar("prefix", default="")


def prefixed(path: str) -> str:
    """A path of the API as its caller must ask for it."""
    return _prefix.get() + path


def own_path(scope: Scope) -> str:
    """The path that is asked for, without the prefix, whether or not the proxy took it away."""
    path, prefix = str(scope["path"]), str(scope.get("root_path", ""))
    return path.removeprefix(prefix) if prefix and path.startswith(f"{prefix}/") else path


class Prefixed:
    """Lets :func:`prefixed` know the prefix of the request that is being answered.

    That is the server's own (``root_path``), where the application is mounted below a path, else the operator's.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if self._prefix and not scope.get("root_path"):
            scope["root_path"] = self._prefix
        token = _prefix.set(str(scope.get("root_path", "")).rstrip("/"))
        try:
            await self._app(scope, receive, send)
        finally:
            _prefix.reset(token)
