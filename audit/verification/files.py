"""Whether a dossier has what its manifest lists, unchanged, and nothing else."""

from audit.dossier.contents import FILING, CaseDossier, listed
from audit.verification.results import CheckFailed


def check_structure(dossier: CaseDossier) -> str:
    """Every file that a dossier must have is there, and every file that is there is listed. Raises CheckFailed.

    Dates and attributes that a zip gives its files, and packing does not, are named: nothing covers them.
    """
    names = [file.name for file in dossier.manifest.files]
    there = dossier.files.keys() | dossier.papers.keys()
    if names != sorted(set(names)):
        raise CheckFailed("the manifest lists a file twice, or its files out of order")
    missing = [name for name in (*dossier.manifest.required, *names) if name not in there or name not in names]
    if missing:
        raise CheckFailed(f"{missing[0]} is missing")
    unlisted = sorted(there - set(names))
    if unlisted:
        raise CheckFailed(f"{unlisted[0]} is not in the manifest")
    if bool(dossier.manifest.disposed) != (FILING in names) or (
        FILING in names and (dossier.histories or dossier.put_aside)
    ):
        raise CheckFailed(f"{FILING} stands beside a history, or the manifest does not say that this was disposed of")
    found = f"{len(names)} files, all of them listed"
    if dossier.marked:
        found += f"; the zip was written by something else: it gives {len(dossier.marked)} of them dates or attributes"
    return found


def check_digests(dossier: CaseDossier) -> str:
    """Each file has the length and both digests that the manifest says. Raises CheckFailed."""
    for file in dossier.manifest.files:
        content = dossier.papers.get(file.name) or listed(file.name, dossier.files[file.name])
        if content != file:
            raise CheckFailed(f"{file.name} is not the file that was packed")
    return f"SHA-256 and SM3 of {len(dossier.manifest.files)} files"
