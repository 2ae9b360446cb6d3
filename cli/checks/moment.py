"""Whether the ledger and Temporal are of the same moment: after a restore, one of them may be older than the other."""

from collections.abc import Sequence
from typing import Final

from background.archive.comparison import CompareFinding, Comparison, Discrepancy
from background.archive.lacking import gaps_of
from cli.checks.findings import Check, ok, problem, skipped, unexpected, warning
from cli.older import by_newest_alone, to_do_about, told_of_gaps
from configuration.archive import archive_of
from configuration.settings import Settings
from ledger.reader import Reader
from protocol.connecting import TemporalClient

NAME: Final = "moment"
LOOKED_AT: Final = 50


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
    """Which of the two is older and by how much, by what differs; else how they differ."""
    gaps = gaps_of(each.lacking for each in found)
    if gaps:
        return problem(NAME, f"{told_of_gaps(gaps)} {by_newest_alone(LOOKED_AT)}", to_do_about(gaps))
    waiting = [each for each in found if each.kind is Discrepancy.UNRECORDED]
    if waiting and len(waiting) == len(found):
        such = f"{len(waiting)} of the newest filings, such as {waiting[0].request_id},"
        says = f"{such} wait to be recorded: none was acknowledged, and none is lost."
        return warning(NAME, says, waiting[0].to_do)
    if found:
        says = f"{len(found)} of the newest cases differ, such as {found[0].request_id}: {found[0].says}"
        return problem(NAME, says, found[0].to_do)
    return ok(NAME, "the newest cases stand alike in the ledger and in Temporal")
