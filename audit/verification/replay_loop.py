"""The event loop in which cases are run again, one after another."""

import asyncio
from asyncio import AbstractEventLoop
from collections.abc import Callable, Coroutine
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


class ReplayLoop:
    """Runs coroutines to their end, one at a time. The loop is made for the first, and stays until it is closed."""

    def __init__(self) -> None:
        self._runner = asyncio.Runner(loop_factory=_fast_loop())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What a coroutine gives. The loop itself is given nothing: it would write out its task with the whole of that.

        (Looking whether its own handler of SIGINT still stands, ``asyncio`` makes text of it to raise an error that it
        catches.)
        """
        found: list[T] = []

        async def keep() -> None:
            found.append(await work)

        self._runner.run(keep())
        return found[0]

    def close(self) -> None:
        """End the loop, if there is one."""
        self._runner.close()


@cache
def _fast_loop() -> Callable[[], AbstractEventLoop] | None:
    """What makes the event loop of uvloop, which spares an eighth of a replay; None where it is not installed."""
    try:
        import uvloop
    except ImportError:
        return None
    made: Callable[[], AbstractEventLoop] = uvloop.new_event_loop
    return made
