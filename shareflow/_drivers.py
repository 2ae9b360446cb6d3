"""The two drivers: they carry out the steps of a talk, one blocking, one awaiting. They decide nothing."""

import asyncio
import inspect
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import closing
from typing import Any, TypeVar, cast

import httpx

from shareflow._stream import Open, Read
from shareflow._talk import AskToken, Give, Pause, Send, Talk
from shareflow._wire import request_options

T = TypeVar("T")

TokenSource = str | Callable[[], str]
AsyncTokenSource = str | Callable[[], str | Awaitable[str]]


class Driver:
    """Carries out talks and blocks meanwhile. Threads may share it."""

    def __init__(self, http: httpx.Client, token: TokenSource) -> None:
        self.http = http
        self._source = token
        self._token = token if isinstance(token, str) else None
        self._asking = threading.Lock()

    def run(self, talk: Talk[T]) -> T:
        """Carry a talk with the server to its end: what it comes to. An error of the talk is the caller's."""
        with closing(talk):
            done: Any = None
            while True:
                try:
                    step = talk.send(done)
                except StopIteration as end:
                    return cast(T, end.value)
                done = self._do(step)

    def each(self, talk: Talk[None]) -> Iterator[Any]:
        """What a talk gives, one by one."""
        opened: list[tuple[httpx.Response, Iterator[bytes]]] = []
        done: Any = None
        with closing(talk):
            try:
                while True:
                    try:
                        step = talk.send(done)
                    except StopIteration:
                        return
                    done = None
                    if isinstance(step, Give):
                        yield step.value
                    elif isinstance(step, Open):
                        _close_all(opened)
                        done = self._open(step, opened)
                    elif isinstance(step, Read):
                        done = _chunk(opened[0][1])
                    else:
                        done = self._do(step)
            finally:
                _close_all(opened)

    def _do(self, step: Any) -> Any:
        match step:
            case AskToken(refused):
                return self._ask_token(refused)
            case Send(call, token, timeout):
                try:
                    return self.http.send(self.http.build_request(**request_options(call, token, timeout)))
                except httpx.RequestError as error:
                    return error
            case Pause(seconds):
                return time.sleep(seconds)
        raise AssertionError(step)

    def _ask_token(self, refused: str | None) -> str:
        if isinstance(self._source, str):
            return self._source
        with self._asking:
            if self._token is None or self._token == refused:
                self._token = self._source()
            return self._token

    def _open(self, step: Open, opened: list[tuple[httpx.Response, Iterator[bytes]]]) -> Any:
        request = self.http.build_request(**request_options(step.call, step.token, step.timeout, open_ended=True))
        try:
            response = self.http.send(request, stream=True)
            if response.status_code != 200:
                response.read()
        except httpx.RequestError as error:
            return error
        opened.append((response, response.iter_bytes()))
        return response


def _chunk(chunks: Iterator[bytes]) -> bytes | httpx.RequestError | None:
    try:
        return next(chunks, None)
    except httpx.RequestError as error:
        return error


def _close_all(opened: list[tuple[httpx.Response, Iterator[bytes]]]) -> None:
    while opened:
        opened.pop()[0].close()


class AsyncDriver:
    """Carries out talks and awaits meanwhile. Tasks of one event loop may share it."""

    def __init__(self, http: httpx.AsyncClient, token: AsyncTokenSource) -> None:
        self.http = http
        self._source = token
        self._token: str | None = None
        self._asking = asyncio.Lock()

    async def run(self, talk: Talk[T]) -> T:
        """Carry a talk with the server to its end: what it comes to. An error of the talk is the caller's."""
        with closing(talk):
            done: Any = None
            while True:
                try:
                    step = talk.send(done)
                except StopIteration as end:
                    return cast(T, end.value)
                done = await self._do(step)

    async def each(self, talk: Talk[None]) -> AsyncGenerator[Any, None]:
        """What a talk gives, one by one."""
        opened: list[tuple[httpx.Response, AsyncIterator[bytes]]] = []
        done: Any = None
        with closing(talk):
            try:
                while True:
                    try:
                        step = talk.send(done)
                    except StopIteration:
                        return
                    done = None
                    if isinstance(step, Give):
                        yield step.value
                    elif isinstance(step, Open):
                        await _aclose_all(opened)
                        done = await self._open(step, opened)
                    elif isinstance(step, Read):
                        done = await _achunk(opened[0][1])
                    else:
                        done = await self._do(step)
            finally:
                await _aclose_all(opened)

    async def _do(self, step: Any) -> Any:
        match step:
            case AskToken(refused):
                return await self._ask_token(refused)
            case Send(call, token, timeout):
                try:
                    return await self.http.send(self.http.build_request(**request_options(call, token, timeout)))
                except httpx.RequestError as error:
                    return error
            case Pause(seconds):
                return await asyncio.sleep(seconds)
        raise AssertionError(step)

    async def _ask_token(self, refused: str | None) -> str:
        if isinstance(self._source, str):
            return self._source
        async with self._asking:
            if self._token is None or self._token == refused:
                given = self._source()
                self._token = await given if inspect.isawaitable(given) else given
            return self._token

    async def _open(self, step: Open, opened: list[tuple[httpx.Response, AsyncIterator[bytes]]]) -> Any:
        request = self.http.build_request(**request_options(step.call, step.token, step.timeout, open_ended=True))
        try:
            response = await self.http.send(request, stream=True)
            if response.status_code != 200:
                await response.aread()
        except httpx.RequestError as error:
            return error
        opened.append((response, response.aiter_bytes()))
        return response


async def _achunk(chunks: AsyncIterator[bytes]) -> bytes | httpx.RequestError | None:
    try:
        return await anext(chunks, None)
    except httpx.RequestError as error:
        return error


async def _aclose_all(opened: list[tuple[httpx.Response, AsyncIterator[bytes]]]) -> None:
    while opened:
        await opened.pop()[0].aclose()
