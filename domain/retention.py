"""Minimum retention (保存期限) of what a case leaves beside the ledger: by article, or by the operator's rule.

``data/retention.yaml`` has the rules. They never require deletion; they say from when on it is permitted.
"""

from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files

from pydantic import Field

from domain.model import Fixed
from domain.statutes.model import Clause
from domain.words import Basis

NATIONAL = "cn-809-2025"
WITH_NATIONAL = "+809"


class Keepsake(StrEnum):
    """What may be deleted once its retention is over: the archived histories of a case, and its papers."""

    HISTORY = "history"
    PAPERS = "papers"


class RetentionRule(Fixed):
    """For how many months these are kept in cases under these texts, and by which clause."""

    statutes: tuple[str, ...]
    keeps: tuple[Keepsake, ...]
    months: int = Field(ge=1, le=1200)
    clause: Clause


class OwnRetention(Fixed):
    """For how many months the operator keeps what no text mentions."""

    months: int = Field(ge=1, le=1200)


class KeptUntil(Fixed):
    """The last day on which something must be kept, by a clause or by the operator's own rule (no clause)."""

    keepsake: Keepsake
    last_day: date
    clause: Clause | None

    @property
    def basis(self) -> Basis:
        """Whether a regulation or the operator says so."""
        return Basis.POLICY if self.clause is None else Basis.STATUTE


class RetentionRules(Fixed):
    """What is kept for how long, by the text of the case."""

    rules: tuple[RetentionRule, ...]
    otherwise: OwnRetention

    def kept_until(self, statute: str, keepsake: Keepsake, closed_on: date) -> KeptUntil:
        """Until when this is kept of a case under a text, closed on a given day (Asia/Shanghai)."""
        rules = [rule for rule in self.rules if keepsake in rule.keeps and _speaks_of(rule.statutes, statute)]
        longest = max(rules, key=lambda rule: rule.months, default=None)
        months = longest.months if longest else self.otherwise.months
        return KeptUntil(
            keepsake=keepsake, last_day=_later(closed_on, months), clause=longest.clause if longest else None
        )

    def shortest(self) -> int:
        """The shortest retention of all, in months."""
        return min(self.otherwise.months, *(rule.months for rule in self.rules))


@cache
def packaged_retention() -> RetentionRules:
    """The packaged rules."""
    import yaml

    return RetentionRules.model_validate(
        yaml.safe_load(files("domain").joinpath("data/retention.yaml").read_text("utf-8"))
    )


def _speaks_of(named: Iterable[str], statute: str) -> bool:
    local = statute.removesuffix(WITH_NATIONAL)
    return statute in named or (local != statute and (local in named or NATIONAL in named))


def _later(day: date, months: int) -> date:
    """The corresponding day of a later month, or that month's last day if it has none (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def may_go(kept: KeptUntil, today: date) -> bool:
    """Whether deletion is permitted: the last day of retention is over."""
    return today >= kept.last_day + timedelta(days=1)
