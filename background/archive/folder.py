"""An archive in a folder: one file for each content, written to a temporary file, synced, and then linked."""

import os
import re
import tempfile
from pathlib import Path
from typing import Final

from background.archive.durable import make_durable, remove_durably

PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}){0,4}", re.ASCII)


class FolderArchive:
    """Stores contents in files below ``folder``, which is created with the first one.

    The file system must have hard links: a file gets its name by a link, which never replaces another file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put_new(self, name: str, content: bytes) -> bool:
        """Store a content under an unused name; False, without any change, if the name is used.

        Raises OSError.
        """
        path = self._path(name)
        if path.exists():
            return False
        arriving = self.folder / "arriving"
        for each in (arriving, path.parent):
            each.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=arriving)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.link(aside, path)
        except FileExistsError:
            return False
        finally:
            Path(aside).unlink(missing_ok=True)
        for each in (path.parent, path.parent.parent, self.folder):
            make_durable(each)
        return True

    def get(self, name: str) -> bytes | None:
        """The content with a name; None if there is none. Raises OSError."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def remove(self, name: str) -> bool:
        """Delete the content with a name; returns whether there was one. Raises OSError."""
        return remove_durably(self._path(name))

    def _path(self, name: str) -> Path:
        if not PLAIN.fullmatch(name):
            raise ValueError(f"{name[:80]!r} is no name of an archived content")
        return self.folder / name
