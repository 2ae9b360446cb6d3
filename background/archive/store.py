"""Where archived histories are kept: what a folder does today and an object store may do later."""

import gzip
import io
import zlib
from typing import Final, Protocol

from background.archive.digests import both_digests
from ledger.queries.archive import ArchivedRun

LEVEL: Final = 6


class ArchiveStore(Protocol):
    """Keeps contents by name, each whole or not at all. Calls block, and may come from several processes at once.

    Raises OSError when the place itself fails.
    """

    def put_new(self, name: str, content: bytes) -> bool:
        """Keep a content under a name that nothing has; False, and nothing done, where something has it."""

    def get(self, name: str) -> bytes | None:
        """What is kept under a name; None where nothing is."""

    def remove(self, name: str) -> bool:
        """Let go of what is kept under a name; whether anything was."""


class ArchiveDiffers(Exception):
    """Another content is kept under a name already: nothing is ever written over it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"The archive has another content under {name}: move that away and see who changed it")


class ArchiveDamaged(Exception):
    """What the register says is kept is gone from the archive, or is not what was archived."""


class ArchiveGone(ArchiveDamaged):
    """What the register says is kept is not in the archive at all."""


class HistoryArchive:
    """Histories, compressed, in a store; what is read is what was archived, by both digests, or it is refused."""

    def __init__(self, store: ArchiveStore) -> None:
        self._store = store

    def keep(self, name: str, text: bytes) -> None:
        """Keep a history under a name; one that is kept there already may be said again. Raises ArchiveDiffers."""
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
        """Let go of the history of a run; whether it was there."""
        return self._store.remove(run.stored_as)


def _unpacked(content: bytes, length: int) -> bytes | None:
    """What was compressed, if it is of this length: never more is unpacked. None otherwise."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            text = file.read(length + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return text if len(text) == length else None
