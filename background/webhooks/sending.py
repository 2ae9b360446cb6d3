"""Sending a signed event to one receiver."""

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from background.webhooks.guard import AddressGuard, GuardedNetwork, Unfit, place_in
from background.webhooks.payloads import signed
from background.webhooks.queries.queues import Attempt
from background.webhooks.schedule import asked_for

PATIENCE = timedelta(seconds=15)
"""Timeout until a receiver answers with a status."""
CONNECT_SECONDS = 5.0
"""Timeout of connecting to one address; then the next one is tried."""
EXCERPT_BYTES = 1024
EXCERPT_SECONDS = 1.0
CONNECTIONS = 100
IDLE_SECONDS = 5.0
GONE = 410


@dataclass(frozen=True)
class Result:
    """The attempt to be logged, and the delay that the receiver asked for."""

    attempt: Attempt
    asked: timedelta | None = None

    @property
    def gone(self) -> bool:
        """Whether the receiver wants no more messages, ever (410)."""
        return self.attempt.status == GONE


@dataclass(frozen=True)
class HttpAnswer:
    """The result of a call: a status, or an error word; and the beginning of the body.

    ``unsent``: nobody was reached, so nothing can have arrived.
    """

    status: int | None = None
    error: str | None = None
    response: bytes = b""
    retry_after: str | None = None
    unsent: bool = False

    @property
    def text(self) -> str:
        """The beginning of the body, as text that a database accepts."""
        return self.response.decode("utf-8", "replace").replace("\x00", "\ufffd")


class Sender:
    """Sends events. Every connection goes through the guard: no proxies, no redirects."""

    def __init__(self, guard: AddressGuard, tls: ssl.SSLContext | None = None, patience: timedelta = PATIENCE) -> None:
        self._patience = patience.total_seconds()
        context = tls or _authorities()
        self._pools = {
            scheme: httpcore.AsyncConnectionPool(
                ssl_context=context,
                max_connections=CONNECTIONS,
                keepalive_expiry=IDLE_SECONDS,
                network_backend=GuardedNetwork(guard, plain=scheme == "http"),
            )
            for scheme in ("http", "https")
        }

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            await pool.aclose()

    async def send(self, url: str, event: Mapping[str, Any], keys: Sequence[str], at: datetime) -> Result:
        """Send an event once, signed with ``keys`` at an instant. Failures are in the result."""
        headers, body = signed(event, keys, at)
        begun = time.perf_counter()
        answer = await self.post(url, headers, body)
        took = round((time.perf_counter() - begun) * 1000)
        attempt = Attempt(at, answer.status, answer.error, took, answer.text)
        return Result(attempt, asked_for(answer.retry_after, at))

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        """Send a body once. Failures are in the answer."""
        try:
            async with asyncio.timeout(self._patience) as limit:
                return await self._post(url, headers, body, limit)
        except Unfit as unfit:
            return HttpAnswer(error=unfit.word, unsent=True)
        except (TimeoutError, httpcore.TimeoutException) as error:
            return HttpAnswer(error="timed_out", unsent=isinstance(error, httpcore.ConnectTimeout))
        except httpcore.ProtocolError:
            return HttpAnswer(error="broken_answer")
        except (httpcore.NetworkError, OSError) as error:
            word = "tls_failed" if _of_tls(error) else "connection_failed"
            return HttpAnswer(error=word, unsent=isinstance(error, httpcore.ConnectError))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes, limit: asyncio.Timeout) -> HttpAnswer:
        place = place_in(url)
        sent = {
            "host": place.netloc,
            "user-agent": b"Shareflow-Webhooks",
            "accept-encoding": b"identity",
            "content-length": str(len(body)).encode(),
            **{name: value.encode() for name, value in headers.items()},
        }
        where = httpcore.URL(scheme=place.scheme, host=place.host, port=place.port, target=place.target)
        fields = [(name.encode(), value) for name, value in sent.items()]
        pool, limits = self._pools[place.scheme], {"timeout": {"connect": CONNECT_SECONDS}}
        async with pool.stream("POST", where, headers=fields, content=body, extensions=limits) as answer:
            # The status decides; a body that is missing or broken does not make it a failure.
            limit.reschedule(None)
            return HttpAnswer(
                status=answer.status,
                error=_error_of(answer.status),
                response=await _excerpt(answer),
                retry_after=_header(answer, b"retry-after"),
            )


async def _excerpt(answer: httpcore.Response) -> bytes:
    """The beginning of the body, as far as it arrives at once."""
    found = b""
    with suppress(httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, TimeoutError):
        async with asyncio.timeout(EXCERPT_SECONDS):
            async for piece in answer.aiter_stream():
                found += piece
                if len(found) >= EXCERPT_BYTES:
                    break
    return found[:EXCERPT_BYTES]


def _header(answer: httpcore.Response, name: bytes) -> str | None:
    for key, value in answer.headers:
        if key.lower() == name:
            return value.decode("latin-1")
    return None


def _error_of(status: int) -> str | None:
    """The error word of a status; None if the event was accepted."""
    if 200 <= status < 300:
        return None
    if status == GONE:
        return "gone"
    return "redirected" if 300 <= status < 400 else "not_accepted"


def _of_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


@cache
def _authorities() -> ssl.SSLContext:
    """The trusted certificate authorities, loaded once in a process: loading takes longer than a sending."""
    return httpx.create_ssl_context()
