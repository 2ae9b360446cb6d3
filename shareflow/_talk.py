"""When a call is sent, sent again, or given up, without any I/O.

A *talk* is a generator: it yields what it wants done (a step) and is sent what came of it. Two small drivers carry
the steps out, one that blocks and one that awaits; neither decides anything, so that they cannot differ.
"""

import random
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import httpx

from shareflow._call import Call
from shareflow._errors import retry_after, unreachable
from shareflow._models import Page

T = TypeVar("T")

RETRIED = frozenset({429, 502, 503, 504})
"""Answers after which a call may succeed when it is made again a moment later."""

NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
LOST = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError, httpx.ProxyError)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds; each pause is about twice as long as the one before."""


@dataclass(frozen=True)
class AskToken:
    """Step: the token to send. ``refused`` is one that the server did not take. Comes of it: a token."""

    refused: str | None = None


@dataclass(frozen=True)
class Send:
    """Step: send a call. Comes of it: the whole answer, or the RequestError that came instead."""

    call: Call[Any]
    token: str
    timeout: float


@dataclass(frozen=True)
class Pause:
    """Step: wait so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Give(Generic[T]):
    """Step of a talk that gives many things: hand this one to the caller."""

    value: T


Talk = Generator[Any, Any, T]


@dataclass(frozen=True)
class Patience:
    """How long one call may take in all, and one attempt at it, in seconds."""

    total: float
    attempt: float


class Attempts:
    """The attempts at one call: how long to pause before the next, or that there is none."""

    def __init__(self, call: Call[Any], patience: Patience) -> None:
        self.call = call
        self.patience = patience
        self._begin()

    def _begin(self) -> None:
        self._ends = time.monotonic() + self.patience.total + self.call.wait
        self._failed = 0

    def succeeded(self) -> None:
        """Patience begins anew: for what goes on after an answer, such as a stream."""
        self._begin()

    def timeout(self) -> float:
        """The seconds that the next attempt may take."""
        return max(0.1, min(self.patience.attempt + self.call.wait, self._left()))

    def after_error(self, error: httpx.RequestError) -> Pause:
        """The pause after an attempt without an answer. Raises Unavailable when that was the last."""
        again = isinstance(error, NEVER_SENT) or (isinstance(error, LOST) and self.call.repeatable)
        pause = self._pause(0.0)
        if not again or pause.seconds >= self._left():
            raise unreachable(error, self.call.key) from error
        return pause

    def after_answer(self, response: httpx.Response) -> Pause | None:
        """The pause after an answer to try again after; None when that answer stands."""
        if response.status_code not in RETRIED or not (self.call.repeatable or response.status_code == 429):
            return None
        pause = self._pause(retry_after(response) or 0.0)
        return pause if pause.seconds < self._left() else None

    def _left(self) -> float:
        return self._ends - time.monotonic()

    def _pause(self, at_least: float) -> Pause:
        longest = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._failed, 16))
        self._failed += 1
        # Callers that failed together must not come back together.
        return Pause(at_least + longest * random.uniform(0.5, 1.0))


def ask(call: Call[T], patience: Patience) -> Talk[T]:
    """Send a call until it is answered. Raises a ShareflowError."""
    attempts = Attempts(call, patience)
    response = yield from answered(attempts, Send)
    return call.answer(response)


def answered(attempts: Attempts, step: Callable[[Call[Any], str, float], Any]) -> Talk[httpx.Response]:
    """An answer that stands: no broken connection, nothing to try again after, and the token asked for anew once."""
    token: str = yield AskToken()
    renewed = False
    while True:
        reply: httpx.Response | httpx.RequestError = yield step(attempts.call, token, attempts.timeout())
        if isinstance(reply, httpx.RequestError):
            yield attempts.after_error(reply)
            continue
        if reply.status_code == 401 and not renewed:
            renewed, refused = True, token
            token = yield AskToken(refused)
            if token != refused:
                continue
        pause = attempts.after_answer(reply)
        if pause is None:
            return reply
        yield pause


def pages(first: Callable[[str | None], Call[Page[T]]], patience: Patience) -> Talk[None]:
    """Give every item of every page; ``first`` makes the call for the page after a cursor."""
    cursor: str | None = None
    while True:
        page = yield from ask(first(cursor), patience)
        for item in page.items:
            yield Give(item)
        if page.next is None or page.next == cursor:
            return
        cursor = page.next
