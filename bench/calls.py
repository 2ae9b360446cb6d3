"""The lightest HTTP caller there is: callers share the machine with what they measure.

Libraries' pools look through all their connections at the beginning and at the end of each call: with some hundreds of
them the callers take longer over that than the engine over its answers, and a flood would measure themselves.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

JSON: Final = {"Content-Type": "application/json"}
GONE: Final = (OSError, EOFError)
"""What a call raises that nobody answered: refused, broken off, or (TimeoutError) not in time."""

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Answered:
    """An answer: its status, its headers by their names in small letters, its content."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    def json(self) -> dict[str, Any]:
        """The content, which is a JSON object."""
        found: dict[str, Any] = json.loads(self.content)
        return found


class Calls:
    """Calls of one server over HTTP/1.1; connections are kept, the last one used is taken first."""

    def __init__(self, address: str) -> None:
        split = urlsplit(address)
        self._host, self._port = split.hostname or "", split.port or 80
        self._idle: list[Connection] = []

    async def get(self, path: str, headers: Mapping[str, str]) -> Answered:
        """Read what is at a path. Raises one of GONE."""
        return await self._call("GET", path, headers, b"")

    async def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send JSON to a path. Raises one of GONE."""
        return await self._call("POST", path, {**headers, **JSON, "Content-Length": str(len(body))}, body)

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for _, writer in self._idle:
            writer.close()
        self._idle.clear()

    async def _call(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answered:
        reader, writer = connection = await self._connection()
        try:
            lines = [f"{method} {path} HTTP/1.1", f"Host: {self._host}", *(f"{n}: {v}" for n, v in headers.items())]
            writer.write("\r\n".join([*lines, "", ""]).encode("ascii") + body)
            answered = await _answer(reader)
        except BaseException:
            writer.close()
            raise
        if answered.headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append(connection)
        return answered

    async def _connection(self) -> Connection:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port)


async def _answer(reader: asyncio.StreamReader) -> Answered:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")[:-2]
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    content = await reader.readexactly(int(headers.get("content-length", "0")))
    return Answered(int(first.split(" ", 2)[1]), headers, content)


@asynccontextmanager
async def calls_of(address: str) -> AsyncIterator[Calls]:
    """Calls of a server while inside."""
    calls = Calls(address)
    try:
        yield calls
    finally:
        calls.close()
