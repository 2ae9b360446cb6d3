"""A real receiver on loopback: keeps what it was sent, answers as it is told, goes down and comes back."""

import asyncio
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import uvicorn

Answer = tuple[int, Mapping[str, str], bytes]
WELL: Answer = (204, {}, b"")


@dataclass(frozen=True)
class Sent:
    """One request as it came in."""

    path: str
    headers: Mapping[str, str]
    body: bytes
    query: str = ""

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


@dataclass
class WebhookReceiver:
    """``answer`` says what to answer, ``slow`` seconds later; ``hold`` keeps every answer back until it is set."""

    answer: Callable[[Sent], Answer] = lambda _: WELL
    accepted: list[Sent] = field(default_factory=list)
    refused: list[Sent] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    tls: Mapping[str, Any] = field(default_factory=dict)
    slow: float = 0
    busy: int = 0
    busiest: int = 0

    def __post_init__(self) -> None:
        self.hold.set()
        self.news = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.place}/hook"

    async def start(self) -> None:
        """Listen; on the same port as before if there was one."""
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        self.port = listening.getsockname()[1]
        config = uvicorn.Config(self._app, interface="asgi3", log_level="critical", lifespan="off", **self.tls)
        self._server = uvicorn.Server(config)
        self._serving = asyncio.create_task(self._server._serve([listening]))
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)

    async def stop(self) -> None:
        """Listen no more: whoever connects is refused."""
        if self._serving is not None:
            self.hold.set()
            self._server.should_exit = self._server.force_exit = True
            await self._serving
            self._serving = None

    def ids(self) -> list[str]:
        """The ids of all that it has taken, in order."""
        return [each.id for each in self.accepted]

    def of(self, request_id: str) -> list[int]:
        """The numbers of one case's events that it has taken, in order."""
        return [int(each.id.rpartition("/")[2]) for each in self.accepted if each.id.startswith(f"{request_id}/")]

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Wait until something is true of what has come in."""
        async with asyncio.timeout(seconds):
            while not condition():
                self.news.clear()
                await self.news.wait()

    async def _app(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        sent = Sent(scope["path"], headers, body, scope["query_string"].decode())
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        self.news.set()
        await self.hold.wait()
        await asyncio.sleep(self.slow)
        status, told, content = self.answer(sent)
        (self.accepted if 200 <= status < 300 else self.refused).append(sent)
        self.busy -= 1
        self.news.set()
        fields = [(name.encode(), value.encode()) for name, value in told.items()]
        await send({"type": "http.response.start", "status": status, "headers": fields})
        await send({"type": "http.response.body", "body": content})
