"""The interface of stores of attachments, implemented by a folder and by a bucket."""

import hashlib
import re
from typing import BinaryIO, Final, Protocol

PIECE: Final = 1024 * 1024
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class AttachmentDamaged(Exception):
    """A stored content is missing or no longer has its digest; it must not be served."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The attachment {sha256} is missing from the store or damaged; restore it from a backup.")
        self.sha256 = sha256


def place_of(sha256: str) -> str:
    """The path of a content within its store. Raises ValueError for an invalid digest."""
    if not _DIGEST.fullmatch(sha256):
        raise ValueError(f"{sha256[:80]!r} is no SHA-256 in lower-case hexadecimal")
    return f"{sha256[:2]}/{sha256}"


def refuse_other(content: BinaryIO, sha256: str) -> None:
    """Read a content from its start. Raises ValueError if it has another digest."""
    content.seek(0)
    digest = hashlib.sha256()
    while piece := content.read(PIECE):
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise ValueError(f"the content's digest is {digest.hexdigest()}, not {sha256}")


class AttachmentStore(Protocol):
    """Stores contents by their SHA-256. All calls block; they may come from several threads and processes at once.

    ``at_most`` is the size limit of a content, in bytes. Raises OSError if the store fails.
    """

    at_most: int

    def put(self, sha256: str, content: BinaryIO) -> None:
        """Store a content, read from its start, durably or not at all.

        An existing content stays as it is; a damaged one is replaced. Raises ValueError if the content has another
        digest.
        """

    def open(self, sha256: str) -> BinaryIO:
        """The content, checked against its digest; the caller closes it. Raises AttachmentDamaged."""

    def exists(self, sha256: str) -> bool:
        """Whether there is a content with this digest."""

    def remove(self, sha256: str) -> bool:
        """Delete a content; returns whether it existed."""
