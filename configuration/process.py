"""What every process here does that runs until it is told to stop: it hears of that."""

import asyncio
import os
import signal
import sys


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
