"""The type of a paper, determined from its content: file name and declared type are only claims."""

import codecs
import re
import struct
from typing import BinaryIO
from zipfile import BadZipFile, ZipFile

import puremagic

from domain.validation_messages import shown

PDF, OFD = "application/pdf", "application/ofd"
PNG, JPEG = "image/png", "image/jpeg"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TEXT, CSV = "text/plain", "text/csv"

ENDINGS = {
    PDF: (".pdf",),
    OFD: (".ofd",),
    PNG: (".png",),
    JPEG: (".jpg", ".jpeg"),
    DOCX: (".docx",),
    XLSX: (".xlsx",),
    TEXT: (".txt",),
    CSV: (".csv",),
}
"""The accepted types, with the file endings that they may have, the usual one first."""

SAME = {
    "image/jpg": JPEG,
    "application/vnd.ofd": OFD,
    "application/x-ofd": OFD,
    "application/csv": CSV,
    "text/x-csv": CSV,
}
"""Other names of accepted types."""

NO_CLAIM = ("", "application/octet-stream")
"""Declared types that claim nothing."""

PACKED = {OFD: "OFD.xml", DOCX: "word/document.xml", XLSX: "xl/workbook.xml"}
"""Types that are ZIP archives, each with a part that only it has."""

HEAD = 16 * 1024
PIECE = 256 * 1024
LARGEST_DIRECTORY = 2 * 1024 * 1024
_END_OF_DIRECTORY = struct.Struct("<4s4H2LH")

_ACTIVE = re.compile(r"\s*(<[!?a-z/]|#!|\{\\rtf)", re.IGNORECASE)
"""Active text: markup, scripts, rich text."""
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


class NotTaken(Exception):
    """The type of a content is not accepted, or differs from the claim.

    ``word`` names its sentence in the catalogue (``attachment``), ``details`` fill it in.
    """

    def __init__(self, word: str, **details: str) -> None:
        super().__init__(word)
        self.word = word
        self.details = details


def kind_of(content: BinaryIO, claimed: str | None, name: str | None = None) -> str:
    """The media type of a content, which must be the one ``claimed`` (a Content-Type), if any.

    Whether a text is a table cannot be detected: the claim decides, or else the name. Raises NotTaken.
    """
    claim = _claim(claimed)
    found = _looked_at(content)
    if found is None:
        raise NotTaken("unknown_type")
    if found == TEXT and (claim == CSV or (claim in NO_CLAIM and (name or "").lower().endswith(ENDINGS[CSV]))):
        found = CSV
    if claim not in NO_CLAIM and claim != found:
        raise NotTaken("other_type", found=found, claim=shown(claim, 100))
    return found


def refuse_foreign_claim(claimed: str | None) -> None:
    """Refuse a content whose declared type is not accepted, before it is read. Raises NotTaken."""
    if _claim(claimed) not in (*NO_CLAIM, *ENDINGS):
        raise NotTaken("unknown_type")


def _claim(claimed: str | None) -> str:
    claim = (claimed or "").partition(";")[0].strip().lower()
    return SAME.get(claim, claim)


def fitting_name(name: str | None, kind: str) -> str:
    """A file name with the right ending for the content, so that it opens in the right program."""
    endings = ENDINGS[kind]
    if not name:
        return "attachment" + endings[0]
    return name if name.lower().endswith(endings) else name + endings[0]


def _looked_at(content: BinaryIO) -> str | None:
    content.seek(0)
    head = content.read(HEAD)
    if head.startswith(b"PK\x03\x04"):
        return _packed(content)
    signed = _signatures(head)
    for kind in (PDF, PNG, JPEG):
        if kind in signed:
            return kind
    return TEXT if any(_is_text(content, encoding) for encoding in ("utf-8-sig", "gb18030")) else None


def _signatures(head: bytes) -> frozenset[str]:
    try:
        return frozenset(match.mime_type for match in puremagic.magic_string(head))
    except (puremagic.PureError, ValueError):
        return frozenset()


def _packed(content: BinaryIO) -> str | None:
    """The packed type, if it is exactly one and has no macros."""
    if not _has_a_modest_directory(content):
        return None
    try:
        with ZipFile(content) as archive:
            parts = frozenset(archive.namelist())
    except (BadZipFile, ValueError, NotImplementedError, OSError, struct.error):
        return None
    if any(part.lower().endswith("vbaproject.bin") for part in parts):
        return None
    kinds = [kind for kind, part in PACKED.items() if part in parts]
    return kinds[0] if len(kinds) == 1 else None


def _has_a_modest_directory(content: BinaryIO) -> bool:
    """Whether an archive's directory is small enough to read quickly, so that it is not a zip bomb."""
    size = content.seek(0, 2)
    content.seek(max(0, size - 0xFFFF - _END_OF_DIRECTORY.size))
    tail = content.read()
    at = tail.rfind(b"PK\x05\x06")
    large = tail[max(0, at - 20) : at].startswith(b"PK\x06\x07")
    if at < 0 or large or len(tail) - at < _END_OF_DIRECTORY.size:
        return False
    directory_size: int = _END_OF_DIRECTORY.unpack_from(tail, at)[5]
    return directory_size <= LARGEST_DIRECTORY


def _is_text(content: BinaryIO, encoding: str) -> bool:
    content.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    first = True
    try:
        while piece := content.read(PIECE):
            text = decoder.decode(piece)
            if _UNPRINTABLE.search(text) or (first and _ACTIVE.match(text)):
                return False
            first = False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
