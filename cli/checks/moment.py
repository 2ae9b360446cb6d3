"""Whether the ledger and Temporal are of the same moment: after a restore, one of them may be older than the other."""

from collections.abc import Sequence
from typing import Final

from background.archive.comparison import CompareFinding, Comparison, Discrepancy
from cli.checks.findings import Check, ok, problem, skipped, unexpected
from configuration.archive import archive_of
from configuration.settings import Settings
from ledger.reader import Reader
from protocol.connecting import TemporalClient

NAME: Final = "moment"
LOOKED_AT: Final = 50
LEDGER_OLDER: Final = (Discrepancy.EXTRA, Discrepancy.BEHIND)
"""Temporal has what was acknowledged, and the ledger does not."""
TEMPORAL_OLDER: Final = (Discrepancy.MISSING, Discrepancy.ENDED, Discrepancy.AHEAD)
"""The ledger has what Temporal does not."""


async def moment_check(settings: Settings, reader: Reader | None, client: TemporalClient | None) -> Check:
    """What the newest cases of both say of each other."""
    if reader is None or client is None:
        return skipped(NAME, "Ledger and Temporal are compared when both can be reached.")
    try:
        found = await Comparison(client, reader, archive_of(settings)).of_latest(LOOKED_AT)
    except Exception as error:
        return problem(NAME, unexpected(error))
    return told(found)


def told(found: Sequence[CompareFinding]) -> Check:
    """Which of the two is older, by what differs."""
    older = [each for each in found if each.kind in LEDGER_OLDER]
    if older:
        return problem(
            NAME,
            f"The ledger is older than Temporal: {_first_of(older)}",
            "recover the ledger up to a later moment, else Temporal's store to the ledger's (docs/operations.md); "
            "until then let no worker run. `shareflow audit reconcile` names every case",
        )
    older = [each for each in found if each.kind in TEMPORAL_OLDER]
    if older:
        return problem(
            NAME,
            f"Temporal is older than the ledger: {_first_of(older)}",
            "cases that lag behind take over what the ledger has once a worker runs; for those that Temporal lacks "
            "restore its store to the ledger's moment. `shareflow audit reconcile` names every case",
        )
    return ok(NAME, "the newest cases stand alike in the ledger and in Temporal")


def _first_of(found: Sequence[CompareFinding]) -> str:
    return f"{len(found)} of the newest cases, such as {found[0].request_id}: {found[0].says}"
