"""A line between two parts of an engine, which can be cut and made slow: what a network does to them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

PIECE: Final = 1 << 16
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Dial = Callable[[], Awaitable[Line]]


class NetworkLine:
    """Passes on what comes at ``port`` of 127.0.0.1; ``delay`` is in seconds, for each piece and way."""

    def __init__(self, name: str, dial: Dial) -> None:
        self.name = name
        self.delay = 0.0
        self._dial = dial
        self._is_cut = False
        self._lines: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it is reached."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def open(self) -> None:
        """Begin to pass on."""
        self._server = await asyncio.start_server(self._passed_on, "127.0.0.1", 0)

    async def close(self) -> None:
        """End it, and every connection through it."""
        assert self._server is not None
        self._server.close()
        self.cut()

    def cut(self) -> None:
        """Break every connection, and let none be made until it is mended."""
        self._is_cut = True
        for writer in list(self._lines):
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again, as fast as before."""
        self._is_cut, self.delay = False, 0.0

    async def _passed_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._held(writer):
            if self._is_cut:
                return
            with suppress(OSError):
                there, other = await self._dial()
                async with self._held(other):
                    ways = [
                        asyncio.create_task(each) for each in (self._pump(reader, other), self._pump(there, writer))
                    ]
                    await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
                    for way in ways:
                        way.cancel()
                    await asyncio.gather(*ways, return_exceptions=True)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while piece := await reader.read(PIECE):
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(piece)
                await writer.drain()

    @asynccontextmanager
    async def _held(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._lines.add(writer)
        try:
            yield
        finally:
            self._lines.discard(writer)
            writer.close()
