"""Atomic writing of files."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(to: Path) -> Iterator[IO[bytes]]:
    """A file to be written in the block, which then replaces the existing one atomically. Raises OSError."""
    beside = beside_of(to)
    try:
        with beside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, to)  # noqa: PTH105 - as one act
    finally:
        beside.unlink(missing_ok=True)


def beside_of(to: Path) -> Path:
    """The temporary path of a file while it is written."""
    return to.with_name(f".{to.name}.part")
