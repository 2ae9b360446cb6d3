"""Events as they happen: server-sent events, taken up again after the last one whenever the connection breaks."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic_core import from_json

from shareflow import _calls
from shareflow._call import Call
from shareflow._errors import UnexpectedAnswer
from shareflow._event import Event, event_from
from shareflow._talk import LONGEST_PAUSE, Attempts, Give, Patience, Pause, Talk, answered

SILENCE = 60.0
"""Seconds without a byte (the server sends comments in between) after which a connection counts as dead."""
AGAIN = 0.5
"""Seconds before a stream that ended is opened again."""
LONGEST_EVENT = 16 * 1024 * 1024


@dataclass(frozen=True)
class Open:
    """Step: send a call and keep its answer open. Comes of it: the answer (whole when it is an error), or an error."""

    call: Call[Any]
    token: str
    timeout: float


@dataclass(frozen=True)
class Read:
    """Step: the next bytes of the open answer. Comes of it: bytes, None at its end, or the error that broke it off."""


@dataclass(frozen=True)
class ServerSentEvent:
    """One server-sent event."""

    id: str | None
    event: str
    data: str


class SseDecoder:
    """Server-sent events from bytes, however they are cut (WHATWG HTML, section 9.2).

    ``last_id`` is where to go on from; it also comes without an event. ``retry`` are the seconds that the server asks
    to stay away after a break. Lines end with LF, CR LF or CR and with nothing else: JSON may hold other characters
    that Unicode breaks lines at.
    """

    _END = re.compile(rb"\r\n|\n|\r")

    def __init__(self) -> None:
        self.last_id: str | None = None
        self.retry: float | None = None
        self._rest = b""
        self._id: str | None = None
        self._event = ""
        self._data: list[str] = []

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """The messages that are complete with these bytes. Raises ValueError for an endless one."""
        text = self._rest + chunk
        # A CR at the very end may be half of a CR LF.
        whole, held = (text[:-1], b"\r") if text.endswith(b"\r") else (text, b"")
        *lines, rest = self._END.split(whole)
        self._rest = rest + held
        if len(self._rest) > LONGEST_EVENT:
            raise ValueError("an event without end")
        return [message for line in lines if (message := self._line(line.decode("utf-8", "replace"))) is not None]

    def _line(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._complete()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "id" if "\0" not in value:
                self._id = value or None
            case "event":
                self._event = value
            case "data":
                self._data.append(value)
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value) / 1000
        return None

    def _complete(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._data, self._event = [], ""
        self.last_id = self._id
        return ServerSentEvent(self._id, event or "message", "\n".join(data)) if data else None


def stream(after: str | None, types: Collection[str] | None, patience: Patience) -> Talk[None]:
    """Give every event after a cursor, for ever. Raises a ShareflowError when the server is out of reach for good."""
    cursor = after
    attempts = Attempts(_calls.stream(cursor, types), patience)
    while True:
        attempts.call = _calls.stream(cursor, types)
        response = yield from answered(attempts, Open)
        _check(attempts.call, response)
        attempts.succeeded()
        decoder = SseDecoder()
        while True:
            chunk: bytes | httpx.RequestError | None = yield Read()
            if not isinstance(chunk, bytes):
                break
            for event in _events(decoder, chunk):
                cursor = event.cursor or cursor
                yield Give(event)
            cursor = decoder.last_id or cursor
        yield Pause(AGAIN if decoder.retry is None else min(decoder.retry, LONGEST_PAUSE))


def _check(call: Call[Any], response: httpx.Response) -> None:
    """Raises a ShareflowError for an answer that is no stream."""
    if response.status_code != 200:
        call.answer(response)
    if not response.headers.get("Content-Type", "").startswith("text/event-stream"):
        raise UnexpectedAnswer("The answer is no stream of events", code="unexpected_answer", status=200)


def _events(decoder: SseDecoder, chunk: bytes) -> list[Event]:
    try:
        return [event_from(from_json(message.data), message.id) for message in decoder.feed(chunk)]
    except (ValueError, KeyError, TypeError) as error:
        raise UnexpectedAnswer(
            "The stream is not one of events", code="unexpected_answer", detail=str(error)
        ) from error
