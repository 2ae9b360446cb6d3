"""A backup of an installation as one folder: the ledger, papers, archived histories, and the public keys of its log.

``manifest.json`` names every other file with its length and digest. Temporal's store and secret keys are not in it.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from background.archive.durable import make_durable
from domain.calendar import CHINA
from ledger.schema_check import SCHEMA

FORMAT: Final = "shareflow-backup/1"
MANIFEST: Final = "manifest.json"
LEDGER: Final = "ledger.dump"
"""The database, in PostgreSQL's custom dump format."""
KEY: Final = "keys/checkpoint.pub"
"""The public keys of the log, one on each line, as for `shareflow audit verify --key`."""
ARRIVING: Final = "arriving"
"""The subfolder of temporary files in the folders of papers and histories."""


class BackupUnusable(Exception):
    """A folder cannot take a backup, or its content cannot be restored; one sentence."""


class PlaceUnusable(Exception):
    """The place of a backup cannot be written; one sentence."""


class BackedUpFile(BaseModel, extra="forbid"):
    """A file of a backup: its length in bytes, and its digest in hexadecimal."""

    bytes: int
    sha256: str


class BackupManifest(BaseModel, extra="forbid"):
    """The content of a backup: its files by path, and the schema of the ledger."""

    format: str
    made_at: datetime
    shareflow: str
    ledger_schema: str
    files: dict[str, BackedUpFile]


@dataclass(frozen=True)
class CheckedBackup:
    """A verified backup, with the digest of its manifest, which identifies it."""

    folder: Path
    manifest: BackupManifest
    digest: str

    def files_of(self, part: str) -> Mapping[str, BackedUpFile]:
        """The files of ``attachments`` or ``archive``, by their paths there."""
        start = f"{part}/"
        return {name[len(start) :]: told for name, told in self.manifest.files.items() if name.startswith(start)}


class NewBackup:
    """A backup in progress, in a temporary folder beside its place, to which it is renamed when complete."""

    def __init__(self, to: Path) -> None:
        """Raises BackupUnusable for a place that holds anything, PlaceUnusable for one that cannot be written."""
        if not to.name:
            raise PlaceUnusable("A backup takes a folder of its own, which has a name, such as /backup/2026-11-28.")
        self.to = to
        self.folder = to.with_name(f".{to.name}.part")
        try:
            if to.exists() and any(to.iterdir()):
                raise BackupUnusable(f"The folder {to} is not empty: a backup takes a new one.")
            shutil.rmtree(self.folder, ignore_errors=True)  # left by an interrupted backup
            self.folder.mkdir(mode=0o700, parents=True)
        except OSError as error:
            raise PlaceUnusable(f"The folder {to} cannot be written ({error.strerror}).") from error

    @property
    def ledger(self) -> Path:
        """The path of the database dump."""
        return self.folder / LEDGER

    def take_folder(self, part: str, source: Path) -> None:
        """Copy the content of a folder; files deleted meanwhile are left out. Raises OSError."""
        for path in _files(source):
            with_parents = self.folder / part / path.relative_to(source)
            with_parents.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copy2(path, with_parents)
            except FileNotFoundError:
                continue

    def take_keys(self, public: Sequence[str]) -> None:
        """Keep public keys of the log as they are written, one a line; no file where there are none. Raises OSError."""
        if public:
            (self.folder / KEY).parent.mkdir(mode=0o700)
            (self.folder / KEY).write_text("".join(f"{key}\n" for key in public), encoding="utf-8")

    def finish(self, schema: str) -> CheckedBackup:
        """Write the manifest, sync everything, and move the backup to its place. Raises OSError."""
        names = sorted(_files(self.folder))
        manifest = BackupManifest(
            format=FORMAT,
            made_at=datetime.now(CHINA),
            shareflow=version("shareflow"),
            ledger_schema=schema,
            files={path.relative_to(self.folder).as_posix(): _told(path) for path in names},
        )
        text = f"{json.dumps(manifest.model_dump(mode='json'), ensure_ascii=False, indent=2)}\n".encode()
        (self.folder / MANIFEST).write_bytes(text)
        for path in (*names, self.folder / MANIFEST):
            make_durable(path)
        self.folder.replace(self.to)
        make_durable(self.to.parent)
        return CheckedBackup(self.to, manifest, _digest(text))


@contextmanager
def new_backup(to: Path) -> Iterator[NewBackup]:
    """A new backup for the block; nothing of it stays if the block fails. Raises as NewBackup does."""
    new = NewBackup(to)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new.folder, ignore_errors=True)
        raise


def checked_backup(folder: Path) -> CheckedBackup:
    """A backup, with every file verified. Raises BackupUnusable, with the first bad file."""
    try:
        text = (folder / MANIFEST).read_bytes()
        manifest = BackupManifest.model_validate_json(text)
        there = {path.relative_to(folder).as_posix(): path for path in _files(folder)}
        del there[MANIFEST]
        told = {name: _told(path) for name, path in there.items()}
    except OSError as error:
        raise BackupUnusable(f"The backup {folder} cannot be read ({error.strerror}: {error.filename}).") from error
    except ValidationError:
        raise BackupUnusable(f"The backup {folder} has no manifest of ours in {MANIFEST}.") from None
    if manifest.format != FORMAT or manifest.ledger_schema > SCHEMA:
        raise BackupUnusable(f"The backup {folder} was made by a newer Shareflow, {manifest.shareflow}.")
    if LEDGER not in manifest.files:
        raise BackupUnusable(f"The backup {folder} has no ledger.")
    for name in sorted({*told, *manifest.files}):
        if told.get(name) != manifest.files.get(name):
            wrong = "is missing" if name not in told else "is not what was backed up"
            raise BackupUnusable(f"The file {name} of the backup {folder} {wrong}.")
    return CheckedBackup(folder, manifest, _digest(text))


def refuse_other_files(backup: CheckedBackup, part: str, folder: Path) -> None:
    """Raises BackupUnusable unless a folder is empty or has only files of the backup."""
    known = backup.files_of(part)
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if known.get(name) != _told(path):
            raise BackupUnusable(f"The folder {folder} holds {name}, which is not of this backup: it must be empty.")


def restore_folder(backup: CheckedBackup, part: str, folder: Path) -> int:
    """Copy missing files to a folder; returns how many. Raises OSError."""
    missing = [name for name in backup.files_of(part) if not (folder / name).exists()]
    for name in missing:
        to = folder / name
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = to.with_name(f".{to.name}.part")
        shutil.copy2(backup.folder / part / name, aside)
        make_durable(aside)
        aside.replace(to)
    return len(missing)


def _digest(manifest: bytes) -> str:
    return hashlib.sha256(manifest).hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, without temporary ones; none if the folder does not exist."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ARRIVING]
        yield from (Path(place) / name for name in names if not name.startswith("."))


def _told(path: Path) -> BackedUpFile:
    with path.open("rb") as file:
        return BackedUpFile(bytes=path.stat().st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())
