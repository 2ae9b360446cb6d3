"""Reading the files that people name: bounded, UTF-8, and one sentence for whatever else is there."""

from pathlib import Path

LONGEST = 1_000_000


class FileError(ValueError):
    """A file that cannot be read: one sentence that names it."""


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
