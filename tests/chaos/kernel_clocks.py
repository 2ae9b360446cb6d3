"""Clocks of programs that no library comes between: Go reads the time by a page of the kernel's that each process has.

That page (the vDSO) is the process's own: what stands there as ``clock_gettime`` is written over by a function that
asks the kernel and adds some seconds to the time of day. Waits are measured by another clock, which does not jump.
"""

import ctypes
import os
import platform
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import psutil

AHEAD_AT: Final = 32
"""Where the function keeps by how many seconds the time of day is ahead, from its beginning."""
TELLS_TIME: Final = bytes.fromhex(
    "b8 e4 00 00 00"  # mov eax, 228          the number of clock_gettime; edi is which clock, rsi where to write
    "0f 05"  # syscall
    "85 c0 75 0e"  # test eax, eax; jnz 25    it failed
    "85 ff 75 0a"  # test edi, edi; jnz 25    not the time of day, which is clock 0
    "48 8b 15 0a 00 00 00"  # mov rdx, [32]   by how much it is ahead
    "48 01 16"  # add [rsi], rdx
    "c3"  # 25: ret
).ljust(AHEAD_AT, b"\xcc")
TRIES: Final = 200
STILL_WITHIN: Final = 10.0
"""Seconds within which a process that was told to stand still does: each thread hears of it at its next turn."""


class KernelClock:
    """The clock of one program, right until it jumps; ``family`` gives its processes.

    It stands still for an instant when its clock jumps first: nobody else may hold or end it then, and ``name`` is its.
    ``farthest`` is by how many seconds at most it is tried, there and back: a Temporal whose clock was ahead hands out
    no work until its clock has come there again.
    """

    farthest: Final = 20.0

    def __init__(self, name: str, family: Callable[[], Sequence[psutil.Process]]) -> None:
        self.name = name
        self._family = family

    def jump(self, seconds: float) -> None:
        """From now on it is so many whole seconds ahead of the right time, or behind it; not if it is started again."""
        for process in self._family():
            with suppress(ProcessLookupError, FileNotFoundError, psutil.NoSuchProcess):
                _set_ahead(process, round(seconds))


def may_set() -> bool:
    """Whether the function above can be put into other processes here."""
    return os.geteuid() == 0 and (platform.system(), platform.machine()) == ("Linux", "x86_64")


def _set_ahead(process: psutil.Process, seconds: int) -> None:
    pages = _kernel_pages(process.pid)
    function = pages.start + _offset()
    with Path(f"/proc/{process.pid}/mem").open("r+b", buffering=0) as memory:
        memory.seek(function)
        if memory.read(AHEAD_AT) != TELLS_TIME:
            with _outside(process, pages):
                memory.seek(function)
                memory.write(TELLS_TIME + bytes(8))
        memory.seek(function + AHEAD_AT)
        memory.write(struct.pack("=q", seconds))


@contextmanager
def _outside(process: psutil.Process, pages: range) -> Iterator[None]:
    """It stands still, none of its threads in these pages."""
    for _ in range(TRIES):
        process.suspend()
        try:
            if not any(place in pages for place in _places(process.pid)):
                yield
                return
        finally:
            process.resume()
        time.sleep(0.001)
    raise TimeoutError(f"process {process.pid} never leaves the pages of the kernel")


def _places(pid: int) -> Iterator[int]:
    """Where each thread of a process that has been told to stand still stands, once it does. Raises TimeoutError."""
    latest = time.monotonic() + STILL_WITHIN
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended before it was told
            while (said := (thread / "syscall").read_text().split()) == ["running"]:
                if time.monotonic() > latest:
                    raise TimeoutError(
                        f"thread {thread.name} of process {pid} does not stand still, though it was told"
                    )
                time.sleep(0.0005)
            yield int(said[-1], 16)


def _kernel_pages(pid: int | str) -> range:
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        if line.endswith("[vdso]"):
            first, last = (int(each, 16) for each in line.split()[0].split("-"))
            return range(first, last)
    raise ProcessLookupError(f"process {pid} has no pages of the kernel")


def _offset() -> int:
    """How far into those pages ``clock_gettime`` begins: in all processes alike."""
    function = ctypes.CDLL("linux-vdso.so.1").__vdso_clock_gettime
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address - _kernel_pages("self").start
