"""The key with which a log signs its checkpoints: in a file that nobody else may read, or in a device.

Of a key in a device the file has two lines: its public half as auditors keep it, and ``sign:`` with the program that
signs by it.
"""

import logging
import os
import secrets
import shlex
from contextlib import suppress
from pathlib import Path
from typing import Final

from configuration.errors import StartupError
from configuration.settings import Settings
from configuration.signing_program import SigningProgram
from domain.log.keys import COSIGNATURE, KeyWrong, Signer, read_public_key, read_secret_key, write_secret_key

log = logging.getLogger("shareflow.log_key")

USUAL: Final = "checkpoint.key"
"""Its name in the state folder, where no file is named."""
PROGRAM: Final = "sign:"
"""What stands before the program that signs, in the file of a key that a device keeps."""


def usual_file(settings: Settings) -> Path:
    """Where the key is: in the file that is named, else in the state folder."""
    return settings.log_key or settings.state / USUAL


def signer_in(file: Path) -> Signer:
    """The key in a file; one that is not there is made, with a name that no other log has.

    Raises StartupError for a file that cannot be used, and never replaces one.
    """
    try:
        if not file.exists():
            _make(file)
    except OSError as error:
        raise StartupError(f"{file} cannot be used: {error.strerror}.") from None
    return signer_there(file)


def signer_there(file: Path) -> Signer:
    """The key in a file that must be there: processes that each made one would sign the same log by many.

    Raises StartupError for a file that cannot be used.
    """
    try:
        return _signer(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise StartupError(f"{file} is not text: it has no key.") from None
    except (KeyWrong, ValueError) as error:
        raise StartupError(f"{file}: {error}.") from None
    except FileNotFoundError:
        raise StartupError(
            f"{file} is not there: `shareflow audit key --secret {file}` makes the log's secret key."
        ) from None
    except OSError as error:
        raise StartupError(f"{file} cannot be used: {error.strerror}.") from None


def signer_named(settings: Settings) -> Signer | None:
    """The key in the file that a setting names; None where none is named. Raises StartupError."""
    return signer_there(settings.log_key) if settings.log_key else None


def signer_at_hand(named: Path | None, state_folder: Path) -> Signer | None:
    """The key in the file that is named, else in the state folder, for whoever can do without; None where none is.

    A key that was named and cannot be used is told in the log.
    """
    try:
        return signer_there(named or state_folder / USUAL)
    except StartupError as error:
        if named is not None:
            log.warning("log key not usable", extra={"error": str(error)})
        return None


def _signer(written: str) -> Signer:
    """What signs by what stands in a file. Raises KeyWrong, also for a program that cannot be made out."""
    key, _, program = written.strip().partition("\n")
    if not program.startswith(PROGRAM):
        return read_secret_key(written)
    public = read_public_key(key)
    if public.kind == COSIGNATURE:
        raise KeyWrong("the key of a witness signs no log")
    try:
        command = shlex.split(program.removeprefix(PROGRAM))
    except ValueError as error:
        raise KeyWrong(f"the program that signs cannot be made out: {error}") from None
    if not command:
        raise KeyWrong(f"no program stands after {PROGRAM}")
    return SigningProgram(public, command)


def _make(file: Path) -> None:
    """Written beside and linked: of two that begin at once, both find the same whole key."""
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as made:
            made.write(f"{write_secret_key(f'shareflow/{secrets.token_hex(4)}', secrets.token_bytes(32))}\n")
            made.flush()
            os.fsync(made.fileno())
        with suppress(FileExistsError):
            os.link(beside, file)
    finally:
        beside.unlink()
