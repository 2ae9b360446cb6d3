"""``shareflow audit``: dossiers of cases, for auditors: packed here, checked anywhere."""

from pathlib import Path
from typing import Annotated

import typer

from cli.output import AsJson, new_group
from cli.running import run

audit = new_group("Pack the dossier of a case, and check one.")


def register(app: typer.Typer) -> None:
    """Add ``audit`` to the command line."""
    app.add_typer(audit, name="audit")


@audit.command()
def export(
    request_id: str,
    to: Annotated[Path, typer.Option("-o", "--output", help="The zip to write; one that is there is replaced.")],
    as_json: AsJson = False,
) -> None:
    """Pack everything that is known of a case into one file."""
    from cli.audit_work import export as work

    run(work(request_id, to, as_json))


@audit.command()
def verify(file: Path, as_json: AsJson = False) -> None:
    """Check a dossier: needs no network, no database and no Temporal. Exits 1 where a check does not hold."""
    from cli.audit_work import verify as work

    work(file, as_json)
