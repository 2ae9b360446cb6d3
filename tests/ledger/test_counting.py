"""Counts that are kept are those that a look at every case would give."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from domain.clocks import ClockId
from domain.words import EventType, Outcome, Stage
from ledger import queries
from ledger.engine import connect
from ledger.queries.counting import count_on
from ledger.queries.views import LimitsEnded
from ledger.recording import record_step


@pytest.fixture
def fresh(ledger_url: str) -> Iterator[Engine]:
    engine = connect(ledger_url)
    yield engine
    engine.dispose()


def really(engine: Engine) -> Counter[tuple[str, Stage, Outcome | None]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT statute, stage, outcome FROM cases")).all()
    return Counter((row.statute, Stage(row.stage), Outcome(row.outcome) if row.outcome else None) for row in rows)


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_counts_follow_every_case_to_where_it_stands(fresh: Engine, more_steps, resolve, at_once: int) -> None:
    cases = [more_steps() for _ in range(9)]
    for number, steps in enumerate(cases):
        record_step(fresh, steps.filing(statute=["a-1", "b-1"][number % 2]), resolve, "sm3")
    while count_on(fresh, at_once):
        pass
    assert queries.counts(fresh).cases == really(fresh)
    for steps in cases[::2]:
        moved = [steps.event(EventType.REFUSED, stage=Stage.REFUSED)]
        record_step(fresh, steps.step(2, moved), resolve, "sm3")
    for outcome, steps in zip((Outcome.REFUSED, Outcome.WITHDRAWN), cases[:2], strict=True):
        head = queries.get_case(fresh, steps.request_id).seq
        closing = [
            steps.event(EventType.CLOSED, stage=Stage.CLOSED, outcome=outcome),
            steps.event(EventType.URGED, stage=Stage.CLOSED),
        ]
        record_step(fresh, steps.step(head, closing), resolve, "sm3")
    while count_on(fresh, at_once):
        pass
    found = queries.counts(fresh).cases
    assert found == really(fresh)
    assert found["a-1", Stage.CLOSED, Outcome.REFUSED] == 1
    assert sum(found.values()) == 9


def test_many_who_count_at_once_count_each_message_once(fresh: Engine, more_steps, resolve) -> None:
    for _ in range(15):
        record_step(fresh, more_steps().filing(), resolve, "sm3")

    def count() -> None:
        for _ in range(15):
            count_on(fresh, 2)

    with ThreadPoolExecutor(4) as pool:
        for each in [pool.submit(count) for _ in range(4)]:
            each.result()
    assert queries.counts(fresh).cases == really(fresh)


def test_what_may_still_be_written_is_counted_later(fresh: Engine, more_steps, resolve) -> None:
    with fresh.begin() as stalled:
        stalled.execute(text("SELECT outbox_here()"))
        record_step(fresh, more_steps().filing(), resolve, "sm3")
        assert queries.counts(fresh).cases == {}
    assert queries.counts(fresh).cases == really(fresh)


def test_what_becomes_of_limits_is_told_once_to_whoever_asks(fresh: Engine, more_steps, resolve) -> None:
    one, other, day = more_steps(), more_steps(), 24 * 60
    for steps in (one, other):
        record_step(fresh, steps.filing(), resolve, "sm3")
    begun = queries.counts(fresh).ended
    assert begun == LimitsEnded(begun.upto), "what was there before nobody is told of"
    in_time = one.event(EventType.CLOCK_MET, 3 * day, number=1, late=False)
    late = [other.event(EventType.CLOCK_BREACHED, 14 * day, number=1)]
    late.append(other.event(EventType.CLOCK_MET, 15 * day, number=1, late=True))
    record_step(fresh, one.step(2, [in_time]), resolve, "sm3")
    record_step(fresh, other.step(2, late), resolve, "sm3")
    ended = queries.counts(fresh, begun.upto).ended
    answer = ClockId.PROVIDER_ANSWER
    assert ended.breached == {answer: 1}
    assert ended.kept == [(answer, False, timedelta(days=3)), (answer, True, timedelta(days=15))]
    assert queries.counts(fresh, ended.upto).ended == LimitsEnded(ended.upto)
