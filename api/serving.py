"""Serving the application inside this process's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from api.context import AppContext
from api.http.wire import Protocol
from api.settings import ApiSettings, address_of
from background.health import Health, serve_health
from configuration.errors import StartupError, port_named
from configuration.settings import Settings

DRAIN_SECONDS = 5
KEEP_SECONDS = 65
"""Longer than the proxies and clients in front keep a connection, so that they close first and none is reset."""
BACKLOG = 2048


class _SignallessServer(uvicorn.Server):
    """A server that leaves the process's signals to the program around it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def serving(app: FastAPI, host: str, port: int) -> AsyncIterator[str]:
    """Serve while inside; gives the address. Port 0 takes a free one. Raises StartupError for a port that is taken.

    Where the settings name a socket that somebody holds, that is listened at: what calls there while nobody serves
    waits, and is not refused.

    Told to end, it first says for as long as is set that it is not ready, and answers all the same: whoever shares
    calls out among several turns to the others meanwhile.
    """
    context: AppContext | None = app.state.context
    settings = context.settings if context else ApiSettings()
    listening = _listen(host, port) if settings.socket is None else _held(settings.socket)
    config = uvicorn.Config(
        app,
        http=Protocol,
        ws="none",
        loop="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=DRAIN_SECONDS,
        timeout_keep_alive=KEEP_SECONDS,
        forwarded_allow_ips=[*settings.proxies],
    )
    server = _SignallessServer(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        where = listening.getsockname()
        yield address_of(host if settings.socket is None else where[0], where[1])
    finally:
        with context.ending() if context else contextlib.nullcontext():
            await asyncio.sleep(settings.unready.total_seconds())
            # A stream or a long wait would otherwise hold up the end until its connection is cut.
            with context.news.closing() if context else contextlib.nullcontext():
                server.should_exit = True
                with contextlib.suppress(asyncio.CancelledError):
                    await running
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with port_named("the HTTP API", port, Settings.api_port.variable):
        return _prompt(socket.create_server((host, port), family=family, backlog=BACKLOG))


def _held(number: int) -> socket.socket:
    """The socket that whoever started this process holds. Raises StartupError where none listens by that number."""
    variable = Settings.api_socket.variable
    try:
        listening = socket.socket(fileno=number)
    except OSError as error:
        raise StartupError(f"{variable}: nothing is open as {number}, or no socket ({error.strerror}).") from error
    listens = listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    if listening.family not in (socket.AF_INET, socket.AF_INET6) or not listens:
        raise StartupError(f"{variable}: {number} is no socket of TCP that listens.")
    return _prompt(listening)


def _prompt(listening: socket.socket) -> socket.socket:
    # Connections inherit it. The event loop sets it on sockets that it makes itself, and not on these: without it
    # the second packet of an answer waits 40 ms for the first to be acknowledged.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


@contextlib.contextmanager
def serving_health(app: FastAPI, context: AppContext) -> Iterator[None]:
    """Serve health and figures on the port that the settings give them, if any. Raises StartupError for one taken."""
    settings = context.settings
    health = Health(context.client.temporal, context.reader, context.own_problems)
    with contextlib.ExitStack() as stack:
        with port_named("health and metrics", settings.health_port, Settings.api_health_port.variable):
            stack.enter_context(serve_health(health, settings.health_port, settings.health_host, app.state.registry))
        yield
