"""Names in folders that outlast a power failure."""

import os
from pathlib import Path


def make_durable(folder: Path) -> None:
    """Have what was named or removed in a folder stay so, also after a power failure. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_durably(path: Path) -> bool:
    """Remove a file for good; whether it was there. Raises OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    make_durable(path.parent)
    return True
