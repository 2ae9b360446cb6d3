"""Whether the ledger and Temporal are of the same moment: after a restore, one of them may be older than the other."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from background.archive.comparison import Comparison
from background.archive.differing import CompareFinding, Discrepancy
from background.archive.lacking import gaps_of
from cli.checks.findings import Check, failed, ok, problem, skipped, warning
from cli.older import to_do_about, told_of_gaps
from configuration.archive import archive_of
from configuration.settings import Settings
from domain.messages import label
from ledger.reader import Reader
from protocol.connecting import TemporalClient

NAME: Final = "moment"
LOOKED_AT: Final = 50


async def moment_check(settings: Settings, reader: Reader | None, client: TemporalClient | None) -> Check:
    """What the newest cases of both say of each other."""
    if reader is None or client is None:
        return skipped(NAME, "moment_not_compared")
    try:
        comparison = Comparison(client, reader, archive_of(settings))
        found = await comparison.of_latest(LOOKED_AT)
    except Exception as error:
        return failed(NAME, error)
    if not found and comparison.on_their_way:
        return warning(NAME, "steps_on_their_way", number=comparison.on_their_way)
    return told(found)


def told(found: Sequence[CompareFinding]) -> Check:
    """Which of the two is older and by how much, by what differs; else how they differ."""
    gaps = gaps_of(each.lacking for each in found)
    if gaps:
        lacks, to_do = partial(told_of_gaps, gaps), partial(to_do_about, gaps)
        return problem(NAME, "one_is_older", lacks=lacks, number=LOOKED_AT, to_do=to_do)
    waiting = [each for each in found if each.kind is Discrepancy.UNRECORDED]
    if waiting and len(waiting) == len(found):
        return warning(NAME, "filings_wait", number=len(waiting), **_such(waiting[0]))
    if found:
        return problem(NAME, "cases_differ", number=len(found), **_such(found[0]))
    return ok(NAME, "moment")


def _such(found: CompareFinding) -> dict[str, object]:
    what, to_do = (partial(label, kind, found.kind.value) for kind in ("compared", "compared_to_do"))
    return {"request": found.request_id, "what": what, "to_do": to_do}
