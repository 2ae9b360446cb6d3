"""What ``shareflow audit`` does. What needs an engine is imported where it is asked for one."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import typer
from cryptography.x509 import Certificate

from audit.dossier.packing import read_dossier
from audit.verification.results import CheckResult
from audit.verification.verify import Trusted, conclusion_of, covered_by_given, failed
from audit.verification.verify import verify as check
from cli.audit_folder import verify_folder
from cli.errors import REFUSED, Failure
from cli.output import numbered, print_json
from configuration.settings import Settings
from domain.log.checkpoints import checkpoint_in
from domain.log.keys import KeyWrong, PublicKey, read_public_keys
from domain.log.notes import MOST_BYTES, NoteWrong, as_saved, read_note
from domain.log.timestamps import TimestampWrong, roots_in
from domain.messages import Language, label


class TrustedFiles(NamedTuple):
    """The files in which an auditor brings along what is trusted: keys, a checkpoint, certificates of authorities."""

    keys: Path | None
    kept: Path | None
    authorities: Path | None

    def read(self) -> Trusted:
        """What stands in them. Raises Failure for a file that cannot be used."""
        return Trusted(
            _keys_in(self.keys) if self.keys else (),
            kept_in(self.kept) if self.kept else None,
            _certificates_in(self.authorities) if self.authorities else (),
        )


def verify(file: Path, files: TrustedFiles, as_json: bool, language: Language = "en") -> None:
    """Check a dossier, or each in a folder, and tell in a language what was found.

    Raises typer.Exit with 1 where one does not hold.
    """
    trusted = files.read()
    if file.is_dir():
        verify_folder(file, trusted, as_json, language)
        return
    results = check(read_dossier(file), trusted)
    if as_json:
        print_json([result.model_dump(mode="json") for result in results])
    else:
        for result in results:
            typer.echo(f"{result.result:7}  {result.check:11}  {result.told(language)}")
        _conclude(results)
    if failed(results):
        raise typer.Exit(REFUSED)


def _conclude(results: Sequence[CheckResult]) -> None:
    """In both languages, whether all holds or what does not."""
    languages: tuple[Language, ...] = ("zh", "en")
    wrong = [result.check for result in results if result.result == "FAIL"]
    concluded, covered = conclusion_of(results), covered_by_given(results)
    for language in languages:
        said = label("verify_page", concluded, language)
        names = ", ".join(f"{label('audit_check', check, language)} ({check})" for check in wrong)
        typer.echo(f"{said} {names}".rstrip())
        if covered is not None and covered[0] == 0 and concluded not in ("fails", "unbound"):
            typer.echo(label("verify_page", "unbound", language))


async def checkpoint(secret: Path | None, to: Path | None) -> None:
    """Make a checkpoint of the log and print it, or write it into a file."""
    import asyncio

    from cli.connection import ledger_connected
    from configuration.log_key import signer_in, signer_there

    async with ledger_connected() as ledger:
        # A file that was named and is not there is a slip: a new key would give the log another name for good.
        signer = signer_there(secret) if secret else signer_in(_secret(None))
        note = await asyncio.to_thread(ledger.reader.log.checkpoint, signer, datetime.now(UTC))
    if to is None:
        typer.echo(note, nl=False)
    else:
        _write(to, note.encode())


async def keep_cosignatures(file: Path) -> None:
    """Keep what witnesses wrote below a checkpoint. Raises Failure for what cannot be kept."""
    import asyncio

    from cli.connection import ledger_connected
    from configuration.witnesses import witnesses_in

    named = Settings().witnesses
    if named is None:
        raise Failure("SHAREFLOW_WITNESSES is not set: no witness is known whose cosignature could be kept.")
    witnesses, written = witnesses_in(named), kept_in(file)
    async with ledger_connected() as ledger:
        try:
            kept = await asyncio.to_thread(ledger.reader.log.cosign, written, witnesses)
        except NoteWrong as error:
            raise Failure(f"{file} cannot be kept: {error}.") from None
    typer.echo(f"The checkpoint of {kept.size} entries has {numbered(len(kept.lines), 'cosignature')}.")


def public_key(secret: Path | None) -> None:
    """Print the log's public key."""
    from configuration.log_key import signer_in

    typer.echo(signer_in(_secret(secret)).key.written())


def _secret(named: Path | None) -> Path:
    from configuration.log_key import usual_file

    return named or usual_file(Settings())


def _keys_in(file: Path) -> list[PublicKey]:
    """The public keys in a file, one a line. Raises Failure for one that is none."""
    try:
        return read_public_keys(_text(file))
    except KeyWrong as error:
        raise Failure(f"{file}: {error}.") from None


def _certificates_in(file: Path) -> Sequence[Certificate]:
    """The certificates in a file. Raises Failure where there is none."""
    try:
        return roots_in(_text(file).encode())
    except TimestampWrong as error:
        raise Failure(f"{file}: {error}.") from None


def kept_in(file: Path) -> str:
    """The checkpoint in a file, as it is written. Raises Failure for what is none."""
    written = _text(file)
    try:
        checkpoint_in(read_note(written))
    except NoteWrong as error:
        raise Failure(f"{file} is no checkpoint: {error}.") from None
    return written


def _text(file: Path) -> str:
    """What stands in a file that an auditor has saved somewhere. Raises Failure."""
    try:
        with file.open("rb") as opened:
            content = opened.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Failure(f"{file} is too large.")
        return as_saved(content)
    except OSError as error:
        raise Failure(f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise Failure(f"{file} is not text.") from None


def _write(to: Path, content: bytes) -> None:
    """Write a file whole or not at all, over what is there. Raises Failure."""
    from starter.whole_files import whole_file

    try:
        with whole_file(to) as file:
            file.write(content)
    except OSError as error:
        raise Failure(f"{to} cannot be written: {error.strerror}.") from None
