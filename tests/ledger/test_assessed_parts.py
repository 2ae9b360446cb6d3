"""What is kept for assessments is what a look at every clock and event would give, whatever happens, whoever asks."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random
from typing import Final

import pytest
from sqlalchemy import Engine, text

from domain.access import Visibility
from domain.calendar import Calendar
from domain.clocks import ClockId
from domain.engine.records import Event, Step
from domain.words import Basis, EventType, Outcome, ProcedureName, Role, Stage, Urgency
from ledger.engine import connect
from ledger.queries.assessed_parts import Answering
from ledger.queries.assessing import AssessedPeriod, Assessing, Tallied, assessed_cases, tallies
from ledger.recording import ResolveClock, record_step
from tests.assessed_slowly import in_order, looked_up
from tests.ledger.conftest import T0, Steps

EVERYWHERE: Final = Visibility(everything=True)
EVER: Final = AssessedPeriod(T0 - timedelta(days=900), T0 + timedelta(days=900))
SHARE: Final = ProcedureName.SHARE_REQUEST
ANSWERS: Final[Answering] = (
    SHARE, "nantong-2020", ClockId.PROVIDER_ANSWER, Stage.PROVIDER_ANSWER, Role.PROVIDER
)  # fmt: skip
NEGOTIATES: Final[Answering] = (
    SHARE, "nantong-2020", ClockId.NEGOTIATION, Stage.NEGOTIATION, Role.REQUESTER
)  # fmt: skip
RecordStep = Callable[[Step], None]


def by(*answering: Answering) -> Assessing:
    """By what is assessed: these limits are somebody's."""
    today = (T0 + timedelta(days=40)).date()
    return Assessing(answering, Calendar.packaged().as_known_on(today), today)


def figures(engine: Engine, rules: Assessing, period: AssessedPeriod = EVER) -> Tallied:
    """What is kept, after it was held to what is there."""
    found = in_order(tallies(engine, EVERYWHERE, period, rules))
    assert found == looked_up(engine, EVERYWHERE, period, rules)
    return found


@pytest.fixture
def record(own: Engine, resolve: ResolveClock) -> RecordStep:
    def record(step: Step) -> None:
        assert record_step(own, step, resolve, "sm3").applied

    return record


def filing(steps: Steps, days: int, department: str) -> Step:
    """A case that is filed so many days after the first."""
    return steps.filing(procedure=SHARE, filed_at=T0 + timedelta(days=days), provider_code=department)


def happening(steps: Steps, draw: Random, number: int, minutes: float) -> list[Event]:
    """Something that may come next, and what it makes of the limits; ``number`` is free for another limit."""
    policy = {"id": ClockId.NEGOTIATION, "basis": Basis.POLICY, "started_at": T0 + timedelta(minutes=minutes)}
    negotiation = steps.order(number, **policy)
    reason = draw.choice(["", " ", "涉密"])
    return draw.choice(
        [
            [steps.event(EventType.CLOCK_MET, minutes, number=1)],
            [steps.event(EventType.CLOCK_BREACHED, minutes, number=1)],
            [steps.event(EventType.CLOCK_CANCELLED, minutes, number=1)],
            [steps.event(EventType.REFUSED, minutes, reason=reason)],
            [steps.event(EventType.EXTENSION_REQUESTED, minutes), steps.event(EventType.EXTENSION_APPROVED, minutes)],
            [steps.event(EventType.URGED, minutes, level=draw.choice(tuple(Urgency)))],
            [
                steps.event(EventType.NEGOTIATION_OPENED, minutes, stage=Stage.NEGOTIATION),
                steps.event(EventType.CLOCK_STARTED, minutes, Stage.NEGOTIATION, negotiation, number=number),
            ],
            [steps.event(EventType.CLOSED, minutes, stage=Stage.CLOSED, outcome=draw.choice(tuple(Outcome)))],
        ]
    )


@pytest.mark.parametrize("seed", range(2))
def test_what_is_kept_follows_whatever_happens(
    own: Engine, more_steps: Callable[[], Steps], record: RecordStep, seed: int
) -> None:
    draw, rules = Random(seed), by(ANSWERS, NEGOTIATES)
    cases, heads = [more_steps() for _ in range(6)], dict[str, int]()
    narrow = AssessedPeriod(T0, T0 + timedelta(days=3), "nantong-2020", SHARE, "p1")
    for _ in range(30):
        steps = draw.choice(cases)
        head = heads.get(steps.request_id, 0)
        if head:
            events = happening(steps, draw, head + 1, minutes=draw.uniform(0, 40 * 24 * 60))
            record(steps.step(head, events))
        else:
            record(filing(steps, draw.randrange(5), draw.choice(["p1", "P1", "P2"])))
        heads[steps.request_id] = head + (len(events) if head else 2)
        if draw.random() < 0.4:
            figures(own, rules)
            figures(own, rules, narrow)
    found = figures(own, rules)
    assert sum(each.numbers["all"] for each in found.departments) >= len(heads)
    for row in found.departments:
        its = AssessedPeriod(EVER.since, EVER.before, None, row.procedure, row.code)
        for measure, number in row.numbers.items():
            total, page = assessed_cases(own, EVERYWHERE, its, rules.answering, measure, None, 500)
            assert total == len(page.cases) == number, (row.code, measure)


def test_other_rules_make_it_anew_and_the_old_ones_find_theirs_again(
    own: Engine, more_steps: Callable[[], Steps], record: RecordStep
) -> None:
    for number in range(3):
        record(filing(more_steps(), number, "P1"))
    assert len(figures(own, by(ANSWERS)).departments) == 1
    nobodys = figures(own, by())
    assert figures(own, by(ANSWERS)) == figures(own, by(ANSWERS)) == nobodys


def test_pruned_messages_are_missed_by_nobody(own: Engine, more_steps: Callable[[], Steps], record: RecordStep) -> None:
    steps, rules = more_steps(), by(ANSWERS)
    record(filing(steps, 0, "P1"))
    figures(own, rules)
    record(steps.step(2, [steps.event(EventType.URGED, 1, level=Urgency.RED)]))
    with own.begin() as connection:
        connection.execute(text("INSERT INTO outbox_marks SELECT 'pruned', max(position) FROM outbox"))
        connection.execute(text("DELETE FROM outbox"))
    [row] = figures(own, rules).departments
    assert row.numbers["urged"] == 1


def test_many_who_ask_at_once_find_the_same(own: Engine, more_steps: Callable[[], Steps], record: RecordStep) -> None:
    rules = by(ANSWERS)
    for number in range(12):
        record(filing(more_steps(), number % 3, "P1"))
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(tallies, own, EVERYWHERE, EVER, rules) for _ in range(8)]
        assert {each.result().departments[0].numbers["all"] for each in asked} == {12}


def test_what_another_has_not_committed_yet_is_found_later(
    own: Engine, more_steps: Callable[[], Steps], record: RecordStep
) -> None:
    rules, second = by(ANSWERS), connect(own.url.render_as_string(hide_password=False), pool_size=1)
    record(filing(more_steps(), 0, "P1"))
    with second.begin() as stalled:
        stalled.execute(text("SELECT outbox_here()"))
        record(filing(more_steps(), 0, "P1"))
        assert figures(own, rules).departments[0].numbers["all"] == 2
    second.dispose()
    assert figures(own, rules).departments[0].numbers["all"] == 2
