"""The list of a folder of dossiers (批量导出): which case stands in which file, and that all of them are there."""

import hashlib
import re
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError

from audit.dossier.contents import DossierUnusable
from domain.evidence import NotCanonical, canonical_json, plain
from domain.field_types import Sha256
from domain.model import Fixed

LIST: Final = "dossiers.json"
FORMAT: Final = "shareflow-dossiers/1"
LONGEST: Final = 256 << 20
"""In bytes: a million cases have no longer list."""
_PLAIN: Final = re.compile(r"[A-Z0-9][A-Za-z0-9+-]{0,120}", re.ASCII)


class FolderEntry(Fixed):
    """A dossier of the folder: its file with length and digest, how many events it has, and the last one's digest."""

    request_id: str
    file: str
    bytes: int
    sha256: Sha256
    events: int
    head: str


class LeftOut(Fixed):
    """A case of which no dossier could be made, and why."""

    request_id: str
    reason: str


class DossierList(Fixed):
    """What a folder holds: ``asked`` says for which cases somebody asked, in the words of the options."""

    format: str
    asked: dict[str, str | None]
    dossiers: tuple[FolderEntry, ...]
    left_out: tuple[LeftOut, ...]

    def written(self) -> bytes:
        """As it stands in the folder."""
        return f"{canonical_json(plain(self))}\n".encode()

    def by_file(self) -> Mapping[str, FolderEntry]:
        """Its dossiers by the names of their files."""
        return {entry.file: entry for entry in self.dossiers}


def read_list(content: bytes) -> DossierList:
    """The list that was written. Raises DossierUnusable for another format, and for anything but its one form."""
    try:
        found = DossierList.model_validate_json(content)
        written = found.written()
    except (ValidationError, NotCanonical):
        raise DossierUnusable(f"{LIST} is not the list of a folder of dossiers.") from None
    if found.format != FORMAT:
        raise DossierUnusable(f"{LIST} is of the format {found.format!r:.60}; this version reads {FORMAT}.")
    if written != content or len(found.by_file()) != len(found.dossiers):
        raise DossierUnusable(f"{LIST} is not written as a list is: something was added or changed.")
    return found


def file_of(request_id: str) -> str:
    """The name of a case's dossier in a folder: its id, or what stands for one that no file system should see."""
    plain_name = request_id if _PLAIN.fullmatch(request_id) else hashlib.sha256(request_id.encode()).hexdigest()
    return f"{plain_name}.zip"
