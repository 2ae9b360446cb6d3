"""The files that people name: read bounded and as UTF-8, written whole, and one sentence for whatever else happens."""

import os
import shutil
import uuid
from pathlib import Path
from stat import S_IRGRP, S_IRWXO, S_IWGRP

LONGEST = 1_000_000


class FileError(ValueError):
    """A file that cannot be read or written: one sentence that names it."""


def read_text(name: str, longest: int = LONGEST) -> str:
    """The text of a file, of at most ``longest`` bytes.

    Reads no more than it must, so that neither a huge file nor an endless device takes the memory. Raises
    Failure naming the file, and the line where that is what is wrong.
    """
    try:
        with Path(name).open("rb") as file:
            content = file.read(longest + 1)
    except OSError as error:
        raise FileError(f"{name}: cannot be read ({error.strerror or error}).") from None
    except ValueError as error:
        raise FileError(f"{name}: cannot be read ({error}).") from None
    if len(content) > longest:
        raise FileError(f"{name}: is too large; a file may have at most {longest} bytes.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(f"{name}, line {line}: is not UTF-8 text.") from None


def write_text(name: str, text: str) -> None:
    """Write a file whole or not at all: what stood there before stays until the new text is complete.

    What is no file but takes text, such as a pipe, is written as it goes. Raises FileError naming the file.
    """
    if not name:
        raise FileError("The file to write to has no name.")
    try:
        path = Path(name).resolve()
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")
        else:
            _replace(path, text)
    except (OSError, ValueError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or error
        raise FileError(f"{name} cannot be written: {reason}.") from None


def others_may_read(file: Path) -> bool:
    """Whether a secret in a file is not this process's alone: any user, or a group that it is not of, may read it.

    A group may read what is its own process's; whoever starts as root does not show which group that will be. Of
    root's group is nobody else: what systemd and Kubernetes hand a process is of it. Raises OSError.
    """
    there = file.stat()
    if there.st_mode & (S_IRWXO | S_IWGRP):
        return True
    group = {0, os.getegid(), *os.getgroups()}
    return bool(there.st_mode & S_IRGRP) and os.geteuid() != 0 and there.st_gid not in group


def _replace(path: Path, text: str) -> None:
    beside = path.with_name(f".{uuid.uuid4().hex}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        if path.exists():
            shutil.copymode(path, beside)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
