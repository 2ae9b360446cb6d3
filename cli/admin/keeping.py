"""What ``shareflow admin backup`` and ``restore`` do."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from cli.admin.migrating import owners_setting, owners_url
from cli.checks.findings import Check, skipped
from cli.checks.moment import NAME as MOMENT
from cli.checks.moment import moment_check
from cli.connection import connected
from cli.errors import REFUSED, UNUSABLE, Failure
from cli.output import print_json
from configuration.archive import archive_folder
from configuration.errors import StartupError
from configuration.log_key import signer_at_hand, signer_named
from configuration.object_store import object_place_of
from configuration.settings import Settings, environment_with
from domain.messages import LANGUAGES, label
from embedded.stack.folder import StateFolder, running_stack
from embedded.stack.postgres import programs_folder, start_postgres
from ledger.dumping import DumpFailed, PostgresTools, dump, note_dumped, restore, restored_from
from ledger.errors import LedgerUnavailable
from ledger.failures import DATABASE_FAILED
from ledger.reader import reader_at
from starter.attachments import attachments_folder
from starter.backups import (
    KEY,
    LEDGER,
    BackupUnusable,
    CheckedBackup,
    PlaceUnusable,
    checked_backup,
    new_backup,
    refuse_other_files,
    restore_folder,
)

NO_KEY = "; nor is a public key of the log, for no checkpoint of it is signed and SHAREFLOW_LOG_KEY names no key"
UNNOTED = "The backup is whole, and the ledger could not note it: figures and `shareflow doctor` do not know of it"


async def back_up_and_tell(to: Path, as_json: bool) -> None:
    """Back up what the settings name into a new folder, and tell what it holds."""
    settings = Settings()
    with _refusals():
        made = await asyncio.to_thread(_back_up, settings, to)
    why_not = await asyncio.to_thread(_note, settings, made)
    manifest = made.manifest
    size = sum(file.bytes for file in manifest.files.values())
    if as_json:
        told = {"backup": str(to), "files": len(manifest.files), "bytes": size, "schema": manifest.ledger_schema}
        print_json({**told, "public_key": KEY in manifest.files, "noted": why_not is None})
    else:
        key = "" if KEY in manifest.files else NO_KEY
        typer.echo(f"{to} holds {len(manifest.files)} files of {size} bytes; {_not_in_it(settings)}{key}.")
    if why_not is not None:
        typer.echo(f"{UNNOTED} ({why_not}).", err=True)


def _back_up(settings: Settings, to: Path) -> CheckedBackup:
    """The ledger first: what its cases refer to was kept before, and is copied afterwards."""
    url, signer = owners_url(settings), signer_named(settings) or signer_at_hand(None, settings.state)
    with reader_at(url, owners_setting(settings)) as reader:
        schema, keys = reader.schema() or "", reader.log.signing_keys()
    with new_backup(to) as new:
        dump(url, new.ledger, _tools())
        for part, folder in _folders(settings).items():
            new.take_folder(part, folder)
        new.take_keys(list(dict.fromkeys([*keys, *([signer.key.written()] if signer else [])])))
        return new.finish(schema)


def _note(settings: Settings, made: CheckedBackup) -> str | None:
    """Have the ledger know of a backup that is whole; why it could not."""
    try:
        note_dumped(owners_url(settings), made.digest, made.manifest.made_at)
    except LedgerUnavailable as error:
        return str(error)
    except DATABASE_FAILED as error:
        return " ".join(str(getattr(error, "orig", error)).split())
    return None


async def restore_and_tell(backup: Path, as_json: bool) -> None:
    """Restore a backup into an empty database and empty folders, and tell what was done."""
    settings = Settings()
    aside = _is_for_embedded(settings)
    with _refusals():
        changed = await asyncio.to_thread(_restore, settings, backup)
    moment = await _beside_temporal(settings)
    if as_json:
        print_json({"backup": str(backup), "changed": changed, "moment": moment.as_data("en")})
        return
    if changed:
        where = f" into the embedded database in {settings.state}, where `shareflow up` starts it" if aside else ""
        typer.echo(f"{backup} is restored{where}; {_not_in_it(settings)}.")
    else:
        typer.echo(f"{backup} was restored here already; nothing was changed.")
    for language in LANGUAGES[::-1]:
        typer.echo(moment.told(language))
        typer.echo(moment.to_mend(language) or label("doctor", "look_at_both", language))


async def _beside_temporal(settings: Settings) -> Check:
    """Whether what was restored and Temporal are of the same moment, as the doctor says it."""
    try:
        async with connected(settings) as client:
            return await moment_check(settings, client.reader, client.temporal)
    except (StartupError, LedgerUnavailable) as error:
        return skipped(MOMENT, "moment_not_looked_at", why=error)


def _restore(settings: Settings, folder: Path) -> bool:
    """Whether anything had to be done. Everything is looked at before anything is; the ledger comes last."""
    backup = checked_backup(folder)
    with _database(settings) as url:
        return _restored_into(url, settings, backup)


def _restored_into(url: str, settings: Settings, backup: CheckedBackup) -> bool:
    mark = restored_from(url, owners_setting(settings))
    if mark not in (None, backup.digest):
        raise BackupUnusable("Another backup was restored into this database: this one needs an empty one.")
    folders = _folders(settings)
    if mark is None:
        for part, to in folders.items():
            refuse_other_files(backup, part, to)
    copied = sum(restore_folder(backup, part, to) for part, to in folders.items())
    if mark is None:
        restore(url, backup.folder / LEDGER, backup.digest, backup.manifest.made_at, _tools())
    return mark is None or copied > 0


def _is_for_embedded(settings: Settings) -> bool:
    """Whether nothing is named and nothing runs: a backup is then for the embedded stack that is to run here."""
    named = settings.migration_url or settings.database_url or settings.temporal.get("target_host")
    return not named and running_stack(settings.state) is None


@contextmanager
def _database(settings: Settings) -> Iterator[str]:
    """Where a ledger is restored; the embedded database runs for as long as that takes. Raises StartupError."""
    if not _is_for_embedded(settings):
        yield owners_url(settings)
        return
    with StateFolder(settings.state) as folder:
        server = start_postgres(folder.postgres)
        try:
            yield server.url
        finally:
            server.stop()


def _tools() -> PostgresTools:
    return PostgresTools([programs_folder()], environment_with)


def _folders(settings: Settings) -> dict[str, Path]:
    """The folders that belong to an installation; papers in a bucket are kept by its own means."""
    archive = {"archive": archive_folder(settings.archive, settings.state)}
    if object_place_of(settings) is not None:
        return archive
    return {"attachments": attachments_folder(settings.attachments, settings.state), **archive}


def _not_in_it(settings: Settings) -> str:
    papers = f", and papers in the bucket {settings.s3_bucket}" if settings.s3_bucket else ""
    return f"Temporal's store and secret keys{papers} are not in it"


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except PlaceUnusable as why:
        raise Failure(str(why), UNUSABLE) from why
    except (BackupUnusable, DumpFailed) as why:
        raise Failure(str(why), REFUSED) from why
    except OSError as error:
        raise Failure(f"{error.filename or 'A file'} cannot be copied ({error.strerror}).") from error
