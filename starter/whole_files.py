"""Files that are there whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(to: Path) -> Iterator[IO[bytes]]:
    """A file to be written inside; it takes the place of what is there when all is written. Raises OSError."""
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
    """Where a file is written until it is whole."""
    return to.with_name(f".{to.name}.part")
