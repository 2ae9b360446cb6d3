"""What ``shareflow audit export`` does."""

from dataclasses import replace
from pathlib import Path

import typer

from audit.dossier.packing import FindPaper, write_dossier
from audit.dossier.seal import seal_of
from cli.audit_work import size_of
from cli.connection import connected
from cli.errors import Failure
from cli.output import print_json
from configuration.archive import archive_of
from configuration.log_key import signer_there, usual_file
from configuration.settings import Settings
from domain.log.keys import Signer
from starter.attachments import store_in
from starter.dossiers import dossier_of, no_papers, papers_in
from starter.whole_files import whole_file


async def export(request_id: str, to: Path, kept: Path | None, secret: Path | None, as_json: bool) -> None:
    """Pack a dossier into a file, whole or not at all. Raises Failure when it cannot be written."""
    sizes, settings = [size_of(kept)] if kept else [], Settings()
    signer = _sealer(secret, settings)
    async with connected(settings) as client:
        find = papers_kept(settings)
        dossier = await dossier_of(client.reader, client.temporal, request_id, sizes, find, archive_of(settings))
        if signer is not None:
            dossier = replace(dossier, seal=seal_of(dossier.manifest, signer))
        try:
            with whole_file(to) as file:
                write_dossier(file, dossier, find)
                size = file.tell()
        except OSError as error:
            raise Failure(f"{to} cannot be written: {error.strerror}.") from None
    sealer = signer.key.name if signer else None
    named = {"papers": len(dossier.papers), "sealed_by": sealer}
    if as_json:
        print_json({"request_id": request_id, "file": str(to), "bytes": size, **named})
    else:
        typer.echo(f"{request_id}: {len(dossier.manifest.files)} files, {size} bytes in {to}")
        typer.echo(f"Sealed by {sealer}." if sealer else "Not sealed: the secret key of the log is not at hand.")


def _sealer(secret: Path | None, settings: Settings) -> Signer | None:
    """The log's key where it is at hand. Raises StartupError for a key that was named and cannot be used."""
    file = secret or usual_file(settings)
    return signer_there(file) if secret or settings.log_key or file.exists() else None


def papers_kept(settings: Settings) -> FindPaper:
    """What finds the papers that are kept on this machine; none where nobody has made a store of them."""
    folder = settings.attachments or settings.state / "attachments"
    return papers_in(store_in(folder, settings.state, settings.attachment_limit)) if folder.is_dir() else no_papers
