"""Figures of a ledger are told by one of the processes that reach it, and looked up no more often than they change."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from background.figures import LedgerFigures
from ledger.engine import Engine
from ledger.queries.views import Counts
from ledger.reader import Reader
from ledger.writer import Writer


def told(figures: LedgerFigures) -> dict[str, float]:
    return {metric.name: metric.samples[0].value for metric in figures.collect() if metric.samples}


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


def test_a_database_that_answers_and_takes_nothing_is_told_apart_from_one_that_is_away(
    own: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it takes small rows, and refuses the large ones for which it has no room."""
    first, second = LedgerFigures(Reader(own)), LedgerFigures(Reader(own))
    state = ("shareflow_ledger_up", "shareflow_ledger_takes_writes")
    assert [told(first)[name] for name in state] == [1, 1]

    def refused(_: Writer) -> None:
        raise OperationalError("INSERT", {}, Exception("could not extend file: No space left on device"))

    with monkeypatch.context() as full:
        full.setattr(Writer, "try_out", refused)
        full.setattr("background.figures.TRIED_EVERY", 0.0)
        assert [told(first)[name] for name in state] == [1, 0]
    assert [told(first)[name] for name in state] == [1, 1], "it is tried again at once"
    only_read = f"ALTER DATABASE {own.url.database} SET default_transaction_read_only = "
    for setting, takes in (("on", 0), ("off", 1)):
        with own.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(only_read + setting))
        own.dispose()
        assert [told(first)[name] for name in state] == [1, takes]
        assert ("shareflow_stuck_cases" in told(second)) is (takes == 0), (
            "whoever is asked tells while nothing is leased"
        )
        Reader(own).ping()  # what readiness asks
