"""What both clients share: how an HTTP client is set up, and how a call becomes an HTTP request."""

import ssl
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import httpx

from shareflow._call import Call
from shareflow._stream import SILENCE
from shareflow._talk import Patience

Language = Literal["zh", "en"]

TIMEOUT = 30.0
"""Seconds for one attempt: the engine itself is patient for 20 before it says that it cannot answer."""
PATIENCE = 60.0
"""Seconds for one call with all its attempts."""

IDLE = 4.0
"""Seconds after which an idle connection is not used again: servers close theirs after five."""


def http_options(base_url: str, language: Language | None) -> dict[str, Any]:
    """How the HTTP client is made. Raises ValueError for an address that is none."""
    url = httpx.URL(base_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(f"base_url must be an address such as https://shareflow.example, not {base_url!r}.")
    headers = {"User-Agent": f"shareflow-client/{_version()}", "Accept": "application/json"}
    if language is not None:
        headers["Accept-Language"] = language
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=20, keepalive_expiry=IDLE)
    options = {"base_url": url, "headers": headers, "follow_redirects": False, "limits": limits}
    return options if url.scheme == "https" else {**options, "verify": no_authorities()}


def no_authorities() -> ssl.SSLContext:
    """For what talks plain HTTP alone: the list of authorities takes longer to read than many a call, and no name is
    believed without it.
    """
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def patience_of(timeout: float, patience: float) -> Patience:
    """Both in seconds. Raises ValueError for what is no time."""
    if not (timeout > 0 and patience > 0):
        raise ValueError("timeout and patience are seconds above 0.")
    return Patience(total=patience, attempt=timeout)


def request_options(call: Call[Any], token: str, timeout: float, open_ended: bool = False) -> dict[str, Any]:
    """The HTTP request of a call, for ``build_request``."""
    return {
        "method": call.method,
        "url": call.path,
        "params": dict(call.params),
        "headers": {**call.headers, "Authorization": f"Bearer {_fit(token)}"},
        "content": call.body,
        "timeout": httpx.Timeout(timeout, read=SILENCE) if open_ended else timeout,
    }


def _fit(token: str) -> str:
    """A token as a header can carry it, without the line end that a file has. Raises ValueError, and never shows it."""
    fit = token.strip()
    if not (fit.isascii() and fit.isprintable()):
        raise ValueError("The token cannot be sent: it holds characters that no token has.")
    return fit


@cache
def _version() -> str:
    try:
        return version("shareflow")
    except PackageNotFoundError:
        return "unknown"
