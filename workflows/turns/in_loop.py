"""Runs workflow activations (turns) on the event loop's thread, under a watchdog that ends one that does not yield.

The SDK hands each activation to one of 500 threads, and the loop checks that it returns within two seconds. But Python
runs one thread at a time, and switching to another and back costs as much as many an activation.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final, TypeVar

from workflows.turns.watch import DoesNotYield, turn_watch

THREADS: Final = 500
"""The SDK's number of threads, for turns that do not run in the loop."""

T = TypeVar("T")


class TurnsInLoop(ThreadPoolExecutor):
    """Runs a turn at once on the calling thread, or on a pool thread if ``waits`` says that it has to wait.

    A turn that does not yield fails with DoesNotYield, and its task is retried, as with the SDK's own executor. From
    then on every turn of the process gets a thread, so that such code does not block other workflows again.
    """

    def __init__(self, waits: Callable[..., bool]) -> None:
        super().__init__(THREADS, thread_name_prefix="turn")
        self._waits = waits
        self._in_threads = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """The future of a turn; already done, unless the turn has a thread."""
        if self._in_threads or self._waits(*args, **kwargs):
            return super().submit(copy_context().run, fn, *args, **kwargs)
        turn: Future[T] = Future()
        try:
            turn.set_result(_outside_the_loop(turn_watch().over, fn, *args, **kwargs))
        except BaseException as error:  # whatever it is, it is for whoever waits for the turn
            self._in_threads = isinstance(error, DoesNotYield)
            turn.set_exception(error)
        return turn


def _outside_the_loop(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a function as if no event loop ran on this thread, because a workflow is an event loop of its own."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        return function(*args, **kwargs)
    finally:
        asyncio._set_running_loop(loop)
        asyncio.tasks._enter_task(loop, task)
