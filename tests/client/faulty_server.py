"""A server that fails as told, for what must fail: answers that are lost, broken off, late, or no answers at all."""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from shareflow._wire import no_authorities

Act = Callable[["Handler"], None]


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def key(self) -> str | None:
        return self.headers.get("idempotency-key")


@dataclass
class FaultyServer:
    """Does what stands in ``acts``, one for each request; the last one for all that follow."""

    url: str
    acts: list[Act] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def will(self, *acts: Act) -> None:
        """From now on do this."""
        self.acts = list(acts)
        self.asked.clear()

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys that came, in order."""
        return [asked.key for asked in self.asked]


class Handler(BaseHTTPRequestHandler):
    """Notes the request and does the next act."""

    protocol_version = "HTTP/1.1"
    faulty: FaultyServer

    def handle_one(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.body = self.rfile.read(length)
        with self.faulty.lock:
            self.faulty.asked.append(Asked(self.command, self.path, headers, self.body))
            acts = self.faulty.acts
            act = acts.pop(0) if len(acts) > 1 else acts[0]
        act(self)

    do_GET = do_POST = do_PATCH = do_DELETE = handle_one

    def answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Not to the terminal."""


def json_answer(status: int, body: Any, **headers: str) -> Act:
    """Answers so; underscores of header names are hyphens."""
    told = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return lambda handler: handler.answer(status, told, json.dumps(body).encode())


def problem(status: int, code: str, headers: Mapping[str, str] | None = None, **more: Any) -> Act:
    """Answers with a problem document."""
    body = {"type": f"urn:shareflow:problem:{code}", "title": code, "status": status, "code": code, **more}
    told = {"Content-Type": "application/problem+json", **(headers or {})}
    return lambda handler: handler.answer(status, told, json.dumps(body).encode())


def page(status: int, text: str) -> Act:
    """Answers as a proxy does that knows nothing of the API."""
    return lambda handler: handler.answer(status, {"Content-Type": "text/html"}, text.encode())


def reset(handler: Handler) -> None:
    """Breaks the connection when the request has come: nobody knows whether it was carried out."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.wfile.flush = lambda: None  # type: ignore[method-assign]
    handler.rfile.close()
    handler.wfile.close()
    handler.connection.close()


def never(handler: Handler) -> None:
    """Reads the request and says nothing, until the caller goes away."""
    handler.close_connection = True
    handler.connection.recv(1)


def forward(url: str, *, lose_answer: bool = False) -> Act:
    """Passes the request on to a real server; with ``lose_answer`` breaks the connection afterwards."""

    def act(handler: Handler) -> None:
        left = {"host", "content-length", "connection", "accept-encoding"}
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in left}
        with httpx.Client(transport=httpx.HTTPTransport(verify=no_authorities()), timeout=60) as client:
            got = client.request(handler.command, url + handler.path, headers=headers, content=handler.body)
        if lose_answer:
            reset(handler)
        else:
            told = {name: value for name, value in got.headers.items() if name not in ("content-length", "date")}
            handler.answer(got.status_code, told, got.content)

    return act


def streaming(*chunks: bytes, then: Act | None = None) -> Act:
    """Answers with a stream of events in these pieces, and ends it, or breaks it off with ``then``."""

    def act(handler: Handler) -> None:
        handler.close_connection = True
        handler.send_response(200)
        handler.send_header("Content-Type", "text/event-stream; charset=utf-8")
        handler.send_header("Connection", "close")
        handler.end_headers()
        for chunk in chunks:
            handler.wfile.write(chunk)
            handler.wfile.flush()
        if then is not None:
            then(handler)

    return act


@contextmanager
def faulty_server() -> Iterator[FaultyServer]:
    """Serve while inside."""
    faulty = FaultyServer("")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"faulty": faulty}))
    server.daemon_threads = True
    faulty.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield faulty
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
