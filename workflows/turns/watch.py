"""The watchdog over turns that run on an event loop's own thread: it ends one that does not yield.

While a turn runs, the loop is blocked and cannot watch the time itself. So a separate thread looks, twice a second.
"""

import ctypes
import logging
import sys
import threading
import time
import traceback
from collections.abc import Callable
from functools import cache
from typing import Any, Final, TypeVar

LOOK_SECONDS: Final = 0.5
LOOKS: Final = 4
"""A turn that is still running at so many looks, 1.5 to 2 seconds, is ended. Looks are counted instead of seconds,
because the clock goes on while the process is suspended."""

T = TypeVar("T")
log = logging.getLogger("shareflow.worker")


class DoesNotYield(Exception):
    """A turn was ended because it took too long."""

    def __init__(self) -> None:
        super().__init__("a workflow did not yield within two seconds")


class _CalledOff(BaseException):
    """Raised inside a turn that is ended; only the watchdog catches it."""


class _Turn:
    """A turn on this thread, until it is over."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.RLock()
        self._looks = 0
        self._called_off = self._over = False

    def looked_at(self) -> None:
        """Call it off after LOOKS looks, and again after as many more, in case its code catches the exception."""
        self._looks += 1
        # If the lock is held, the turn is ending, or was called off while taking the lock.
        if self._looks % LOOKS == 0 and self._lock.acquire(blocking=False):
            try:
                if not self._over:
                    frame = sys._current_frames().get(self._thread)
                    log.error("a workflow does not yield: %s", "".join(traceback.format_stack(frame)).rstrip())
                    self._called_off = True
                    _raise_in(self._thread, ctypes.py_object(_CalledOff))
            finally:
                self._lock.release()

    def ended(self) -> bool:
        """Make sure that nothing is raised in it any more; returns whether it was called off."""
        while True:
            try:
                with self._lock:
                    self._over = True
                    if self._called_off:
                        _raise_in(self._thread, ctypes.py_object())  # clears an exception not raised yet
                return self._called_off
            except _CalledOff:
                continue


def _raise_in(thread: int, what: "ctypes.py_object[Any]") -> None:
    """Raise an exception in a thread before its next bytecode; an empty object clears one not raised yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


class _Watch(threading.Thread):
    """Watches the turns of all threads of this process; each thread has one at a time."""

    def __init__(self) -> None:
        super().__init__(name="turn-watch", daemon=True)
        self._turns: dict[int, _Turn] = {}

    def run(self) -> None:
        """Look at all turns, for ever."""
        while True:
            time.sleep(LOOK_SECONDS)
            for turn in list(self._turns.values()):
                turn.looked_at()

    def over(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function on this thread. Raises DoesNotYield if it was ended, and whatever the function raises."""
        turn = self._turns[threading.get_ident()] = _Turn()
        try:
            try:
                return function(*args, **kwargs)
            finally:
                if turn.ended():
                    raise DoesNotYield
        except _CalledOff:  # between the end of the function and the end of the turn
            turn.ended()
            raise DoesNotYield from None
        finally:
            del self._turns[threading.get_ident()]


@cache
def turn_watch() -> _Watch:
    """The watchdog of this process, started on first use."""
    watch = _Watch()
    watch.start()
    return watch
