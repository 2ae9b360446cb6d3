"""The file of a dossier: a zip in which the same case is always written in the same way.

Reading trusts nothing: a zip can say one length and have another, lead out of its folder, hold itself, or grow without
end. What is read is bounded before it is read.
"""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final

from audit.dossier.contents import MANIFEST, CaseDossier, DossierUnusable, Manifest, read_manifest

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 256 << 20
"""How large the files of a dossier may be, all together and unpacked."""
LONGEST_NAME: Final = 200
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
_READ_AT_ONCE: Final = 1 << 20
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1


def packed(manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
    """The zip of a dossier: the manifest first, then its files in the manifest's order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        _add(archive, MANIFEST, manifest.written())
        for file in manifest.files:
            _add(archive, file.name, files[file.name])
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, _BEGINNING)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, content)


def read_dossier(path: Path) -> CaseDossier:
    """The dossier in a file. Raises DossierUnusable, also for a file that cannot be read."""
    try:
        with path.open("rb") as file:
            return unpacked(file)
    except OSError as error:
        raise DossierUnusable(f"{path} cannot be read: {error.strerror}.") from None


def unpacked(file: IO[bytes]) -> CaseDossier:
    """The dossier in a zip. Raises DossierUnusable for a zip that no dossier is."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            room = MOST_BYTES
            files: dict[str, bytes] = {}
            for entry in entries:
                content = _content(archive, entry, room)
                room -= len(content)
                files[entry.filename] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise DossierUnusable(f"This is not a zip that can be read: {str(error) or type(error).__name__}.") from None
    if MANIFEST not in files:
        raise DossierUnusable(f"This zip has no {MANIFEST}: it is not a dossier.")
    return CaseDossier(read_manifest(files.pop(MANIFEST)), files)


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MOST_FILES:
        raise DossierUnusable(f"A dossier has no more than {MOST_FILES} files.")
    if sum(entry.file_size for entry in entries) > MOST_BYTES:
        raise DossierUnusable(f"A dossier has no more than {MOST_BYTES >> 20} MiB.")
    seen = set[str]()
    for entry in entries:
        name = entry.filename
        if name in seen:
            raise DossierUnusable(f"The zip has two files named {name!r:.60}.")
        seen.add(name)
        if not _is_plain(name):
            raise DossierUnusable(f"The zip has a file named {name!r:.60}, which no dossier has.")
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _METHODS:
            raise DossierUnusable(f"{name} is packed in a way that no dossier is.")


def _is_plain(name: str) -> bool:
    """A name that leads nowhere else: no way up, no root, no drive, no folder of its own, nothing unprintable."""
    parts = name.split("/")
    return (
        0 < len(name) <= LONGEST_NAME
        and name.isascii()
        and name.isprintable()
        and not set(name) & set("\\:")
        and all(part not in ("", ".", "..") for part in parts)
    )


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, room: int) -> bytes:
    """A file of the zip, given up as soon as it is longer than there is room: what the zip says is only said."""
    made = bytearray()
    with archive.open(entry) as file:
        while piece := file.read(_READ_AT_ONCE):
            made += piece
            if len(made) > room:
                raise DossierUnusable(f"A dossier has no more than {MOST_BYTES >> 20} MiB.")
    return bytes(made)
