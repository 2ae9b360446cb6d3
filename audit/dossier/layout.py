"""How the files of a dossier lie in its zip: one after another from the first byte to the last, and nothing else.

A zip is read from its end, so that whatever stands before it, between its files or behind one is passed over by every
reader, or read by another one in its place. Nothing of the kind is covered by a manifest: here it is refused.
"""

import stat
import struct
import zipfile
import zlib
from collections.abc import Iterable
from typing import IO, Final

from audit.dossier.contents import MANIFEST, DossierUnusable, Manifest
from audit.dossier.seal import SEAL

_LOCAL: Final = struct.Struct("<4s5H3L2H")
"""What stands before each file (APPNOTE 4.3.7); its fourth number are flags, the last two are lengths."""
_IN_DIRECTORY: Final = 46
_END: Final = 22
_END_ZIP64: Final = 56 + 20
_LARGE: Final = b"\x01\x00"
"""Which extra field tells of a file that is larger than four GiB: the only one that is written (APPNOTE 4.5.3)."""
_LENGTHS_BEHIND: Final = 0x8
_ADDED: Final = "the zip has something beside the files of a dossier"


def check_layout(file: IO[bytes], archive: zipfile.ZipFile, size: int) -> None:
    """Every byte belongs to a file or to the directory. Raises DossierUnusable, struct.error where it is cut off."""
    here, directory = 0, 0
    for entry in archive.infolist():
        file.seek(entry.header_offset)
        _, _, flags, *_, name, extra = _LOCAL.unpack(file.read(_LOCAL.size))
        file.seek(name, 1)
        plain = flags & _LENGTHS_BEHIND == 0 and all(map(_is_of_length, (file.read(extra), entry.extra)))
        if entry.header_offset != here or entry.comment or not plain:
            raise _not_written(_ADDED)
        if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
            raise _not_written(f"{entry.filename} is no plain file")
        here += _LOCAL.size + name + extra + entry.compress_size
        directory += _IN_DIRECTORY + len(entry.orig_filename.encode()) + len(entry.extra)
    ends = (here + directory + _END, here + directory + _END_ZIP64 + _END)
    if archive.comment or archive.start_dir != here or size not in ends:
        raise _not_written(_ADDED)


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


def _is_of_length(content: bytes) -> bool:
    return not content or (content[:2] == _LARGE and len(content) == 4 + int.from_bytes(content[2:4], "little"))


def _not_written(why: str) -> DossierUnusable:
    return DossierUnusable(f"This is not a dossier as shareflow audit export writes it: {why}.")
