"""Sampled stacks of Python, counted by the library in which the time was spent."""

import re
import sysconfig
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
STANDARD: Final = Path(sysconfig.get_paths()["stdlib"])
WAITING: Final = frozenset({"asyncio", "concurrent", "threading", "selectors", "queue", "contextvars"})
"""Modules of the standard library that are where time goes; any other works for whoever calls it."""
TOGETHER: Final = {
    "sqlalchemy": "SQLAlchemy and driver",
    "psycopg2": "SQLAlchemy and driver",
    "temporalio": "Temporal's SDK",
    "google": "Temporal's SDK",
    "pydantic": "pydantic",
    "pydantic_core": "pydantic",
    **dict.fromkeys(WAITING, "asyncio and threads"),
}

_FRAME: Final = re.compile(r"(?P<function>.*) \((?P<file>[^()]*?)(?::\d+)?\)$")

Stacks = Sequence[tuple[Sequence[str], int]]
"""Stacks, outermost frame first, each with the number of samples that found it."""


def stacks_from(lines: Iterable[str]) -> Stacks:
    """What py-spy writes as ``raw``: the frames of a stack by ``;`` and its count after a space."""
    found = []
    for line in lines:
        frames, _, count = line.strip().rpartition(" ")
        if frames and count.isdigit():
            found.append((frames.split(";"), int(count)))
    return found


def library_of(file: str) -> str | None:
    """The library that a file belongs to, a room of this project among them; None for what works for its caller."""
    parts = Path(file).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts:
            return parts[parts.index(folder) + 1].removesuffix(".py")
    path = Path(file)
    if path.is_relative_to(ROOT):
        return path.relative_to(ROOT).parts[0]
    if path.is_relative_to(STANDARD):
        first = path.relative_to(STANDARD).parts[0].removesuffix(".py")
        return first if first in WAITING else None
    # Paths that are not absolute are what the interpreter or an extension calls itself.
    return None


def where(frames: Sequence[str]) -> str:
    """The library in which a stack's time was spent: that of the innermost frame that belongs to one."""
    for frame in reversed(frames):
        match = _FRAME.match(frame)
        library = library_of(match["file"]) if match else None
        if library is not None:
            return TOGETHER.get(library, library)
    return "the interpreter"


def by_library(stacks: Stacks) -> dict[str, float]:
    """The share of the samples by library, the largest first."""
    counted: Counter[str] = Counter()
    for frames, count in stacks:
        counted[where(frames)] += count
    whole = sum(counted.values()) or 1
    return {name: count / whole for name, count in counted.most_common()}


def passing(stacks: Stacks, most: int) -> dict[str, float]:
    """The functions of this project through which the largest shares of the samples passed."""
    counted: Counter[str] = Counter()
    for frames, count in stacks:
        counted.update(dict.fromkeys({named for frame in frames if (named := _ours(frame))}, count))
    whole = sum(count for _, count in stacks) or 1
    return {name: count / whole for name, count in counted.most_common(most)}


def _ours(frame: str) -> str | None:
    match = _FRAME.match(frame)
    if match is None or "site-packages" in match["file"] or not Path(match["file"]).is_relative_to(ROOT):
        return None
    return f"{Path(match['file']).relative_to(ROOT)}:{match['function']}"
