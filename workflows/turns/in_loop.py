"""Where the turns of workflows run: in the event loop's own thread, under a watch that ends one that does not yield.

The SDK gives each turn to one of 500 threads and looks from the loop whether it comes back within two seconds. But only
one thread of Python runs at a time, and going over to another and back costs as much as many a turn.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, Final, TypeVar

from workflows.turns.watch import DoesNotYield, turn_watch

THREADS: Final = 500
"""As many as the SDK has, for turns that do not run in the loop."""

T = TypeVar("T")


class TurnsInLoop(ThreadPoolExecutor):
    """Runs a turn at once where it is asked for, and in a thread one that ``waits`` says has to wait for something.

    A turn that does not yield fails with DoesNotYield, and its task is tried again, as the SDK would have it. From then
    on every turn of the process has a thread: with code like that no other workflow stands still a second time.
    """

    def __init__(self, waits: Callable[..., bool]) -> None:
        super().__init__(THREADS, thread_name_prefix="turn")
        self._waits = waits
        self._in_threads = False

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """What a turn comes to: over already, unless it has a thread."""
        if self._in_threads or self._waits(*args, **kwargs):
            return super().submit(copy_context().run, fn, *args, **kwargs)
        turn: Future[T] = Future()
        try:
            turn.set_result(_outside_the_loop(turn_watch().over, fn, *args, **kwargs))
        except BaseException as error:  # whatever it is, it belongs to whoever waits for the turn
            self._in_threads = isinstance(error, DoesNotYield)
            turn.set_exception(error)
        return turn


def _outside_the_loop(function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    """Call a function as if no event loop ran in this thread: a workflow is a loop of its own."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    try:
        return function(*args, **kwargs)
    finally:
        asyncio._set_running_loop(loop)
        asyncio.tasks._enter_task(loop, task)
