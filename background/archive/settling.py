"""Settling (了结) what a comparison finds and no repair can put right: an act says what of it is settled, and why.

Nothing else changes. What is settled is not told again; what is found later is, though it be in the same case.
"""

from typing import Final

from background.archive.comparison import CompareFinding, Comparison, Discrepancy
from domain.log.acts import Acting, ActKind, NewAct

SETTLED: Final = (Discrepancy.UNSENT,)
"""The differences that may be settled: others are repaired, or show that somebody rewrote the record."""


def to_settle(comparison: Comparison, request_id: str, kind: Discrepancy) -> CompareFinding | None:
    """What there is to settle of a case; None where nothing differs in that way."""
    return next((each for each in comparison.as_events_give([request_id]) if each.kind is kind), None)


def settling(found: CompareFinding, reason: str, by: Acting) -> NewAct:
    """The act that settles what was found."""
    details = {"difference": found.kind.value, "of": list(found.of), "says": found.says}
    return NewAct(
        kind=ActKind.SETTLE,
        by=by,
        target=found.request_id,
        request_id=found.request_id,
        reason=reason,
        details=details,
    )
