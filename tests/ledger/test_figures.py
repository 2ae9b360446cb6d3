"""Figures of a ledger are told by one of the processes that reach it, and looked up no more often than they change."""

import pytest

from background.figures import LedgerFigures
from ledger.engine import Engine
from ledger.queries.views import Counts
from ledger.reader import Reader


def names(figures: LedgerFigures) -> set[str]:
    return {metric.name for metric in figures.collect()}


def test_one_process_tells_them_until_it_ends(own: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    looked, counts = list[Reader](), Reader.counts

    def counted(reader: Reader, since: int | None = None) -> Counts:
        looked.append(reader)
        return counts(reader, since)

    monkeypatch.setattr(Reader, "counts", counted)
    first, second = LedgerFigures(Reader(own)), LedgerFigures(Reader(own))
    assert {"shareflow_ledger_up", "shareflow_cases", "shareflow_breaches"} <= names(first)
    assert names(second) == {"shareflow_ledger_up", "shareflow_clock_ahead_seconds"}
    assert names(first) > {"shareflow_ledger_up"}
    assert len(looked) == 1, "of two scrapes at once one looks"
    first.close()
    assert "shareflow_cases" in names(second)
    assert names(first) == {"shareflow_ledger_up", "shareflow_clock_ahead_seconds"}
    monkeypatch.setattr("background.figures.FRESH", 0.0)
    names(second)
    assert len(looked) == 3
