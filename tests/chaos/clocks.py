"""Clocks that jump: what a process takes for the time of day is moved at any moment, by a library made here."""

import shutil
import struct
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).parent / "clock.c"
COMPILER: Final = shutil.which("cc")
"""What makes a library of it; None where there is none, and no clock jumps."""


class JumpingClock:
    """The clock of one process, right until it jumps; ``name`` says whose it is.

    ``farthest`` is by how many seconds at most it is tried, there and back.
    """

    farthest: Final = 600.0

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._library, self._file = folder / "clock.so", folder / f"{name}.ahead"
        self._file.write_bytes(struct.pack("=q", 0))
        if not self._library.exists():
            subprocess.run([str(COMPILER), "-shared", "-fPIC", "-O2", "-o", self._library, SOURCE, "-ldl"], check=True)

    def environment(self) -> Mapping[str, str]:
        """What has a process go by it."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_AHEAD": str(self._file)}

    def jump(self, seconds: float) -> None:
        """From now on it is so far ahead of the right time, or behind it."""
        with self._file.open("r+b") as file:
            file.write(struct.pack("=q", round(seconds * 1e9)))
