"""``shareflow audit``: what operators do so that what an audit needs is still there: comparing and repairing."""

from typing import Annotated

import typer

from cli.output import AsJson
from cli.running import run


def register(audit: typer.Typer) -> None:
    """Add these commands to ``audit``."""
    audit.command()(reconcile)


def reconcile(
    repair: Annotated[bool, typer.Option(help="Put right what may be: a history that is missing is archived.")] = False,
    quick: Annotated[bool, typer.Option(help="Read no history: neither Temporal's nor an archived one.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare Temporal, the ledger and the archive, and tell what differs and what to do. Exits 1 where anything does.

    No case is written to, repaired or not.
    """
    from cli.audit_reconcile import reconcile as work

    run(work(repair, quick, as_json))
