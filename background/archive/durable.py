"""Durable changes of folders."""

import os
from pathlib import Path


def make_durable(folder: Path) -> None:
    """Sync a folder, so that names added or removed survive a power failure. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def remove_durably(path: Path) -> bool:
    """Remove a file durably; returns whether it existed. Raises OSError."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    make_durable(path.parent)
    return True
