"""A paper being uploaded: digests are computed on the way, and nothing stays if the upload is incomplete."""

import hashlib
import tempfile
from types import TracebackType
from typing import Self


class TooLarge(Exception):
    """The paper exceeds the size limit."""


class Arriving:
    """Receives a content in pieces into an unnamed file, which disappears with the process in any case.

    Raises TooLarge at the first byte beyond ``at_most``.
    """

    def __init__(self, at_most: int) -> None:
        self.at_most = at_most
        self.size = 0
        self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by __exit__
        self._sha256 = hashlib.sha256()
        self._sm3 = hashlib.new("sm3")

    def take(self, piece: bytes) -> None:
        """Take the next piece."""
        self.size += len(piece)
        if self.size > self.at_most:
            raise TooLarge
        self._sha256.update(piece)
        self._sm3.update(piece)
        self.file.write(piece)

    @property
    def sha256(self) -> str:
        """SHA-256 of the content so far, in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def sm3(self) -> str:
        """SM3 (GB/T 32905) of the content so far, in hexadecimal."""
        return self._sm3.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard the temporary file; what was kept is in the store."""
        self.file.close()
