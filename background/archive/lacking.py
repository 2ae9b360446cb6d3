"""Whether Temporal or the ledger is older, as after a restore, and what it lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Older(StrEnum):
    """The side that has been set back."""

    LEDGER = "ledger"
    TEMPORAL = "temporal"


@dataclass(frozen=True)
class Lacking:
    """What one side lacks of a case: how many filings and commands, and when the other side had the first and last.

    ``whole``: it has nothing of the case.
    """

    side: Older
    calls: int
    first_at: datetime
    last_at: datetime
    whole: bool = False


@dataclass(frozen=True)
class Gap:
    """All that the older side lacks: ``whole_cases`` entirely, other ``cases`` in part."""

    side: Older
    cases: int
    whole_cases: int
    calls: int
    first_at: datetime
    last_at: datetime


def gaps_of(lacking: Iterable[Lacking | None]) -> Sequence[Gap]:
    """The gap of each side that lacks anything: none, one, or both if each went on without the other."""
    found = [each for each in lacking if each is not None]
    return [_gap(side, its) for side in Older if (its := [each for each in found if each.side is side])]


def _gap(side: Older, lacking: Sequence[Lacking]) -> Gap:
    return Gap(
        side,
        cases=len(lacking),
        whole_cases=sum(each.whole for each in lacking),
        calls=sum(each.calls for each in lacking),
        first_at=min(each.first_at for each in lacking),
        last_at=max(each.last_at for each in lacking),
    )
