"""Which of Temporal and the ledger is older, and what to do about it."""

from collections.abc import Sequence
from datetime import datetime

from background.archive.lacking import Gap
from domain.calendar import CHINA
from domain.messages import Language, label


def told_of_gaps(gaps: Sequence[Gap], language: Language) -> str:
    """What the older side lacks; of both sides, where each went on without the other."""
    return " ".join(label("older", gap.side, language).format(**_filled(gap)) for gap in gaps)


def to_do_about(gaps: Sequence[Gap], language: Language) -> str:
    """What an operator does about it. Where each side lacks something, the ledger comes first: then one looks again."""
    return label("older", f"{gaps[0].side}_to_do", language).format(**_filled(gaps[0]))


def _filled(gap: Gap) -> dict[str, object]:
    return {
        "first": _instant(gap.first_at),
        "last": _instant(gap.last_at),
        "cases": gap.cases,
        "calls": gap.calls,
        "whole": gap.whole_cases,
    }


def _instant(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
