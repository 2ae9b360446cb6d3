"""So many callers at once, each with one case after another, until so many are done."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

AT_ONCE: Final = 16


async def raced(one: Callable[[], Awaitable[Any]], cases: int, at_once: int = AT_ONCE) -> float:
    """Play so many cases; the seconds that took."""
    left = iter(range(cases))

    async def caller() -> None:
        for _ in left:
            await one()

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as callers:
        for _ in range(at_once):
            callers.create_task(caller())
    return time.perf_counter() - begun
