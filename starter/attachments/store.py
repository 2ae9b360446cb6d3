"""Where attachments are kept: what a folder does today and an object store may do later."""

from typing import BinaryIO, Protocol


class AttachmentDamaged(Exception):
    """What is kept under a digest is gone or no longer has that digest: it must never be served."""

    def __init__(self, sha256: str) -> None:
        super().__init__(f"The attachment {sha256} is missing from the store or damaged; restore it from a backup.")
        self.sha256 = sha256


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
