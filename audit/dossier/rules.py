"""By which rules a case was decided and a dossier packed: the fingerprint of the code that decides.

Statutes, policies and calendars are packed with a case; this is what carries them out. Two releases with the same
fingerprint decide alike; with another they may, or may not.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_RELEASE: Final = re.compile(r"([0-9]{1,4}(?:\.[0-9]{1,4}){1,3})(?:(a|b|rc)([0-9]{1,3}))?", re.ASCII)
_DECIDING: Final = ("domain", "procedures", "protocol", "workflows")


@cache
def release_here() -> str:
    """The number of this release, looked up once: finding it reads files of the installed package."""
    return version("shareflow")


def is_newer(release: str) -> bool:
    """Whether a text is the number of a release after this one."""
    theirs, ours = _order(release), _order(release_here())
    return theirs is not None and ours is not None and theirs > ours


def _order(release: str) -> tuple[list[int], str, int] | None:
    """What numbers of releases are sorted by: those in the making (a, b, rc) come before the one that they become."""
    found = _RELEASE.fullmatch(release)
    if found is None:
        return None
    numbers, stage, count = found.groups()
    return ([*map(int, numbers.split(".")), 0, 0, 0][:4], stage or "z", int(count or 0))


@cache
def rules_here() -> str:
    """The fingerprint of this version: SHA-256 over the source files of what decides, by their names."""
    found = hashlib.sha256()
    for package in _DECIDING:
        for name, file in sorted(_sources(package, files(package))):
            found.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def _sources(name: str, folder: Traversable) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        if each.is_dir():
            yield from _sources(f"{name}/{each.name}", each)
        elif each.name.endswith(".py"):
            yield f"{name}/{each.name}", each
