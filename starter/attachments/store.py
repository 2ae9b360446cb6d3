"""Where attachments are kept: what a folder does, and a bucket of an object store."""

import hashlib
import re
from typing import BinaryIO, Final, Protocol

PIECE: Final = 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class AttachmentDamaged(Exception):
    """What is kept under a digest is gone or no longer has that digest: it must never be served."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The attachment {sha256} is missing from the store or damaged; restore it from a backup.")
        self.sha256 = sha256


def place_of(sha256: str) -> str:
    """Where a content is kept within its store. Raises ValueError for what is no digest."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{sha256[:80]!r} is no SHA-256 in lower-case hexadecimal")
    return f"{sha256[:2]}/{sha256}"


def refuse_other(content: BinaryIO, sha256: str) -> None:
    """Read a content from its start. Raises ValueError where it has another digest."""
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise ValueError(f"the content's digest is {digest.hexdigest()}, not {sha256}")


class AttachmentStore(Protocol):
    """Keeps contents by their SHA-256. All calls block; they may come from several threads and processes at once.

    ``at_most`` is the largest content that it takes, in bytes. Raises OSError when the place itself fails.
    """

    at_most: int

    def put(self, sha256: str, content: BinaryIO) -> None:
        """Keep a content, read from its start. When this returns it is safe; when it fails nothing of it is there.

        A content that is kept already stays as it is; a damaged one is replaced. Raises ValueError for a content
        that has another digest.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The content, found to have its digest; close it. Raises AttachmentDamaged."""

    def exists(self, sha256: str) -> bool:
        """Whether anything is kept under this digest."""

    def remove(self, sha256: str) -> bool:
        """Let go of a content for good; whether it was there."""
