"""A log's key that a device keeps (密码机): a program signs with it, and the secret never comes near this process."""

import subprocess
from collections.abc import Sequence
from typing import Final

from domain.log.keys import CannotCheck, CannotSign, KeyWrong, PublicKey

SECONDS: Final = 30
"""How long a program may take for a signature: the ledger's log waits for it."""


class SigningProgram:
    """What signs by a program: it reads the text on standard input and writes the bytes of the signature, nothing else.

    ``command`` is the program with its arguments; no shell stands between.
    """

    def __init__(self, key: PublicKey, command: Sequence[str]) -> None:
        self.key = key
        self._command = command

    def sign(self, message: bytes) -> bytes:
        """The signature over a text, checked by the public key where this machine can. Blocks. Raises CannotSign."""
        try:
            done = subprocess.run(self._command, input=message, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise self._failed(f"gave nothing within {SECONDS} s") from None
        except OSError as error:
            raise self._failed(f"cannot be run: {error.strerror}") from None
        if done.returncode != 0:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise self._failed(f"ended with {done.returncode}{f' ({said:.200})' if said else ''}")
        try:
            self.key.check(message, done.stdout)
        except KeyWrong:
            raise self._failed(f"wrote {len(done.stdout)} bytes that are no signature by {self.key.name}") from None
        except CannotCheck:
            pass  # whoever keeps the checkpoint has what checks it
        return done.stdout

    def _failed(self, how: str) -> CannotSign:
        return CannotSign(f"Nothing was signed: {self._command[0]} {how}.")
