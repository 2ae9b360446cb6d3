"""A device that keeps the key of a log, for tests: a program that signs, and the file by which processes know it."""

import sys
from pathlib import Path

from tests.audit.logs import LOG_KEY

SECRET = b"\x01" * 32
"""That of ``LOG_KEY``."""
PROGRAM = """\
import sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
sys.stdout.buffer.write(Ed25519PrivateKey.from_private_bytes({secret!r}).sign(sys.stdin.buffer.read()))
"""


def device_in(folder: Path, secret: bytes = SECRET) -> Path:
    """The file that names the public half of ``LOG_KEY`` and a program that signs by this secret."""
    program, file = folder / "the device.py", folder / "device.key"
    program.write_text(PROGRAM.format(secret=secret), "utf-8")
    return named_in(file, f'{sys.executable} "{program}"')


def named_in(file: Path, command: str) -> Path:
    """The file of a device, with this command."""
    file.write_text(f"{LOG_KEY.key.written()}\nsign: {command}\n", "utf-8")
    return file
