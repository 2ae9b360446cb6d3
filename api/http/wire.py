"""The wire below the application: what is no HTTP at all is told so as a problem too, and headers have a size."""

import asyncio
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from api.http.language import DEFAULT
from api.http.problems import Problem, response

LARGEST_HEAD = 64 * 1024
"""Bytes of a request's line and headers, give or take what comes with one read."""


class Protocol(HttpToolsProtocol):
    """Uvicorn's protocol, with answers of ours where it never asks the application."""

    _head: int | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A caller is there."""
        super().connection_made(transport)
        self._head = None

    def on_message_begin(self) -> None:
        """A request begins: its head is counted from here."""
        super().on_message_begin()
        self._head = 0

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._head = None
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take in what came; a head that goes on and on is cut off."""
        super().data_received(data)
        if self._head is not None and not self.transport.is_closing():
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._refuse(Problem(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large"))

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own words, in English alone
        """What came is no HTTP, or would be two requests to somebody else."""
        self._refuse(Problem(HTTPStatus.BAD_REQUEST, "malformed"))

    def _refuse(self, problem: Problem) -> None:
        answer = response(problem, DEFAULT)
        headers: list[Any] = [part for name, value in answer.raw_headers for part in (name, b": ", value, b"\r\n")]
        self.transport.write(
            b"".join([STATUS_LINE[answer.status_code], *headers, b"connection: close\r\n\r\n", bytes(answer.body)])
        )
        self.transport.close()
