"""What ``shareflow audit`` does. What only packing needs is imported where a dossier is packed."""

import os
from pathlib import Path

import typer

from audit.dossier.packing import packed, read_dossier
from audit.verification.verify import failed
from audit.verification.verify import verify as check
from cli.errors import REFUSED, Failure
from cli.output import print_json


async def export(request_id: str, to: Path, as_json: bool) -> None:
    """Pack a dossier into a file, whole or not at all. Raises Failure when it cannot be written."""
    from cli.connection import connected
    from starter.dossiers import dossier_of

    async with connected() as client:
        dossier = await dossier_of(client.reader, client.temporal, request_id)
    content = packed(dossier.manifest, dossier.files)
    beside = to.with_name(f".{to.name}.part")
    try:
        beside.write_bytes(content)
        os.replace(beside, to)  # noqa: PTH105 - as one act, over what is there
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Failure(f"{to} cannot be written: {error.strerror}.") from None
    if as_json:
        print_json({"request_id": request_id, "file": str(to), "bytes": len(content)})
    else:
        typer.echo(f"{request_id}: {len(dossier.files)} files, {len(content)} bytes in {to}")


def verify(file: Path, as_json: bool) -> None:
    """Check a dossier and tell of each check. Raises typer.Exit with 1 where one does not hold."""
    results = check(read_dossier(file))
    if as_json:
        print_json([result.model_dump(mode="json") for result in results])
    else:
        for result in results:
            article = f" (art. {result.article})" if result.article else ""
            typer.echo(f"{result.result:7}  {result.check:11}  {result.detail}{article}")
    if failed(results):
        raise typer.Exit(REFUSED)
