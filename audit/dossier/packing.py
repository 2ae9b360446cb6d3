"""The file of a dossier: a zip in which the same case is always written in the same way.

Reading trusts nothing: a zip can say one length and have another, lead out of its folder, hold itself, or grow without
end. What is read is bounded before it is read.
"""

import errno
import io
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from audit.dossier.contents import (
    MANIFEST,
    PIECE,
    CaseDossier,
    DossierUnusable,
    PackedFile,
    is_paper,
    measured,
    read_manifest,
)
from audit.dossier.layout import ATTRIBUTES, BEGINNING, check_deflated, check_layout, check_order
from audit.dossier.seal import SEAL

MOST_FILES: Final = 10_000
MOST_BYTES: Final = 256 << 20
"""How large the files of a dossier may be, all together and unpacked; its papers, which nobody holds, not counted."""
MOST_VALUES: Final = 4_000_000
"""So many values its JSON may have: read, each takes many times the bytes in which it is written."""
_BEFORE_VALUES: Final = (b",", b"[", b"{")
_OF_LINES: Final = ".jsonl"
"""Ends the names of the files that have a value a line."""
LONGEST_NAME: Final = 200
MOST_AT_ONCE: Final = MOST_FILES << 9
"""How many bytes are read at once: the directory of a zip is, and takes ten times as many bytes in memory.

More than the directory of a dossier has: 46 bytes an entry, its name, and what other packers add to it.
"""
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_OF_PAPERS: Final = (zipfile.ZIP_STORED,)
_ENCRYPTED: Final = 0x1
_UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
)  # fmt: skip
"""What reading a zip raises where it is none, or is damaged."""


class PaperLost(Exception):
    """A paper that was brought to the engine and cannot be had: it is damaged, gone, or in no store that is at hand."""


FindPaper = Callable[[str], IO[bytes] | None]
"""Opens the paper of a digest; None for one that nobody has kept. Raises PaperLost."""


def write_dossier(to: IO[bytes], dossier: CaseDossier, find: FindPaper) -> None:
    """Write the zip of a dossier: the manifest first and its seal, then its files in the manifest's order.

    Papers are copied piece by piece, as they are: they take no more room in a zip than they say.

    Raises OSError, also for a paper that was there and is gone.
    """
    with zipfile.ZipFile(to, "w") as archive:
        _add(archive, MANIFEST, dossier.manifest.written())
        if dossier.seal is not None:
            _add(archive, SEAL, dossier.seal)
        for file in dossier.manifest.files:
            if file.name in dossier.files:
                _add(archive, file.name, dossier.files[file.name])
                continue
            entry, paper = _entry(file.name, zipfile.ZIP_STORED), find(file.sha256)
            if paper is None:
                raise FileNotFoundError(errno.ENOENT, f"{file.name} is gone")
            entry.file_size = file.bytes  # so that the zip knows beforehand how large its numbers must be
            with paper, archive.open(entry, "w") as inside:
                shutil.copyfileobj(paper, inside, PIECE)


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(_entry(name, zipfile.ZIP_DEFLATED), content)


def _entry(name: str, method: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, BEGINNING)
    entry.compress_type = method
    entry.external_attr = ATTRIBUTES
    return entry


class _ReadInPieces:
    """The file of a zip as ``zipfile`` asks for it. Raises DossierUnusable where it asks for too much at once.

    It reads the directory whole, however long the zip says that this is, before it can be asked how many files there
    are.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable, self.close = file.seek, file.tell, file.seekable, file.close

    def read(self, size: int = -1) -> bytes:
        """So many bytes, or all that are left."""
        content = self._file.read(size) if 0 <= size <= MOST_AT_ONCE else self._file.read(MOST_AT_ONCE + 1)
        if len(content) > MOST_AT_ONCE:
            raise DossierUnusable(f"A dossier has no more than {MOST_FILES} files, and this zip lists far more.")
        return content


def read_dossier(path: Path) -> CaseDossier:
    """The dossier in a file. Raises DossierUnusable, also for a file that cannot be read, and for what is no file.

    (Whoever opens a named pipe waits until somebody writes into it.)
    """
    try:
        if path.exists() and not path.is_file():
            raise DossierUnusable(f"{path} is not a file.")
        with path.open("rb") as file:
            return unpacked(file)
    except OSError as error:
        raise DossierUnusable(f"{path} cannot be read: {error.strerror}.") from None


def unpacked(file: IO[bytes]) -> CaseDossier:
    """The dossier in a zip. Raises DossierUnusable for a zip that no dossier is."""
    try:
        size = file.seek(0, io.SEEK_END)
        with zipfile.ZipFile(_ReadInPieces(file)) as archive:
            entries = archive.infolist()
            _check_entries(entries, size)
            marked = check_layout(file, entries, size)
            room, values = MOST_BYTES, MOST_VALUES
            files: dict[str, bytes] = {}
            papers: dict[str, PackedFile] = {}
            for entry in entries:
                if is_paper(entry.filename):
                    with archive.open(entry) as paper:
                        papers[entry.filename] = measured(entry.filename, paper)
                    continue
                content = _content(archive, entry, room)
                check_deflated(file, entry, len(content))
                room -= len(content)
                values -= _values_in(entry.filename, content)
                if values < 0:
                    raise DossierUnusable(f"A dossier has no more than {MOST_VALUES} values in its files.")
                files[entry.filename] = content
    except _UNREADABLE as error:
        raise DossierUnusable(f"This is not a zip that can be read: {str(error) or type(error).__name__}.") from None
    if MANIFEST not in files:
        raise DossierUnusable(f"This zip has no {MANIFEST}: it is not a dossier.")
    manifest, seal = read_manifest(files.pop(MANIFEST)), files.pop(SEAL, None)
    check_order((entry.filename for entry in entries), manifest)
    return CaseDossier(manifest, files, papers, seal, marked)


def _values_in(name: str, content: bytes) -> int:
    """How many values a file may hold, by the bytes that stand before each."""
    lines = content.count(b"\n") if name.endswith(_OF_LINES) else 0
    return lines + sum(map(content.count, _BEFORE_VALUES))


def _check_entries(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    if len(entries) > MOST_FILES:
        raise DossierUnusable(f"A dossier has no more than {MOST_FILES} files.")
    if sum(entry.file_size for entry in entries if not is_paper(entry.filename)) > MOST_BYTES:
        raise DossierUnusable(f"A dossier has no more than {MOST_BYTES >> 20} MiB besides its papers.")
    if sum(entry.file_size for entry in entries if is_paper(entry.filename)) > size:
        raise DossierUnusable("The papers in the zip are said to be larger than the zip.")
    seen = set[str]()
    for entry in entries:
        name = entry.filename
        if name in seen:
            raise DossierUnusable(f"The zip has two files named {name!r:.60}.")
        seen.add(name)
        written = entry.orig_filename  # a reader takes a name for over at a NUL, another one does not
        if not _is_plain(written):
            raise DossierUnusable(f"The zip has a file named {written!r:.60}, which no dossier has.")
        methods = _OF_PAPERS if is_paper(name) else _METHODS
        if entry.flag_bits & _ENCRYPTED or entry.compress_type not in methods:
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
        while piece := file.read(PIECE):
            made += piece
            if len(made) > room:
                raise DossierUnusable(f"A dossier has no more than {MOST_BYTES >> 20} MiB besides its papers.")
    return bytes(made)
