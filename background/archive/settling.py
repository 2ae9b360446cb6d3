"""Settling (了结) findings of a comparison that cannot be repaired: an act says what is settled, and why.

Nothing else changes. What is settled is not told again; what is found later is, though it be in the same case.
"""

from collections.abc import Sequence
from typing import Final

from background.archive.comparison import Comparison
from background.archive.differing import CompareFinding, Discrepancy
from domain.log.acts import Acting, ActKind, NewAct

SETTLED: Final = (Discrepancy.UNSENT, Discrepancy.GONE, Discrepancy.DAMAGED, Discrepancy.LOST, Discrepancy.PAPER)
"""The differences that may be settled: others are repaired, or show that somebody rewrote the record."""


def to_settle(comparison: Comparison, request_id: str, kind: Discrepancy) -> Sequence[CompareFinding]:
    """What there is of one kind to settle in a case. Blocks; raises as :meth:`Comparison.findings`."""
    return [each for each in comparison.of_one(request_id) if each.kind is kind]


def settling(found: Sequence[CompareFinding], reason: str, by: Acting) -> NewAct:
    """The act that settles these findings of one kind in one case, of which there must be any."""
    of, says = [each for one in found for each in one.of], " ".join(each.says for each in found)
    return NewAct(
        kind=ActKind.SETTLE,
        by=by,
        target=found[0].request_id,
        request_id=found[0].request_id,
        reason=reason,
        details={"difference": found[0].kind.value, "of": of, "says": says},
    )
