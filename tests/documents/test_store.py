"""The folder of attachments: whole or not at all, found whole or not served, also by several and when killed."""

import hashlib
import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from api.settings import ApiSettings, api_settings
from configuration.errors import StartupError
from configuration.object_store import object_place_of
from configuration.settings import Settings
from starter.attachments import AttachmentDamaged, store_in
from starter.attachments.arriving import Arriving, TooLarge
from starter.attachments.folder import ABANDONED_SECONDS, FolderStore

CONTENT = "申请表".encode() * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "attachments", 1_000_000)


def files(store: FolderStore) -> list[str]:
    return sorted(x.relative_to(store.folder).as_posix() for x in store.folder.rglob("*") if x.is_file())


def test_what_is_kept_comes_back_word_for_word(store: FolderStore) -> None:
    assert not store.exists(DIGEST)
    store.put(DIGEST, io.BytesIO(CONTENT))
    assert store.exists(DIGEST)
    with store.open(DIGEST) as file:
        assert file.read() == CONTENT
    assert files(store) == [f"{DIGEST[:2]}/{DIGEST}"]


def test_the_same_content_is_kept_once(store: FolderStore) -> None:
    store.put(DIGEST, io.BytesIO(CONTENT))
    before = (store.folder / DIGEST[:2] / DIGEST).stat()
    store.put(DIGEST, io.BytesIO(CONTENT))
    after = (store.folder / DIGEST[:2] / DIGEST).stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_many_at_once_leave_one_whole_file(store: FolderStore) -> None:
    writers = [threading.Thread(target=store.put, args=(DIGEST, io.BytesIO(CONTENT))) for _ in range(16)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert files(store) == [f"{DIGEST[:2]}/{DIGEST}"]
    with store.open(DIGEST) as file:
        assert file.read() == CONTENT


@pytest.mark.parametrize("damage", ["one byte", "cut short", "gone"])
def test_what_is_damaged_is_never_served_and_is_mended_by_bringing_it_again(damage: str, store: FolderStore) -> None:
    store.put(DIGEST, io.BytesIO(CONTENT))
    path = store.folder / DIGEST[:2] / DIGEST
    match damage:
        case "one byte":
            path.write_bytes(CONTENT[:-1] + b"x")
        case "cut short":
            path.write_bytes(CONTENT[:-1])
        case "gone":
            path.unlink()
    with pytest.raises(AttachmentDamaged, match=DIGEST):
        store.open(DIGEST)
    store.put(DIGEST, io.BytesIO(CONTENT))
    with store.open(DIGEST) as file:
        assert file.read() == CONTENT


def test_a_content_under_a_foreign_digest_is_refused_and_leaves_nothing(store: FolderStore) -> None:
    with pytest.raises(ValueError, match="digest"):
        store.put("0" * 64, io.BytesIO(CONTENT))
    assert files(store) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", "0" * 63, "0" * 64 + "\n"])
def test_only_digests_are_names(name: str, store: FolderStore) -> None:
    for ask in (store.exists, store.open):
        with pytest.raises(ValueError, match="SHA-256"):
            ask(name)


def test_a_disk_that_fails_midway_leaves_nothing(store: FolderStore) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError("the disk is gone")
            return super().read(min(size or 100, 100))

    with pytest.raises(OSError, match="disk is gone"):
        store.put(DIGEST, Failing(CONTENT))
    assert files(store) == []


KILLED = """
import io, os, signal, sys
from pathlib import Path
from starter.attachments.folder import FolderStore

class Deadly(io.BytesIO):
    def read(self, size=-1):
        if self.tell():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().read(1000)

FolderStore(Path(sys.argv[1]), 10**6).put(sys.argv[2], Deadly(b"x" * 5000))
"""


def test_a_process_killed_while_writing_leaves_nothing_that_lasts(store: FolderStore) -> None:
    digest = hashlib.sha256(b"x" * 5000).hexdigest()
    ended = subprocess.run([sys.executable, "-c", KILLED, str(store.folder), digest], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not store.exists(digest)
    (left,) = (store.folder / "arriving").iterdir()
    FolderStore(store.folder, store.at_most)
    assert left.exists()  # its writer might still be at work
    old = left.stat().st_mtime - ABANDONED_SECONDS - 1
    os.utime(left, (old, old))
    FolderStore(store.folder, store.at_most)
    assert files(store) == []


def test_an_upload_that_ends_early_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Arriving(10) as arriving:
        arriving.take(b"12345")
        assert list(tmp_path.iterdir()) == []  # it has no name from the start
        with pytest.raises(TooLarge):
            arriving.take(b"678901")
    assert arriving.file.closed
    assert list(tmp_path.iterdir()) == []


def test_digests_are_those_of_what_came() -> None:
    with Arriving(1000) as arriving:
        arriving.take(b"ab")
        arriving.take(b"c")
        assert arriving.sha256 == hashlib.sha256(b"abc").hexdigest()
        assert arriving.sm3 == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"  # GB/T 32905, A.1
        assert arriving.size == 3


# Settings


def test_the_operator_names_folder_and_limit(tmp_path: Path) -> None:
    usual = store_in(None, tmp_path)
    assert isinstance(usual, FolderStore)
    assert (usual.folder, usual.at_most) == (tmp_path / "attachments", 20 * 1024 * 1024)
    said = Settings({"SHAREFLOW_ATTACHMENTS": str(tmp_path / "elsewhere"), "SHAREFLOW_ATTACHMENT_LIMIT": "1000"})
    named = store_in(said.attachments, tmp_path, said.attachment_limit)
    assert isinstance(named, FolderStore)
    assert (named.folder, named.at_most) == (tmp_path / "elsewhere", 1000)


def test_what_nobody_sets_is_one_thing_everywhere() -> None:
    usual = api_settings(Settings({}))
    assert usual == ApiSettings()


@pytest.mark.parametrize("limit", ["0", "-1", "1.5", "20M", "9" * 30, "１０"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(StartupError, match="SHAREFLOW_ATTACHMENT_LIMIT"):
        _ = Settings({"SHAREFLOW_ATTACHMENT_LIMIT": limit}).attachment_limit


def test_a_folder_that_cannot_be_used_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StartupError, match="SHAREFLOW_ATTACHMENTS"):
        store_in(tmp_path / "taken", tmp_path)


def test_a_bucket_is_named_whole_and_in_the_place_of_a_folder(tmp_path: Path) -> None:
    key = {"SHAREFLOW_S3_KEY_ID": "id", "SHAREFLOW_S3_SECRET": "hush"}
    named = object_place_of(Settings({"SHAREFLOW_S3_BUCKET": "papers/city/", **key}))
    assert named
    assert (named.bucket, named.prefix, named.region, "hush" in repr(named)) == ("papers", "city", "us-east-1", False)
    assert object_place_of(Settings({})) is None
    for said, sentence in (
        ({"SHAREFLOW_S3_BUCKET": "papers", "SHAREFLOW_ATTACHMENTS": str(tmp_path)}, "are both set"),
        ({"SHAREFLOW_S3_BUCKET": "papers", "SHAREFLOW_S3_KEY_ID": "id"}, "belong together"),
        ({"SHAREFLOW_S3_BUCKET": "../papers"}, "must be a bucket such as"),
    ):
        with pytest.raises(StartupError, match=sentence):
            object_place_of(Settings(said))
