"""The store of archived histories: currently a folder, perhaps an object store later."""

import gzip
import io
import zlib
from typing import Final, Protocol

from background.archive.digests import both_digests
from ledger.queries.archive import ArchivedRun

LEVEL: Final = 6


class ArchiveStore(Protocol):
    """Stores contents by name, atomically. Calls block, and may come from several processes at once.

    Raises OSError if the store fails.
    """

    def put_new(self, name: str, content: bytes) -> bool:
        """Store a content under an unused name; False, without any change, if the name is used."""

    def get(self, name: str) -> bytes | None:
        """The content with a name; None if there is none."""

    def remove(self, name: str) -> bool:
        """Delete the content with a name; returns whether there was one."""


class ArchiveDiffers(Exception):
    """A name already has a different content, which is never overwritten."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The archive has another content under {name}: move that away and see who changed it")


class ArchiveDamaged(Exception):
    """A content in the register is missing from the archive, or is not what was archived."""


class ArchiveGone(ArchiveDamaged):
    """A content in the register is missing from the archive."""


class HistoryArchive:
    """Compressed histories in a store; reading checks both digests and refuses anything else than what was archived."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store

    def keep(self, name: str, text: bytes) -> None:
        """Store a history under a name. Idempotent. Raises ArchiveDiffers."""
        if self._store.put_new(name, gzip.compress(text, LEVEL, mtime=0)):
            return
        there = self._store.get(name)
        if there is None or _unpacked(there, len(text)) != text:
            raise ArchiveDiffers(name)

    def read(self, run: ArchivedRun) -> bytes:
        """The history of a run that the register has. Raises ArchiveDamaged."""
        there = self._store.get(run.stored_as)
        if there is None:
            raise ArchiveGone(f"{run.stored_as} is gone from the archive")
        text = _unpacked(there, run.bytes)
        if text is None or both_digests(text) != (run.sha256, run.sm3):
            raise ArchiveDamaged(f"{run.stored_as} is not what was archived: its digests are not those of the register")
        return text

    def remove(self, run: ArchivedRun) -> bool:
        """Delete the history of a run; returns whether it existed."""
        return self._store.remove(run.stored_as)


def _unpacked(content: bytes, length: int) -> bytes | None:
    """The uncompressed content, if it has this length; None otherwise. Never decompresses more than that."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(length + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return text if len(text) == length else None
