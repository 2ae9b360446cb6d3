"""By which rules a case was decided and a dossier packed: the fingerprint of the code that decides.

Statutes, policies and calendars are packed with a case; this is what carries them out. Two releases with the same
fingerprint decide alike; with another they may, or may not.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_DECIDING: Final = ("domain", "procedures", "protocol", "workflows")


@cache
def release_here() -> str:
    """The number of this release, looked up once: finding it reads files of the installed package."""
    return version("shareflow")


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
