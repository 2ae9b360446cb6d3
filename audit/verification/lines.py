"""Records that stand one on a line, each in its one form (JSON Lines in canonical JSON)."""

from typing import TypeVar

from pydantic import ValidationError

from audit.verification.results import CheckFailed
from domain.evidence import NotCanonical, canonical_json, plain
from domain.model import Fixed

R = TypeVar("R", bound=Fixed)


def lines_in(
    name: str, content: bytes, record: type[R], what: str, unreadable: type[CheckFailed] = CheckFailed
) -> tuple[R, ...]:
    """The records of the file ``name``; ``what`` is what each is called, with its article.

    Raises CheckFailed for a line that does not stand in its one form, ``unreadable`` for one that is no such record.
    """
    lines = content.split(b"\n")
    if lines.pop() != b"":
        raise CheckFailed(f"{name} must end with a line end")

    def read(line: bytes, number: int) -> R:
        try:
            said = record.model_validate_json(line)
            written = canonical_json(plain(said)).encode()
        except (ValidationError, NotCanonical):
            raise unreadable(f"line {number} of {name} is not {what}") from None
        if written != line:
            raise CheckFailed(f"line {number} of {name} is not written as {what} is: something was added or changed")
        return said

    return tuple(read(line, number) for number, line in enumerate(lines, start=1))
