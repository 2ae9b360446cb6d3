"""Who asks in order to look: a browser, outside of the addresses that programs use."""

from starlette.types import Scope

from api.http.prefix import own_path


def asks_for_page(scope: Scope) -> bool:
    """Whether a request would be answered with a page, were there one."""
    if scope["type"] != "http" or own_path(scope).startswith("/v1/"):
        return False
    return b"text/html" in dict(scope["headers"]).get(b"accept", b"").lower()
