"""The watch over turns of workflows that run in an event loop's own thread: it ends one that does not yield.

Whatever else that loop has to do waits for a turn, and nobody in the loop could look at the time. So a thread beside it
looks, twice a second.
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
"""A turn that is met at so many looks, 1.5 to 2 seconds, is ended. Looks are counted, for in a process that stood still
the clock went on."""

T = TypeVar("T")
log = logging.getLogger("shareflow.worker")


class DoesNotYield(Exception):
    """A turn was ended because it took too long."""

    def __init__(self) -> None:
        super().__init__("a workflow did not yield within two seconds")


class _CalledOff(BaseException):
    """Raised in the midst of a turn that is ended; nobody but its watch meets it."""


class _Turn:
    """A turn in this thread, until it is over."""

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.RLock()
        self._looks = 0
        self._called_off = self._over = False

    def looked_at(self) -> None:
        """Call it off after so many looks, and again after as many, should its code catch that."""
        self._looks += 1
        # A lock that is held: it is ending, or was called off while it took the lock.
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
        """Nothing is raised in it from now on; whether it was called off."""
        while True:
            try:
                with self._lock:
                    self._over = True
                    if self._called_off:
                        _raise_in(self._thread, ctypes.py_object())  # takes back what was still to be raised
                return self._called_off
            except _CalledOff:
                continue


def _raise_in(thread: int, what: "ctypes.py_object[Any]") -> None:
    """Have an exception raised in a thread before its next step; an empty object takes back one still to be raised."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), what)


class _Watch(threading.Thread):
    """Looks at the turns of all threads of this process, of which each has one at a time."""

    def __init__(self) -> None:
        super().__init__(name="turn-watch", daemon=True)
        self._turns: dict[int, _Turn] = {}

    def run(self) -> None:
        """Look, for ever."""
        while True:
            time.sleep(LOOK_SECONDS)
            for turn in list(self._turns.values()):
                turn.looked_at()

    def over(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """Call a function in this thread. Raises DoesNotYield when it was ended, and what the function raises."""
        turn = self._turns[threading.get_ident()] = _Turn()
        try:
            try:
                return function(*args, **kwargs)
            finally:
                if turn.ended():
                    raise DoesNotYield
        except _CalledOff:  # in the instant between the function's end and the turn's
            turn.ended()
            raise DoesNotYield from None
        finally:
            del self._turns[threading.get_ident()]


@cache
def turn_watch() -> _Watch:
    """The watch of this process, from when it is first asked for."""
    watch = _Watch()
    watch.start()
    return watch
