"""Which of Temporal and the ledger is older, and what to do about it, in both languages that operators read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from background.archive.lacking import Gap
from domain.calendar import CHINA
from domain.messages import Language, label

LANGUAGES: Final[Sequence[Language]] = ("en", "zh")


def told_of_gaps(gaps: Sequence[Gap]) -> str:
    """What the older side lacks; of both sides, where each went on without the other."""
    return " ".join(label("older", gap.side, each).format(**_filled(gap)) for each in LANGUAGES for gap in gaps)


def to_do_about(gaps: Sequence[Gap]) -> str:
    """What an operator does about it. Where each side lacks something, the ledger comes first: then one looks again."""
    return " ".join(label("older", f"{gaps[0].side}_to_do", each).format(**_filled(gaps[0])) for each in LANGUAGES)


def by_newest_alone(number: int) -> str:
    """That there may be more, for so many of the newest cases were looked at."""
    return " ".join(label("older", "of_newest", each).format(number=number) for each in LANGUAGES)


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
