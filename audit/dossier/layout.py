"""How the files of a dossier lie in its zip: one after another from the first byte to the last, and nothing else.

A zip is read from its end, so that whatever stands before it, between its files or behind one is passed over by every
reader, or read by another one in its place; and it says most things twice, of which each reader believes one. Nothing
of the kind is covered by a manifest: here it is refused. Dates and attributes, which no reader of a dossier asks for,
are those that packing writes, or are told.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable, Sequence
from functools import partial
from typing import IO, Final

from audit.dossier.contents import MANIFEST, DossierUnusable, Manifest
from audit.dossier.seal import SEAL

BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
"""The date of each file in the zip: none is told."""
ATTRIBUTES: Final = 0o644 << 16
"""Of each file in the zip: one that is read and written, and no program."""

_LOCAL: Final = struct.Struct("<4s5H3L2H")
"""What stands before each file (APPNOTE 4.3.7); the last two of its numbers are lengths."""
_LISTED: Final = struct.Struct("<4s4B4H3L5H2L")
"""What the directory says of each file (APPNOTE 4.3.12)."""
_END: Final = struct.Struct("<4s4H2LH")
_LARGE_END: Final = struct.Struct("<4sQ2H2L4Q4sLQL")
"""What stands before the end of a zip that is large: its numbers, and where they are (APPNOTE 4.3.14, 4.3.15)."""
_LARGE_END_AFTER: Final = 44
"""So many of its bytes are counted by itself."""
_LARGE: Final = 1
"""The extra field with the numbers of a file that is large (APPNOTE 4.5.3)."""
_WHEN: Final = (0, 1 << 5 | 1)
"""Time and date of each file, as a zip writes the first of January 1980."""
_SYSTEMS: Final = (3, 0)
"""Where it was packed: elsewhere than on Windows, or there (0)."""
_VERSION, _VERSION_OF_LARGE = 20, 45
Marks = tuple[int, ...]
"""Of a file in the directory: versions, system, time, date and attributes."""
_FULL: Final = 0xFFFFFFFF
"""Stands where a number is too large, and says that it is told elsewhere."""
_ADDED: Final = "the zip has something beside the files of a dossier"


def check_layout(file: IO[bytes], entries: Sequence[zipfile.ZipInfo], size: int) -> tuple[str, ...]:
    """Every byte is a file's or says where the files are; the names of those of which it says more than packing does.

    ``entries``: the files as the directory lists them; what they hold is checked against that by whoever reads them.
    Raises DossierUnusable, struct.error where the zip is cut off.
    """
    here, marked = 0, []
    for entry in entries:
        file.seek(here)
        start = file.read(_LOCAL.size)
        _, version, _, _, *when = _LOCAL.unpack(start)[:6]
        before = _before(entry, (version, *when))
        stored = entry.compress_type == zipfile.ZIP_STORED
        if entry.header_offset != here or (stored and entry.compress_size != entry.file_size):
            raise _not_written(_ADDED)
        if start + file.read(len(before) - _LOCAL.size) != before:
            raise _not_written(f"what its zip says of {entry.filename} it says otherwise in its directory")
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _not_written(f"{entry.filename} is no plain file")
        if before != _before(entry, (_version(entry), *_WHEN)) or _says(entry) not in map(
            partial(_writes, entry), _SYSTEMS
        ):
            marked.append(entry.filename)
        here += len(before) + entry.compress_size
    file.seek(here)
    if file.read(size - here) != _directory(entries, here):
        raise _not_written(_ADDED)
    return tuple(marked)


def _before(entry: zipfile.ZipInfo, marks: Sequence[int]) -> bytes:
    """What stands before a file; ``marks``: version, time and date."""
    large = _is_large(entry)
    sizes = (_FULL, _FULL) if large else (entry.compress_size, entry.file_size)
    extra = struct.pack("<2H2Q", _LARGE, 16, entry.file_size, entry.compress_size) if large else b""
    version, *when = marks
    name = entry.orig_filename.encode()
    said = (version, 0, entry.compress_type, *when, entry.CRC, *sizes, len(name), len(extra))
    return _LOCAL.pack(b"PK\3\4", *said) + name + extra


def _directory(entries: Sequence[zipfile.ZipInfo], start: int) -> bytes:
    """All that stands behind the files."""
    listed = b"".join(map(_listed, entries))
    files, length = len(entries), len(listed)
    large = b""
    if max(start, length) > zipfile.ZIP64_LIMIT:
        numbers = (_VERSION_OF_LARGE, _VERSION_OF_LARGE, 0, 0, files, files, length, start)
        where = (b"PK\6\7", 0, start + length, 1)
        large = _LARGE_END.pack(b"PK\6\6", _LARGE_END_AFTER, *numbers, *where)
    return listed + large + _END.pack(b"PK\5\6", 0, 0, files, files, length, min(start, _FULL), 0)


def _listed(entry: zipfile.ZipInfo) -> bytes:
    """What the directory says of a file, the marks as it has them."""
    large = max(entry.file_size, entry.compress_size) > zipfile.ZIP64_LIMIT
    numbers = _numbers(entry)
    extra = struct.pack(f"<2H{len(numbers)}Q", _LARGE, 8 * len(numbers), *numbers) if numbers else b""
    made, system, needs, kept, *when, inside, outside = _says(entry)
    sizes = (_FULL, _FULL) if large else (entry.compress_size, entry.file_size)
    name = entry.orig_filename.encode()
    lengths = (len(name), len(extra), 0, 0)
    said = (made, system, needs, kept, 0, entry.compress_type, *when, entry.CRC, *sizes, *lengths, inside, outside)
    at = _FULL if entry.header_offset > zipfile.ZIP64_LIMIT else entry.header_offset
    return _LISTED.pack(b"PK\1\2", *said, at) + name + extra


def _numbers(entry: zipfile.ZipInfo) -> Sequence[int]:
    """The numbers of a file that are too large for their place in the directory."""
    large = max(entry.file_size, entry.compress_size) > zipfile.ZIP64_LIMIT
    far = entry.header_offset > zipfile.ZIP64_LIMIT
    return [entry.file_size, entry.compress_size] * large + [entry.header_offset] * far


def _says(entry: zipfile.ZipInfo) -> Marks:
    """The marks of a file in the directory."""
    year, month, day, hour, minute, second = entry.date_time
    when = (hour << 11 | minute << 5 | second // 2, (year - 1980) << 9 | month << 5 | day)
    made = (entry.create_version, entry.create_system, entry.extract_version, entry.reserved)
    return (*made, *when, entry.internal_attr, entry.external_attr)


def _writes(entry: zipfile.ZipInfo, system: int) -> Marks:
    """The marks that packing writes."""
    version = _version(entry)
    return (version, system, version, 0, *_WHEN, 0, ATTRIBUTES)


def _version(entry: zipfile.ZipInfo) -> int:
    return _VERSION_OF_LARGE if _numbers(entry) or _is_large(entry) else _VERSION


def _is_large(entry: zipfile.ZipInfo) -> bool:
    """Whether the numbers before a file stand in a field of their own; ``zipfile`` leaves itself some room."""
    return entry.file_size * 1.05 > zipfile.ZIP64_LIMIT


def check_order(names: Iterable[str], manifest: Manifest) -> None:
    """The manifest comes first, then its seal, then the files in the manifest's order. Raises DossierUnusable.

    What the manifest does not list is for verification to name.
    """
    order = [MANIFEST, SEAL, *(file.name for file in manifest.files)]
    listed = set(order)
    there = [name for name in names if name in listed]
    found = set(there)
    if there != [name for name in order if name in found]:
        raise _not_written("its files stand in another order")


def check_deflated(file: IO[bytes], entry: zipfile.ZipInfo, length: int) -> None:
    """Nothing stands behind the end of what is packed, within its own bytes: ``length`` is how much that is unpacked.

    Raises DossierUnusable, zlib.error.
    """
    if entry.compress_type != zipfile.ZIP_DEFLATED:
        return
    file.seek(entry.header_offset)
    *_, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(name + extra, 1)
    packed = zlib.decompressobj(-zlib.MAX_WBITS)
    packed.decompress(file.read(entry.compress_size), length + 1)
    if not packed.eof or packed.unused_data:
        raise _not_written(_ADDED)


def _not_written(why: str) -> DossierUnusable:
    return DossierUnusable(f"This is not a dossier as shareflow audit export writes it: {why}.")
