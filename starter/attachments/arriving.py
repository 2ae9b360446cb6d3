"""A paper on its way in: digests are worked out while it comes, and nothing of it stays if it does not come whole."""

import hashlib
import tempfile
from types import TracebackType
from typing import Self


class TooLarge(Exception):
    """More bytes than a paper may have."""


class Arriving:
    """Takes a content piece by piece into a file without a name, which ends with the process, however it ends.

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
        """SHA-256 of what came so far, in hexadecimal."""
        return self._sha256.hexdigest()

    @property
    def sm3(self) -> str:
        """SM3 (GB/T 32905) of what came so far, in hexadecimal."""
        return self._sm3.hexdigest()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forget it; what was kept is in the store."""
        self.file.close()
