"""A disk that can be full: a file system of its own, whose size shrinks to what is in it and grows again."""

import os
import subprocess
from pathlib import Path
from typing import Final

ROOM: Final = 4 * 1024**3
"""Bytes that there is room for while it is well; memory is taken for what is written alone."""


class Disk:
    """A file system at a folder, which only root may have; ``name`` says whose it is."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = folder

    def mount(self) -> None:
        """Put it there, empty."""
        self.folder.mkdir(parents=True)
        _mount("-t", "tmpfs", "-o", f"size={ROOM},mode=755", "shareflow-chaos", str(self.folder))

    def fill(self) -> None:
        """From now on nothing more can be written, as long as nothing is removed."""
        while True:
            told = os.statvfs(self.folder)
            used = (told.f_blocks - told.f_bfree) * told.f_frsize
            try:
                _mount("-o", f"remount,size={used}", str(self.folder))
            except subprocess.CalledProcessError:  # more was written meanwhile than there would be room for
                continue
            return

    def mend(self) -> None:
        """There is room again."""
        _mount("-o", f"remount,size={ROOM}", str(self.folder))

    def unmount(self) -> None:
        """Take it away, with all that is on it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


def may_mount() -> bool:
    """Whether this process may have a disk of its own."""
    return os.geteuid() == 0 and Path("/usr/bin/mount").exists()


def _mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)
