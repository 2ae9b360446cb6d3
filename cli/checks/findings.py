"""What a check finds."""

from dataclasses import dataclass
from typing import Literal

from cli.errors import exit_code

State = Literal["ok", "warning", "problem", "skipped"]


@dataclass(frozen=True)
class Check:
    """One finding: ``says`` what is, ``mend`` how to change it. Only a ``problem`` keeps Shareflow from working."""

    name: str
    state: State
    says: str
    mend: str | None = None


def ok(name: str, says: str) -> Check:
    """All is well."""
    return Check(name, "ok", says)


def skipped(name: str, says: str, mend: str | None = None) -> Check:
    """There was nothing to look at."""
    return Check(name, "skipped", says, mend)


def warning(name: str, says: str, mend: str | None = None) -> Check:
    """It works, and somebody should know."""
    return Check(name, "warning", says, mend)


def problem(name: str, says: str, mend: str | None = None) -> Check:
    """It does not work."""
    return Check(name, "problem", says, mend)


def unexpected(error: BaseException) -> str:
    """An error as one sentence; with its type where its message is not meant for people."""
    message = " ".join(str(error).split())[:400]
    if exit_code(error) is not None:
        return message
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
