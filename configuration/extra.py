"""Whether the engine was installed at all: what a program or a fixture asks before all else.

``pip install shareflow`` brings the client's dependencies alone; the modules of the engine are there, and what they
stand on is not. This file imports nothing but the standard library, so that it can say so in a sentence.
"""

import sys
from collections.abc import Iterator

DISTRIBUTION = "shareflow"
OF_THE_ENGINE = r"""^(?P<name>[A-Za-z0-9._-]+).*;.*\bextra\s*==\s*['"]engine['"]"""
UNUSABLE = 2
"""The exit code for input or an installation that cannot be used."""


def missing() -> Iterator[str]:
    """The distributions of the extra ``engine``, as the installed package names them, that are not installed."""
    import re
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        wanted = distribution(DISTRIBUTION).requires or ()
    except PackageNotFoundError:
        return  # run from a folder that was never installed: whoever does that sees to the rest
    for requirement in wanted:
        read = re.match(OF_THE_ENGINE, requirement)
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


def exit_without_engine(who: str) -> None:
    """End a program with one sentence on standard error, exit code 2, unless the engine is installed."""
    why = why_no_engine(who)
    if why:
        sys.stderr.write(f"{why}\n")
        raise SystemExit(UNUSABLE)
