"""What a dossier holds: its files by name, and the manifest that lists them with their digests."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO, Annotated, Final, Literal

from pydantic import FailFast, ValidationError

from audit.dossier.rules import is_newer, release_here, rules_here
from domain.engine.records import Algorithm, Record
from domain.evidence import NotCanonical, canonical_json, plain
from domain.field_types import Sha256, on_one_line
from domain.model import Fixed

PIECE: Final = 1 << 20
"""How many bytes of a paper are held at once."""
FORMAT: Final = "shareflow-dossier/1"
MANIFEST: Final = "manifest.json"
EVENTS: Final = "events.jsonl"
STATUTE: Final = "statute.json"
POLICY: Final = "policy.json"
CALENDAR: Final = "calendar.json"
ACTS: Final = "acts.jsonl"
STAMP: Final = "timestamp.json"
HISTORY: Final = "history.json"
FILING: Final = "filing.json"
"""What was filed, in the place of the histories that were disposed of."""
DOCUMENTS: Final = "documents/"
INDEX: Final = f"{DOCUMENTS}index.json"
REQUIRED: Final = (EVENTS, STATUTE, POLICY, CALENDAR, HISTORY, INDEX)
"""What every dossier has, besides its manifest; one whose history was disposed of has the filing in its place."""

_LATER_RUN: Final = re.compile(r"history-([2-9]|[1-9][0-9]{1,3})\.json", re.ASCII)
_PUT_ASIDE: Final = re.compile(r"put-aside-([1-9][0-9]{0,3})\.json", re.ASCII)


class DossierUnusable(Exception):
    """What is no dossier that this version can read: one sentence says why."""


class PackedFile(Fixed):
    """A file of a dossier as its manifest lists it: its name, its length in bytes and its two digests."""

    name: str
    bytes: int
    sha256: Sha256
    sm3: Sha256


Withheld = tuple[Literal["persons"]]
"""What is left out of a dossier, by its packer's choice."""
PERSONS: Final[Withheld] = ("persons",)
Disposed = tuple[Literal["history"]]
"""What is not here, for it was let go of by an act that is."""
HISTORY_GONE: Final[Disposed] = ("history",)


class Manifest(Record):
    """The list of what a dossier holds, in order of name.

    ``made_by`` is the release that packed it, ``rules`` the fingerprint of the code that decides in it, ``algorithm``
    the one that chains the case's events. ``withheld``: what was left out and can be shown later, each piece by itself;
    None in a full dossier. ``disposed``: what the engine itself no longer had, by an act that is in the dossier.
    """

    ADDED_LATER = frozenset({"withheld", "disposed"})

    format: str
    request_id: str
    algorithm: Algorithm
    made_by: str
    rules: Sha256
    files: Annotated[tuple[PackedFile, ...], FailFast()]
    withheld: Withheld | None = None
    disposed: Disposed | None = None

    def written(self) -> bytes:
        """As it stands in the dossier."""
        return f"{canonical_json(plain(self))}\n".encode()

    @property
    def required(self) -> tuple[str, ...]:
        """What such a dossier has, besides its manifest."""
        return REQUIRED if self.disposed is None else tuple(FILING if it == HISTORY else it for it in REQUIRED)


@dataclass(frozen=True)
class CaseDossier:
    """A dossier that was read: its manifest, and its other files by name, whether the manifest lists them or not.

    ``seal`` is what its packer has signed of the manifest, where it was sealed.

    Papers may be large and many: of each is known what was found of it (``papers``, by name), its bytes are not held.

    ``marked``: those of whose files a zip says something that packing does not, a date or attributes.
    """

    manifest: Manifest
    files: Mapping[str, bytes]
    papers: Mapping[str, PackedFile] = field(default_factory=dict)
    seal: bytes | None = None
    marked: tuple[str, ...] = ()

    @property
    def histories(self) -> list[str]:
        """The names of the histories of the case's runs, the first run first."""
        later = (found for name in self.files if (found := _LATER_RUN.fullmatch(name)))
        return [
            *([HISTORY] if HISTORY in self.files else []),
            *(found[0] for found in sorted(later, key=lambda found: int(found[1]))),
        ]

    @property
    def put_aside(self) -> list[str]:
        """The names of the histories of runs that a reset has put aside, in the order in which they ended."""
        aside = (found for name in self.files if (found := _PUT_ASIDE.fullmatch(name)))
        return [found[0] for found in sorted(aside, key=lambda found: int(found[1]))]


def name_put_aside(number: int) -> str:
    """The name of the history of the first, second … run of a case that a reset has put aside."""
    return f"put-aside-{number}.json"


def name_of_run(number: int) -> str:
    """The name of the history of a case's first, second … run; most cases have one."""
    return HISTORY if number == 1 else f"history-{number}.json"


def is_paper(name: str) -> bool:
    """Whether a file of a dossier is a paper, named by its digest, and not the list of them."""
    return name.startswith(DOCUMENTS) and name != INDEX


def listed(name: str, content: bytes) -> PackedFile:
    """A file as a manifest lists it."""
    return PackedFile(
        name=name,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        sm3=hashlib.new("sm3", content).hexdigest(),
    )


def measured(name: str, content: IO[bytes]) -> PackedFile:
    """A file as a manifest lists it, read piece by piece."""
    size, sha256, sm3 = 0, hashlib.sha256(), hashlib.new("sm3")
    while piece := content.read(PIECE):
        size += len(piece)
        sha256.update(piece)
        sm3.update(piece)
    return PackedFile(name=name, bytes=size, sha256=sha256.hexdigest(), sm3=sm3.hexdigest())


def manifest_of(
    request_id: str,
    algorithm: Algorithm,
    made_by: str,
    files: Mapping[str, bytes],
    papers: Mapping[str, PackedFile] | None = None,
    withheld: Withheld | None = None,
) -> Manifest:
    """The manifest of these files, and of the papers that are packed beside them, by the rules of this version."""
    all_of_them = {**{name: listed(name, content) for name, content in files.items()}, **(papers or {})}
    packed = tuple(all_of_them[name] for name in sorted(all_of_them))
    return Manifest(
        format=FORMAT,
        request_id=request_id,
        algorithm=algorithm,
        made_by=made_by,
        rules=rules_here(),
        files=packed,
        withheld=withheld,
        disposed=HISTORY_GONE if FILING in files else None,
    )


def read_manifest(content: bytes) -> Manifest:
    """The manifest that was written.

    Raises DossierUnusable for another format, for anything but its one form, and for that of a later release.
    """
    try:
        manifest = Manifest.model_validate_json(content)
        written = manifest.written()
    except (ValidationError, NotCanonical):
        raise DossierUnusable(f"{MANIFEST} is not the manifest of a dossier.") from None
    if manifest.format != FORMAT:
        raise DossierUnusable(f"The dossier is of the format {manifest.format!r:.60}; this version reads {FORMAT}.")
    if written != content:
        raise DossierUnusable(f"{MANIFEST} is not written as a manifest is: something was added or changed.")
    if is_newer(manifest.made_by):
        raise DossierUnusable(
            f"The dossier was made by release {manifest.made_by}, newer than this one ({release_here()}): "
            f'take that one, pip install "shareflow[audit]=={manifest.made_by}".'
        )
    if on_one_line(manifest.request_id) != manifest.request_id:
        raise DossierUnusable(f"{MANIFEST} names a case as none is named, {manifest.request_id!r:.60}.")
    return manifest
