"""Running asynchronous work from a command, with logs set up and a clean end on Ctrl-C and SIGTERM."""

import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from cli.errors import Failure

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop

T = TypeVar("T")
Held = Annotated[
    bool, typer.Option("--held", hidden=True, help="Started by `shareflow up`: it ends with its standard input.")
]
TERMINATED = 128 + signal.SIGTERM


def run(
    work: Coroutine[Any, Any, T],
    usual_level: str = "warning",
    loop_factory: "Callable[[], AbstractEventLoop] | None" = None,
) -> T:
    """Run ``work`` to its end and give its result, in a loop of ``loop_factory`` (None: Python's own).

    A SIGTERM cancels it, so that servers it has started are stopped. Raises Failure then,
    KeyboardInterrupt after Ctrl-C, StartupError for a wrong SHAREFLOW_LOG.
    """
    # Imported here, so that naming this function costs other commands nothing.
    import asyncio

    from configuration.logs import configure_logs

    try:
        configure_logs(usual_level)
    except BaseException:
        work.close()
        raise
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_ended_by_signal(work))


async def _ended_by_signal(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    task = asyncio.current_task()
    told = False

    def stop() -> None:
        nonlocal told
        told = True
        if task is not None:
            task.cancel()

    with suppress(NotImplementedError, RuntimeError, ValueError):  # not in the main thread, or not on this system
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop)
    try:
        return await work
    except asyncio.CancelledError:
        if told:
            raise Failure("Stopped by SIGTERM.", TERMINATED) from None
        raise
