"""An archive in a folder: each content whole or not at all, and none over another."""

import gzip
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from background.archive.digests import both_digests
from background.archive.folder import FolderArchive
from background.archive.store import ArchiveDamaged, ArchiveDiffers, HistoryArchive
from ledger.queries.archive import ArchivedRun

NAME, TEXT = "ab/NANTONG-X/run.json.gz", b'{"events":[]}'
RUN = ArchivedRun(
    "NANTONG-X", "run", None, "completed", datetime(2026, 9, 18, tzinfo=UTC), *both_digests(TEXT), len(TEXT), NAME
)


@pytest.fixture
def folder(tmp_path: Path) -> FolderArchive:
    return FolderArchive(tmp_path / "deep" / "archive")


def test_a_history_is_kept_once_compressed_and_read_again(folder: FolderArchive) -> None:
    archive = HistoryArchive(folder)
    archive.keep(NAME, TEXT)
    file = folder.folder / NAME
    inode = file.stat().st_ino
    archive.keep(NAME, TEXT)
    assert file.stat().st_ino == inode
    assert gzip.decompress(file.read_bytes()) == TEXT
    assert archive.read(RUN) == TEXT
    assert list((folder.folder / "arriving").iterdir()) == []
    assert [archive.remove(RUN), archive.remove(RUN)] == [True, False]


def test_nothing_is_written_over_another(folder: FolderArchive) -> None:
    archive = HistoryArchive(folder)
    archive.keep(NAME, TEXT)
    with pytest.raises(ArchiveDiffers, match="another content"):
        archive.keep(NAME, TEXT + b" ")
    assert archive.read(RUN) == TEXT


def test_whoever_comes_between_the_look_and_the_name_is_not_written_over(
    folder: FolderArchive, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two workers archive one run at once: the second finds the name taken when it gives it."""
    linked = os.link

    def overtaken(aside: str, path: Path) -> None:
        path.write_bytes(gzip.compress(b"the other's"))
        linked(aside, path)

    monkeypatch.setattr("os.link", overtaken)
    with pytest.raises(ArchiveDiffers):
        HistoryArchive(folder).keep(NAME, TEXT)
    assert gzip.decompress((folder.folder / NAME).read_bytes()) == b"the other's"


def test_half_a_file_is_nothing(folder: FolderArchive, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as without_room:
        without_room.setattr("os.fsync", full)
        with pytest.raises(OSError, match="No space"):
            folder.put_new(NAME, TEXT)
    assert folder.get(NAME) is None
    assert folder.put_new(NAME, TEXT)


@pytest.mark.parametrize(
    "content",
    [b"", b"\x1f\x8b", gzip.compress(TEXT)[:-9], gzip.compress(TEXT[:-1]), gzip.compress(TEXT * 1_000_000)],
    ids=["nothing", "a beginning", "cut off", "another text", "far too long"],
)
def test_what_is_not_what_was_archived_is_not_read(folder: FolderArchive, content: bytes) -> None:
    assert folder.put_new(NAME, content)
    with pytest.raises(ArchiveDamaged, match="not what was archived"):
        HistoryArchive(folder).read(RUN)


def test_both_digests_count(folder: FolderArchive) -> None:
    archive = HistoryArchive(folder)
    archive.keep(NAME, TEXT)
    for wrong in (replace(RUN, sha256="0" * 64), replace(RUN, sm3="0" * 64), replace(RUN, bytes=len(TEXT) - 1)):
        with pytest.raises(ArchiveDamaged):
            archive.read(wrong)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../b", "", "a//b", ".hidden", "a/.b", "a\nb", "甲"])
def test_no_name_leads_out_of_the_folder(folder: FolderArchive, name: str) -> None:
    with pytest.raises(ValueError, match="no name"):
        folder.put_new(name, TEXT)
