"""An asynchronous context in a thread of its own, so that tests of any kind can use what is inside."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager, suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Background(Generic[T]):
    """A running event loop and what was opened in it."""

    def __init__(self) -> None:
        self._opened: Future[T] = Future()
        self._ended: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    @property
    def inside(self) -> T:
        """What was opened."""
        return self._opened.result()

    def call(self, work: Coroutine[Any, Any, R]) -> R:
        """Do something in the loop and wait for it. Raises RuntimeError when what was opened has ended."""
        if self._loop is None or self._ended.done():
            work.close()
            raise RuntimeError("The engine has stopped.") from self._ended.exception()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def run(self, open_: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        """The thread: open, wait until cancelled, close."""
        try:
            asyncio.run(self._inside(open_))
        except BaseException as error:
            self._end(None if isinstance(error, asyncio.CancelledError) else error)
        else:
            self._end(None)

    async def _inside(self, open_: Callable[[], AbstractAsyncContextManager[T]]) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        async with open_() as opened:
            self._opened.set_result(opened)
            await asyncio.Event().wait()

    def _end(self, error: BaseException | None) -> None:
        for future in (self._opened, self._ended):
            if not future.done():
                if error is not None:
                    future.set_exception(error)
                elif future is self._ended:
                    self._ended.set_result(None)
                else:
                    future.cancel()

    def stop(self) -> None:
        """Close what is open, also when it is only being opened."""
        if self._loop is not None and self._task is not None and not self._ended.done():
            with suppress(RuntimeError):  # the loop has closed this very moment
                self._loop.call_soon_threadsafe(self._task.cancel)


@contextmanager
def in_background(open_: Callable[[], AbstractAsyncContextManager[T]]) -> Iterator[Background[T]]:
    """Open a context in a thread of its own and close it after. An error of its opening is the caller's."""
    background: Background[T] = Background()
    thread = threading.Thread(target=background.run, args=(open_,), name="shareflow-engine", daemon=True)
    thread.start()
    try:
        background.inside  # noqa: B018 - waits until it is open
        yield background
    finally:
        background.stop()
        thread.join()
