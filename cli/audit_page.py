"""What ``shareflow audit page`` does."""

from pathlib import Path

import typer

from audit.verification.disposal import opened_in
from audit.verification.page import page_made
from audit.verification.results import CheckFailed
from cli.audit_chosen import whole_or_failure
from cli.audit_files import whole_dossier_in
from cli.errors import REFUSED, Failure


def draw(path: Path, to: Path) -> None:
    """Write the page that this release draws of a dossier. Raises DossierUnusable, Failure."""
    dossier, record = whole_dossier_in(path)
    try:
        page = page_made(dossier, record, opened_in(dossier))
    except CheckFailed as error:
        raise Failure(f"{path} has no page that can be drawn: {error.detail}.", REFUSED) from None
    with whole_or_failure(to, [path]) as file:
        file.write(page)
    typer.echo(f"The page of {record.request_id} is in {to}.")
