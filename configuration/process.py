"""What every process here does that runs until it is told to stop: it hears of that, and settles its memory."""

import asyncio
import gc
import os
import signal
import sys

YOUNG, MIDDLE, OLD = 20_000, 20, 20
"""After how many new objects the youngest are looked through, and after how many such rounds the older ones are."""


def told_to_stop(by_standard_input: bool = False) -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set from now on; to be called in the event loop of the main thread.

    ``by_standard_input``: so does the end of standard input, for a process that must not outlive the one that holds
    the other end.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if by_standard_input:
        held = sys.stdin.fileno()

        def read() -> None:
            if not os.read(held, 4096):
                loop.remove_reader(held)
                stop.set()

        loop.add_reader(held, read)
    return stop


def load_undisturbed() -> None:
    """Collect no garbage while a process loads what it stands on: that stays, and looking through it takes a tenth of
    the time. To be called first of all; :func:`settle_memory` collects again.
    """
    gc.disable()


def settle_memory() -> None:
    """Take what a start has loaded out of garbage collection, and collect more seldom from now on.

    Modules, the law and its models stay to the end: looking through them again and again finds nothing. To be called
    once, when all is loaded and before the work begins.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
    gc.enable()
