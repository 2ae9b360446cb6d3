"""Attachments in a folder: one file for each content, named by its SHA-256, written atomically."""

import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

from background.archive.durable import make_durable, remove_durably
from configuration.errors import StartupError
from starter.attachments.store import AttachmentDamaged, place_of

PIECE = 1024 * 1024
ABANDONED_SECONDS = 3600.0
"""A partial file of this age has no writer any more: its process was killed."""


class FolderStore:
    """Stores attachments under ``folder``, in subfolders by the first byte of the digest.

    Raises StartupError if the folder cannot be used.
    """

    def __init__(self, folder: Path, at_most: int) -> None:
        self.folder = folder
        self.at_most = at_most
        try:
            self._arriving.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sweep()
            with tempfile.TemporaryFile(dir=self._arriving):
                pass
        except OSError as error:
            cause = error.strerror or str(error)
            raise StartupError(
                f"The folder for attachments {folder} cannot be used ({cause}); "
                "set SHAREFLOW_ATTACHMENTS to a folder that can be written."
            ) from error

    def put(self, sha256: str, content: BinaryIO) -> None:
        """Store a content unless it exists undamaged: written to a temporary file, synced, then renamed."""
        path = self._path(sha256)
        if path.is_file() and _digest(path) == sha256:
            return
        handle, name = tempfile.mkstemp(dir=self._arriving)
        try:
            with os.fdopen(handle, "wb") as aside:
                _copy(content, aside, sha256)
                aside.flush()
                os.fsync(aside.fileno())
            path.parent.mkdir(mode=0o700, exist_ok=True)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        for changed in (path.parent, self.folder):
            make_durable(changed)

    def open(self, sha256: str) -> BinaryIO:
        """The content, after checking its digest."""
        try:
            file = self._path(sha256).open("rb")
        except FileNotFoundError:
            raise AttachmentDamaged(sha256) from None
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            file.close()
            raise AttachmentDamaged(sha256)
        file.seek(0)
        return file

    def exists(self, sha256: str) -> bool:
        """Whether there is a content with this digest."""
        return self._path(sha256).is_file()

    def remove(self, sha256: str) -> bool:
        """Delete a content; returns whether it existed."""
        return remove_durably(self._path(sha256))

    @property
    def _arriving(self) -> Path:
        return self.folder / "arriving"

    def _path(self, sha256: str) -> Path:
        return self.folder / place_of(sha256)

    def _sweep(self) -> None:
        """Remove partial files left by killed processes."""
        oldest = time.time() - ABANDONED_SECONDS
        for left in self._arriving.iterdir():
            try:
                if left.stat().st_mtime < oldest:
                    left.unlink()
            except FileNotFoundError:  # its writer, or another sweep, was faster
                continue


def _copy(content: BinaryIO, aside: BinaryIO, sha256: str) -> None:
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
        aside.write(piece)
    if digest.hexdigest() != sha256:
        raise ValueError(f"the content's digest is {digest.hexdigest()}, not {sha256}")


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
