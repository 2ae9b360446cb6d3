"""Whether a folder has the dossiers that its list says, each under the name that it had, and no other."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from audit.dossier.contents import PIECE, CaseDossier, DossierUnusable
from audit.dossier.folder_list import LIST, LONGEST, DossierList, FolderEntry, file_of, read_list
from audit.dossier.seal import LIST_SEAL
from audit.verification.asked import check_asked, not_asked_for
from audit.verification.log import origin_of
from audit.verification.record import events_in
from audit.verification.results import CheckFailed, CheckResult
from audit.verification.seal import check_list_seal, signers_of_list
from audit.verification.vouching import keys_of_logs
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
    results = [_list_checked(folder, found, names)]
    seal, keys = _beginning(folder / LIST_SEAL, MOST_BYTES), keys_of_logs(keys)
    try:
        told = check_list_seal(found, seal, keys)
        results.append(CheckResult(check="seal", result="ok" if keys else "skipped", detail=told))
    except CheckFailed as error:
        results.append(CheckResult(check="seal", result="FAIL", detail=error.detail))
    return results


def _list_checked(folder: Path, found: DossierList, names: Collection[str]) -> CheckResult:
    missing = [entry for entry in found.dossiers if entry.file not in names]
    if missing:
        lost = "; ".join(f"{entry.file} of {entry.request_id} is missing" for entry in missing)
        return CheckResult(check="list", result="FAIL", detail=lost)
    try:
        for case, times in Counter(entry.request_id for entry in found.dossiers).items():
            if times > 1:
                raise CheckFailed(f"{LIST} lists {case} more than once")
        check_asked(folder, found)
    except CheckFailed as error:
        return CheckResult(check="list", result="FAIL", detail=error.detail)
    return CheckResult(check="list", result="ok", detail=_what_is_listed(found))


def _what_is_listed(found: DossierList) -> str:
    """What was asked for and how much of it there is; each case without a dossier by its name, with the reason."""
    asked = ", ".join(f"{name} {value}" for name, value in sorted(found.asked.items()) if value) or "all cases"
    without = "".join(f"; {each.request_id}: {each.reason}" for each in found.left_out)
    counted = f"dossiers listed: {len(found.dossiers)}; cases without one: {len(found.left_out)}"
    return f"asked for: {asked}; {counted}{without}"


def sealers(folder: Path, found: DossierList, keys: Sequence[PublicKey]) -> Collection[str]:
    """The names of the logs whose keys have sealed a folder's list; none where no key of a log is given or none has.

    Raises DossierUnusable for a seal that is far too large, OSError.
    """
    seal, keys = _beginning(folder / LIST_SEAL, MOST_BYTES), keys_of_logs(keys)
    try:
        return signers_of_list(found, seal, keys) if seal is not None and keys else ()
    except CheckFailed:
        return ()


def check_name(
    file: Path, dossier: CaseDossier, found: DossierList | None, sealed_by: Collection[str] = ()
) -> CheckResult | None:
    """What is wrong about a file of a folder, for the case that is in it; None where nothing is. Raises OSError.

    ``sealed_by`` are the logs that have sealed the list: none speaks for the dossiers of another.
    """
    said = _misnamed(file, dossier.manifest.request_id, found) or _of_another_log(dossier, sealed_by)
    if found is not None:
        said = said or _counted_otherwise(dossier, found.by_file()[file.name]) or not_asked_for(dossier, found.asked)
    return CheckResult(check="file", result="FAIL", detail=said) if said else None


def _of_another_log(dossier: CaseDossier, sealed_by: Collection[str]) -> str | None:
    origin = origin_of(dossier)
    if not sealed_by or origin is None or origin in sealed_by:
        return None
    return f"it is of the log {origin}, and {LIST} is sealed by {', '.join(sealed_by)}"


def _counted_otherwise(dossier: CaseDossier, entry: FolderEntry) -> str | None:
    """Whether the events of a dossier are those that the list counts; one that cannot be read fails by itself."""
    try:
        last = events_in(dossier)[-1]
    except (CheckFailed, LookupError):
        return None
    if (last.seq, last.digest) == (entry.events, entry.head):
        return None
    stands = f"it has {last.seq} events up to {last.digest}"
    return f"{stands}, and {LIST} says {entry.events} up to {entry.head!r:.70}"


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
