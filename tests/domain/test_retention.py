"""How long what a case leaves is kept: by which article, and until which day."""

from datetime import date

import pytest

from domain.retention import Keepsake, may_go, packaged_retention
from domain.statutes.clauses import clauses
from domain.statutes.loader import get_statute
from domain.words import Basis
from tests.house.code import ROOT

CLOSED = date(2026, 8, 31)
HISTORY, PAPERS = Keepsake.HISTORY, Keepsake.PAPERS


@pytest.mark.parametrize(
    ("statute", "keepsake", "last_day", "basis", "article"),
    [
        ("yima-2021", HISTORY, date(2027, 2, 28), Basis.STATUTE, "12"),
        ("yima-2021", PAPERS, date(2029, 8, 31), Basis.POLICY, None),
        ("yima-2021+809", HISTORY, date(2029, 8, 31), Basis.STATUTE, "29"),
        ("yima-2021+809", PAPERS, date(2029, 8, 31), Basis.STATUTE, "29"),
        ("cn-809-2025", HISTORY, date(2029, 8, 31), Basis.STATUTE, "29"),
        ("nantong-2020+809", PAPERS, date(2029, 8, 31), Basis.STATUTE, "29"),
        ("nantong-2020+jiangsu", HISTORY, date(2029, 8, 31), Basis.POLICY, None),
        ("zhejiang-2014", PAPERS, date(2029, 8, 31), Basis.POLICY, None),
    ],
)
def test_by_what_and_until_when(
    statute: str, keepsake: Keepsake, last_day: date, basis: Basis, article: str | None
) -> None:
    kept = packaged_retention().kept_until(statute, keepsake, CLOSED)
    assert (kept.last_day, kept.basis) == (last_day, basis)
    assert (kept.clause.article if kept.clause else None) == article
    assert not may_go(kept, last_day)
    assert may_go(kept, date.fromordinal(last_day.toordinal() + 1))


def test_months_end_where_there_is_no_such_day() -> None:
    for closed, last in ((date(2023, 8, 31), date(2024, 2, 29)), (date(2025, 12, 1), date(2026, 6, 1))):
        assert packaged_retention().kept_until("yima-2021", HISTORY, closed).last_day == last


def test_each_quote_is_one_of_the_texts() -> None:
    """As the statute has it, or the table of its clauses, both of which are held to the source."""
    for rule in packaged_retention().rules:
        assert rule.clause.statute is not None
        own = {(clause.article, clause.quote) for _, clause in clauses(get_statute(rule.clause.statute))}
        table = (ROOT / f"domain/statutes/data/coverage/{rule.clause.statute}.yaml").read_text("utf-8")
        named = f"- article: {rule.clause.article}¶{rule.clause.paragraph}\n"
        entry = next((each for each in table.split("  - ") if rule.clause.quote in each), "")
        assert (rule.clause.article, rule.clause.quote) in own or f"- {entry}".startswith(named)
