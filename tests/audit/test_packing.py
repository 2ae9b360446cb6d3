"""The file of a dossier: what was packed comes back, and no zip does harm."""

import hashlib
import io
import os
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from audit.dossier import packing
from audit.dossier.contents import EVENTS, INDEX, MANIFEST, CaseDossier, DossierUnusable, listed, manifest_of
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
    "a name that goes on behind a NUL": zipped({**WITH_MANIFEST, "a?b": b""}).replace(b"a?b", b"a\0b"),
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


def test_a_line_is_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_VALUES", 100)
    with pytest.raises(DossierUnusable, match="no more than 100 values"):
        unpacked(io.BytesIO(zipped({EVENTS: b"0\n" * 101})))


def repacked(change: Callable[[zipfile.ZipFile, list[zipfile.ZipInfo]], object]) -> bytes:
    """The whole dossier with something done to its zip, which is then written anew."""
    content = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as whole, zipfile.ZipFile(content, "w") as other:
        entries = whole.infolist()
        change(other, entries)
        for entry in entries:
            other.writestr(entry, whole.read(entry.filename))
    return content.getvalue()


def overwritten(at: int, *, listed: bool = False, by: bytes) -> bytes:
    """The whole dossier with other bytes in what it says of its second file, before it or in the directory."""
    content = bytearray(WHOLE)
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as whole:
        first, second = whole.infolist()[:2]
        start = whole.start_dir + 46 + len(first.filename) if listed else second.header_offset
    content[start + at : start + at + len(by)] = by
    return bytes(content)


def behind_the_end_of_what_is_packed() -> bytes:
    """A manifest with something behind its end, and lengths that cover both."""
    content, more = bytearray(WHOLE), b"hidden"
    with zipfile.ZipFile(io.BytesIO(WHOLE)) as whole:
        first, second, directory = *whole.infolist()[:2], whole.start_dir
    for at in (18, directory + 20):
        content[at : at + 4] = struct.pack("<L", first.compress_size + len(more))
    for place in (place for place in range(directory, len(content)) if content[place : place + 4] == b"PK\1\2"):
        offset = int.from_bytes(content[place + 42 : place + 46], "little")
        content[place + 42 : place + 46] = struct.pack("<L", offset + len(more) if offset else 0)
    content[-6:-2] = struct.pack("<L", directory + len(more))
    content[second.header_offset : second.header_offset] = more
    return bytes(content)


def with_comment(archive: zipfile.ZipFile, _: object) -> None:
    archive.comment = b"hidden"


TOUCHED = {
    "a zip in front": zipped({"manifest.json": b"{}"}) + WHOLE,
    "a byte in front": b"#" + WHOLE,
    "bytes behind": WHOLE + b"hidden",
    "a comment": repacked(with_comment),
    "a comment of a file": repacked(lambda _, entries: setattr(entries[0], "comment", b"hidden")),
    "an extra field": repacked(lambda _, entries: setattr(entries[0], "extra", b"\xfe\xca\x02\x00hi")),
    "a link": repacked(lambda _, entries: setattr(entries[-1], "external_attr", 0o120777 << 16)),
    "another order": repacked(lambda _, entries: entries.reverse()),
    "behind the end of what is packed": behind_the_end_of_what_is_packed(),
}


@pytest.mark.parametrize("touched", TOUCHED)
def test_nothing_stands_in_a_zip_beside_its_files(touched: str) -> None:
    with zipfile.ZipFile(io.BytesIO(TOUCHED[touched])) as readable:
        assert readable.testzip() is None
    with pytest.raises(DossierUnusable, match="not a dossier as shareflow audit export writes it"):
        unpacked(io.BytesIO(TOUCHED[touched]))


def test_a_dossier_whose_zip_was_written_anew_is_one() -> None:
    again = unpacked(io.BytesIO(repacked(lambda *_: None)))
    assert (again.manifest, again.marked) == (MADE, ())


SAID_TWICE = {
    "a method": overwritten(8, by=b"\x08\0"),
    "a digest": overwritten(14, by=b"\1\1\1\1"),
    "a length": overwritten(22, by=b"\1\1\1\1"),
    "flags": overwritten(6, by=b"\2\0"),
    "a disk": overwritten(34, listed=True, by=b"\1\0"),
    "a number of files": WHOLE[:-14] + b"\1\0" + WHOLE[-12:],
}


@pytest.mark.parametrize("touched", SAID_TWICE)
def test_what_a_zip_says_twice_it_says_alike(touched: str) -> None:
    with pytest.raises(DossierUnusable, match="not a dossier as shareflow audit export writes it"):
        unpacked(io.BytesIO(SAID_TWICE[touched]))


MARKED = {
    "a date before a file": overwritten(10, by=b"\x55\x55"),
    "a version before a file": overwritten(4, by=b"\x15"),
    "a date": overwritten(12, listed=True, by=b"\x77\x77"),
    "a program's attributes": overwritten(38, listed=True, by=struct.pack("<L", 0o104777 << 16 | 0x10)),
    "a text's attributes": overwritten(36, listed=True, by=b"\1"),
    "a packer": overwritten(4, listed=True, by=b"\x1f"),
}


@pytest.mark.parametrize("touched", MARKED)
def test_what_is_told_by_dates_and_attributes_is_named(touched: str) -> None:
    dossier = unpacked(io.BytesIO(MARKED[touched]))
    assert dossier.marked == (MADE.files[0].name,)


def test_a_zip_that_grows_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 4000)
    with pytest.raises(DossierUnusable, match="no more than"):
        unpacked(io.BytesIO(zipped({**WITH_MANIFEST, "large": b"\x00" * 10_000})))
    monkeypatch.setattr(packing, "_check_entries", lambda *_: None)  # whoever lies about the length
    with pytest.raises(DossierUnusable, match="no more than"):
        unpacked(io.BytesIO(zipped({**WITH_MANIFEST, "large": b"\x00" * 10_000})))


def of_many_entries(number: int) -> bytes:
    """A zip whose directory lists so many files, none of which is there."""
    one = zipped({"x": b""})
    at = one.index(b"PK\x01\x02")
    directory, start = one[at : one.index(b"PK\x05\x06")] * number, 30
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, number, number, len(directory), start)
    where = struct.pack("<4sLQL", b"PK\6\7", 0, start + len(directory), 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return b"PK\x03\x04" + bytes(26) + directory + end64 + where + last


@pytest.mark.parametrize("number", [150_000, 1_000_000])
def test_a_directory_without_end_is_refused_before_it_is_read(number: int) -> None:
    file = io.BytesIO(of_many_entries(number))
    tracemalloc.start()
    try:
        with pytest.raises(DossierUnusable, match="lists far more"):
            unpacked(file)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * packing.MOST_AT_ONCE


def test_as_many_files_as_there_may_be_are_read() -> None:
    names = {f"{number:0200}": b"" for number in range(packing.MOST_FILES + 1)}
    with pytest.raises(DossierUnusable, match=rf"no more than {packing.MOST_FILES} files\.$"):
        unpacked(io.BytesIO(zipped(names)))


def test_nobody_waits_for_a_named_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "x.zip"
    os.mkfifo(pipe)
    for other in (pipe, tmp_path):
        with pytest.raises(DossierUnusable, match=f"^{other} is not a file.$"):
            read_dossier(other)


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
