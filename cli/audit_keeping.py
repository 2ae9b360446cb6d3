"""``shareflow audit``: what operators do about what an audit needs: comparing, repairing, holding, letting go."""

from typing import Annotated

import typer

from cli.output import AsJson
from cli.running import run

By = Annotated[str | None, typer.Option(help="Who does it, as it is recorded; otherwise the system's user.")]
Reason = Annotated[str, typer.Option(help="Why; it is recorded with the act.")]


def register(audit: typer.Typer) -> None:
    """Add these commands to ``audit``."""
    for work in (reconcile, settle, hold, release, dispose):
        audit.command()(work)
    audit.command("due-for-disposal")(due_for_disposal)


def reconcile(
    repair: Annotated[
        bool, typer.Option(help="Put right what may be: archive what is missing, let cases take over what they lack.")
    ] = False,
    begin_anew: Annotated[
        bool,
        typer.Option(help="Repair, and begin the cases anew from the ledger of which Temporal has nothing."),
    ] = False,
    quick: Annotated[bool, typer.Option(help="Read no history: neither Temporal's nor an archived one.")] = False,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Compare Temporal, the ledger and the archive, and tell what differs and what to do. Exits 1 where anything does.

    No case is written to, repaired or not. What is repaired is recorded. `--begin-anew` is for when Temporal's store is
    older than the ledger, or lost, and no newer copy of it is to be had.
    """
    from cli.audit_reconcile import Repairs
    from cli.audit_reconcile import reconcile as work

    run(work(Repairs(repair or begin_anew, begin_anew), quick, by, as_json))


def settle(
    request_id: str,
    difference: Annotated[str, typer.Option(help="As `audit reconcile` tells it: unsent, gone, damaged, lost, paper.")],
    reason: Reason,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Close a difference that `audit reconcile` tells of a case and nothing can repair (了结). Recorded.

    Nothing else changes. What is settled is not told again; what is found later is.
    """
    from cli.audit_settle import settle as work

    run(work(request_id, difference, reason, by, as_json))


def hold(request_id: str, reason: Reason, as_json: AsJson = False) -> None:
    """Hold a case (封存): nothing of it is disposed of until it is released. Recorded."""
    from cli.audit_retention import hold as work

    run(work(request_id, reason, as_json))


def release(request_id: str, reason: Reason, as_json: AsJson = False) -> None:
    """Release a case that is held. Recorded."""
    from cli.audit_retention import release as work

    run(work(request_id, reason, as_json))


def due_for_disposal(as_json: AsJson = False) -> None:
    """List the cases of which histories or papers may go by now, by which article or rule; held ones too."""
    from cli.audit_retention import tell_due

    run(tell_due(as_json))


def dispose(request_id: str, reason: Reason, as_json: AsJson = False) -> None:
    """Remove what is due of a case: archived histories, papers that no other case needs. Recorded; the ledger stays."""
    from cli.audit_retention import dispose as work

    run(work(request_id, reason, as_json))
