"""The file of a dossier: what was packed comes back, and no zip does harm."""

import hashlib
import io
import struct
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from audit.dossier import packing
from audit.dossier.contents import INDEX, MANIFEST, CaseDossier, DossierUnusable, listed, manifest_of
from audit.dossier.packing import read_dossier, unpacked
from tests.audit.dossiers import packed

PAPER = bytes(range(256)) * 5000
FILES = {"events.jsonl": b"{}\n" * 50, INDEX: b"[]\n"}
PAPERS = {f"documents/{hashlib.sha256(PAPER).hexdigest()}": PAPER}
FOUND = {name: listed(name, content) for name, content in PAPERS.items()}
MADE = manifest_of("NANTONG-1", "sm3", "0.1.0", FILES, FOUND)
WHOLE = packed(CaseDossier(MADE, FILES, FOUND), [PAPER])


def test_what_was_packed_comes_back() -> None:
    dossier = unpacked(io.BytesIO(WHOLE))
    assert (dossier.manifest, dossier.files, dossier.papers) == (MADE, FILES, FOUND)
    assert packed(dossier, [PAPER]) == WHOLE


def zipped(files: Mapping[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if change is not None:
                change(entry)
            archive.writestr(entry, content)
    return buffer.getvalue()


WITH_MANIFEST = {MANIFEST: MADE.written()}
NAMES = ("../up", "/root", "a/../b", "C:x", "a\\b", "a//b", "a/", "", "./a", "é", "a\nb", "a" * 201, "a/./b")


def twice() -> bytes:
    one, other = zipped({**WITH_MANIFEST, "aa": b"1", "ab": b"2"}), b"ab"
    return one.replace(other, b"aa")


def declared_short() -> bytes:
    """A file whose length in the directory is a lie."""
    content = bytearray(zipped({**WITH_MANIFEST, "bomb": b"\x00" * 5000}))
    for at in (place for place in range(len(content)) if content[place : place + 4] in (b"PK\x01\x02", b"PK\x03\x04")):
        offset = 24 if content[at : at + 4] == b"PK\x01\x02" else 22
        if content[at + offset : at + offset + 4] == struct.pack("<I", 5000):
            content[at + offset : at + offset + 4] = struct.pack("<I", 10)
    return bytes(content)


UNUSABLE = {
    "nothing": b"",
    "no zip": b"not a zip at all",
    "half of one": WHOLE[: len(WHOLE) // 2],
    "no manifest": zipped({"events.jsonl": b""}),
    "two of a name": twice(),
    "a wrong length": declared_short(),
    "a method of another kind": zipped(WITH_MANIFEST, lambda entry: setattr(entry, "compress_type", zipfile.ZIP_BZIP2)),
    "a manifest that is none": zipped({MANIFEST: b"{}"}),
    "a manifest in another form": zipped({MANIFEST: MADE.written() + b" "}),
    "another format": zipped({MANIFEST: MADE.written().replace(b"dossier/1", b"dossier/2")}),
    **{f"a file named {name!r:.20}": zipped({**WITH_MANIFEST, name: b""}) for name in NAMES},
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_a_zip_that_is_no_dossier_gets_one_sentence(case: str) -> None:
    with pytest.raises(DossierUnusable) as told:
        unpacked(io.BytesIO(UNUSABLE[case]))
    assert str(told.value).endswith(".")
    assert "\n" not in str(told.value)


def test_a_zip_that_grows_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 4000)
    with pytest.raises(DossierUnusable, match="no more than"):
        unpacked(io.BytesIO(zipped({**WITH_MANIFEST, "large": b"\x00" * 10_000})))
    monkeypatch.setattr(packing, "_check_entries", lambda *_: None)  # whoever lies about the length
    with pytest.raises(DossierUnusable, match="no more than"):
        unpacked(io.BytesIO(zipped({**WITH_MANIFEST, "large": b"\x00" * 10_000})))


def test_too_many_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_FILES", 2)
    with pytest.raises(DossierUnusable, match="no more than 2 files"):
        unpacked(io.BytesIO(zipped({**WITH_MANIFEST, "a": b"", "b": b""})))


def test_an_encrypted_zip_is_told() -> None:
    content = bytearray(zipped(WITH_MANIFEST))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    with pytest.raises(DossierUnusable):
        unpacked(io.BytesIO(bytes(content)))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(DossierUnusable, match="cannot be read"):
        read_dossier(tmp_path / "none.zip")
