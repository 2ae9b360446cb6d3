"""One call as it goes over the wire, byte for byte, and what may be answered to it."""

import asyncio
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from email.parser import BytesHeaderParser
from typing import Any, Final

Header = tuple[str, bytes]

UNAUTHORIZED: Final = frozenset({401})
FORBIDDEN: Final = frozenset({403})
MALFORMED: Final = frozenset({400})
INVALID: Final = frozenset({422})
NO_JSON: Final = frozenset({415})
TOO_LARGE: Final = frozenset({413})


@dataclass(frozen=True)
class WrongCall:
    """A call that must be refused, with one of these statuses; ``kind`` says what is wrong with it."""

    kind: str
    path: str
    headers: Sequence[Header]
    body: bytes
    refused: frozenset[int]
    method: str = "POST"

    def but(self, kind: str, refused: frozenset[int], **changes: Any) -> "WrongCall":
        """The same call with something else in it."""
        return replace(self, kind=kind, refused=refused, **changes)

    def with_header(self, kind: str, refused: frozenset[int], name: str, value: bytes | None) -> "WrongCall":
        """The same call with another header; None: without it."""
        kept = [header for header in self.headers if header[0].lower() != name.lower()]
        return self.but(kind, refused, headers=kept if value is None else [*kept, (name, value)])

    def wire(self) -> bytes:
        """The bytes of the call."""
        names = {name.lower() for name, _ in self.headers}
        headers = [("Host", b"127.0.0.1"), *self.headers]
        if "content-length" not in names and "transfer-encoding" not in names:
            headers.append(("Content-Length", b"%d" % len(self.body)))
        lines = [f"{self.method} {self.path} HTTP/1.1".encode()]
        lines += [name.encode() + b": " + value for name, value in headers]
        return b"\r\n".join(lines) + b"\r\n\r\n" + self.body


Mutator = Callable[[random.Random], WrongCall]
"""Makes a call that is wrong in one way, with chance in the rest."""


@dataclass(frozen=True)
class Reply:
    """What came back: ``body`` is the JSON of it, None where it is none."""

    status: int
    headers: Mapping[str, str]
    body: Any


class RawConnection:
    """A connection that is opened again whenever the server has closed it."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def another(self) -> "RawConnection":
        """Another connection to the same server."""
        return RawConnection(self._host, self._port)

    async def send(self, attempt: WrongCall) -> Reply:
        """Send a call and read the answer. Raises TimeoutError, and IncompleteReadError for none."""
        async with asyncio.timeout(60):
            fresh = self._streams is None
            try:
                return await self._exchange(attempt.wire())
            except (asyncio.IncompleteReadError, ConnectionError):
                await self.close()
                if fresh:
                    raise
                return await self._exchange(attempt.wire())

    async def close(self) -> None:
        """Hang up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _exchange(self, sent: bytes) -> Reply:
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        writer.write(sent)
        head = await reader.readuntil(b"\r\n\r\n")
        first, _, rest = head.partition(b"\r\n")
        headers = {name.lower(): value for name, value in BytesHeaderParser().parsebytes(rest).items()}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        status = int(first.split()[1])
        if headers.get("connection", "").lower() == "close" or status in MALFORMED | TOO_LARGE:
            await self.close()  # what was sent may have been more, or less, than the server took it for
        try:
            said = json.loads(body)
        except ValueError:
            said = None
        return Reply(status, headers, said)
