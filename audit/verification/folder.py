"""Whether a folder has the dossiers that its list says, each under the name that it had, and no other."""

import hashlib
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from audit.dossier.contents import PIECE, CaseDossier, DossierUnusable
from audit.dossier.folder_list import LIST, LONGEST, DossierList, FolderEntry, file_of, read_list
from audit.dossier.seal import LIST_SEAL
from audit.verification.results import CheckFailed, CheckResult
from audit.verification.seal import check_list_seal
from domain.log.keys import PublicKey
from domain.log.notes import MOST_BYTES

_ID: Final = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)?-[A-Z2-7]{16}", re.ASCII)
"""What looks like the id of a case."""


def list_in(folder: Path) -> DossierList | None:
    """The list of a folder; None where it has none. Raises DossierUnusable for what is no list, OSError."""
    content = _beginning(folder / LIST, LONGEST)
    return None if content is None else read_list(content)


def check_list(
    folder: Path, found: DossierList, names: Collection[str], keys: Sequence[PublicKey]
) -> list[CheckResult]:
    """The list of a folder: whether each dossier in it is there (``names``), and whose seal it bears.

    Raises DossierUnusable for a seal that is far too large, OSError.
    """
    missing = [entry for entry in found.dossiers if entry.file not in names]
    complete = f"dossiers listed: {len(found.dossiers)}; cases without one: {len(found.left_out)}"
    results = [CheckResult(check="list", result="ok", detail=complete)]
    if missing:
        lost = "; ".join(f"{entry.file} of {entry.request_id} is missing" for entry in missing)
        results = [CheckResult(check="list", result="FAIL", detail=lost)]
    seal = _beginning(folder / LIST_SEAL, MOST_BYTES)
    try:
        told = check_list_seal(found, seal, keys)
        results.append(CheckResult(check="seal", result="ok" if keys else "skipped", detail=told))
    except CheckFailed as error:
        results.append(CheckResult(check="seal", result="FAIL", detail=error.detail))
    return results


def check_name(file: Path, dossier: CaseDossier, found: DossierList | None) -> CheckResult | None:
    """What is wrong about the name of a file, for the case that is in it; None where nothing is. Raises OSError."""
    said = _misnamed(file, dossier.manifest.request_id, found)
    return CheckResult(check="file", result="FAIL", detail=said) if said else None


def _misnamed(file: Path, case: str, found: DossierList | None) -> str | None:
    if found is not None:
        entry = found.by_file().get(file.name)
        if entry is None:
            return f"{LIST} does not list it"
        if entry.request_id != case:
            return f"{LIST} says that it is of {entry.request_id}"
        if not _is_listed(file, entry):
            return f"it is not the file that {LIST} lists"
    if _ID.fullmatch(file.stem) and file.name != file_of(case):
        return "it has the name of another case"
    return None


def _is_listed(file: Path, entry: FolderEntry) -> bool:
    digest, size = hashlib.sha256(), 0
    with file.open("rb") as opened:
        while piece := opened.read(PIECE):
            digest.update(piece)
            size += len(piece)
    return (size, digest.hexdigest()) == (entry.bytes, entry.sha256)


def _beginning(file: Path, most: int) -> bytes | None:
    """A file of a folder; None where it is not there. Raises DossierUnusable for one that is longer than any is."""
    try:
        with file.open("rb") as opened:
            content = opened.read(most + 1)
    except FileNotFoundError:
        return None
    if len(content) > most:
        raise DossierUnusable(f"{file.name} is too large.")
    return content
