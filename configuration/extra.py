"""Whether the engine was installed at all, or what an auditor needs: what a program or a fixture asks before all else.

``pip install shareflow`` brings the client's dependencies alone; the modules of the engine are there, and what they
stand on is not. This file imports nothing but the standard library, so that it can say so in a sentence.
"""

import sys
from collections.abc import Iterator

DISTRIBUTION = "shareflow"
OF_AN_EXTRA = r"""^(?P<name>[A-Za-z0-9._-]+).*;.*\bextra\s*==\s*['"]%s['"]"""
UNUSABLE = 2
"""The exit code for input or an installation that cannot be used."""


def missing(extra: str = "engine") -> Iterator[str]:
    """The distributions of an extra, as the installed package names them, that are not installed."""
    import re
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        wanted = distribution(DISTRIBUTION).requires or ()
    except PackageNotFoundError:
        return  # run from a folder that was never installed: whoever does that sees to the rest
    for requirement in wanted:
        read = re.match(OF_AN_EXTRA % extra, requirement)
        if read is None:
            continue
        try:
            distribution(read["name"])
        except PackageNotFoundError:
            yield read["name"]


def why_no_engine(who: str) -> str | None:
    """Why ``who`` (a program, a fixture) cannot run here, in one sentence, or None when the engine is installed."""
    lacking = list(missing())
    if not lacking:
        return None
    return f'{who} needs pip install "shareflow[engine]" (not installed here: {", ".join(lacking)}).'


def why_no_audit(who: str) -> str | None:
    """Why ``who`` cannot check a dossier here, or None when what that takes is installed."""
    lacking = list(missing("audit"))
    if not lacking:
        return None
    return f'{who} needs pip install "shareflow[audit]" (not installed here: {", ".join(lacking)}).'


def exit_without_engine(who: str) -> None:
    """End a program with one sentence on standard error, exit code 2, unless the engine is installed."""
    _exit(why_no_engine(who))


def exit_without_audit(who: str) -> None:
    """End a program in that way unless what checks dossiers is installed, which the engine brings along."""
    _exit(why_no_audit(who))


def _exit(why: str | None) -> None:
    if why:
        sys.stderr.write(f"{why}\n")
        raise SystemExit(UNUSABLE)
