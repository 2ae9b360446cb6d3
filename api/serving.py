"""Serving the application inside this process's event loop."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from api.http.wire import Protocol
from api.settings import address_of
from configuration.errors import StartupError
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
    """Serve while inside; gives the address. Port 0 takes a free one. Raises StartupError for a port that is taken."""
    listening = _listen(host, port)
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
    )
    server = _SignallessServer(config)
    running = asyncio.create_task(server.serve(sockets=[listening]))
    try:
        while not server.started and not running.done():  # noqa: ASYNC110 - uvicorn has no event to wait for
            await asyncio.sleep(0.01)
        yield address_of(host, listening.getsockname()[1])
    finally:
        # A stream or a long wait would otherwise hold up the end until its connection is cut.
        with app.state.context.news.closing() if app.state.context else contextlib.nullcontext():
            server.should_exit = True
            with contextlib.suppress(asyncio.CancelledError):
                await running
        listening.close()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, port), family=family, backlog=BACKLOG)
        # Connections inherit it. The event loop sets it on sockets that it makes itself, and not on these: without it
        # the second packet of an answer waits 40 ms for the first to be acknowledged.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise StartupError(
            f"Port {port} for the HTTP API cannot be used ({error.strerror}); set {Settings.api_port.variable}."
        ) from error
