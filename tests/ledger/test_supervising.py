"""Numbers of supervision: each is what a plain look at every case counts, and its cases are exactly as many."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from api.supervision.moment import moment_at
from domain.access import Visibility, place_of
from domain.calendar import CHINA, Calendar, day_of
from domain.codes import code_key
from domain.engine.lights import most_pressing
from domain.engine.records import Event
from domain.policy import default_policy
from domain.words import EventType, Outcome, ProcedureName, Role, Stage, Urgency
from ledger import queries
from ledger.queries.supervising import PARTIES, Chosen, Moment, chosen_cases, supervised
from ledger.queries.views import CaseDetail
from ledger.recording import record_step
from ledger.standing import LADDER
from tests.ledger.test_closed_long_ago import crowded, plans

__all__ = ["crowded"]

NOW = datetime(2026, 9, 18, 10, tzinfo=CHINA)
DAYS = Calendar.packaged().as_known_on(date(2026, 9, 18))
WARNINGS = default_policy().warnings
MOMENT = moment_at(NOW, DAYS, WARNINGS)
CODES = ("SA", "sa", "SB", "SC")
STATUTES = ("nantong-2020", "yima-2021", "changshu-2019", "nantong-2020+809")
STAGES = (Stage.PROVIDER_ANSWER, Stage.COORDINATION, Stage.NEGOTIATION, Stage.CLOSED)
ALL = Visibility(everything=True)
CASES = 120


def filed(engine: Engine, steps: Any, resolve: Any, chances: random.Random) -> str:
    """A case with everything that is counted chosen by lot."""
    at = NOW - timedelta(days=chances.randrange(250))
    filing = steps.filing(
        statute=chances.choice(STATUTES),
        requester_code=chances.choice(CODES),
        provider_code=chances.choice(CODES[2:]),
        procedure=chances.choice([ProcedureName.SHARE_REQUEST, ProcedureName.DATA_CORRECTION]),
        filed_at=at,
    )
    events: list[Event] = [filing.events[0].model_copy(update={"at": at})]
    for number in range(1, 1 + chances.randrange(3)):
        started = NOW - timedelta(days=chances.randrange(20))
        order = steps.order(number, started_at=started, amount=chances.choice([2, 10]))
        events.append(steps.event(EventType.CLOCK_STARTED, order=order))
        if started + timedelta(days=13) < NOW and chances.random() < 0.7:
            events.append(steps.event(EventType.CLOCK_BREACHED, number=number))
        elif chances.random() < 0.2:
            events.append(steps.event(EventType.CLOCK_MET, number=number))
    for level in chances.choice([[], [], ["notice"], ["red", "yellow"]]):
        events.append(steps.event(EventType.URGED, level=level))
    stage = chances.choice(STAGES)
    if stage is Stage.CLOSED:
        events.append(steps.event(EventType.CLOSED, stage=stage, outcome=Outcome.GRANTED))
    else:
        events.append(steps.event(EventType.CASE_TOLD, stage=stage))
    record_step(engine, filing.model_copy(update={"events": events}), resolve, "sm3")
    return str(steps.request_id)


@pytest.fixture(scope="module")
def cases(engine: Engine) -> list[CaseDetail]:
    """The open ones among the cases of these tests."""
    from tests.ledger.conftest import Steps, resolve

    chances, numbers = random.Random(5), itertools.count()
    made = [filed(engine, Steps(f"sup-{next(numbers)}"), resolve.__wrapped__(), chances) for _ in range(CASES)]
    found = [queries.get_case(engine, request_id) for request_id in made]
    return [case for case in found if case is not None and case.stage is not Stage.CLOSED]


def what_is_so(engine: Engine, case: CaseDetail) -> Iterator[Chosen]:
    """Every number that a case is counted in, by a plain look at it."""
    urged = [e.data["level"] for e in queries.events_of(engine, case.request_id) if e.type is EventType.URGED]
    yield Chosen(stage=case.stage)
    yield Chosen(statute=case.statute)
    yield Chosen(procedure=case.procedure)
    yield Chosen(rung=max((1 + LADDER.index(Urgency(level)) for level in urged), default=0))
    days = (day_of(NOW) - day_of(case.filed_at)).days
    bands = {"week": 7, "month": 30, "quarter": 90, "half_year": 180}
    yield Chosen(age=next((name for name, most in bands.items() if days <= most), "older"))
    for day in {clock.due_date for clock in case.clocks if clock.open}:
        yield Chosen(ends_on=day)
    roles = {
        role
        for procedure, statute, stage, role in MOMENT.waits
        if (procedure, statute, stage) == (case.procedure, case.statute, case.stage)
    }
    codes = {Role.REQUESTER: case.requester_code, Role.PROVIDER: case.provider_code}
    for code in {code_key(codes[role]) for role in roles & set(PARTIES)}:
        yield Chosen(department=code)
    for role in roles - set(PARTIES):
        yield Chosen(awaited=role)


def counts(engine: Engine, visibility: Visibility, moment: Moment) -> dict[Chosen, int]:
    """All that is counted, by what would choose it."""
    found = supervised(engine, visibility, moment, NOW.date() + timedelta(days=40))
    numbers: dict[Chosen, int] = {}
    for each in found.counted:
        value = int(each.value) if each.dimension == "rung" else each.value
        chosen = Chosen(**{"light": each.light, each.dimension: value})
        numbers[chosen] = numbers.get(chosen, 0) + each.number
    return numbers | {Chosen(ends_on=day): number for day, number in found.ends.items()}


@pytest.mark.parametrize(
    "sight",
    [
        ALL,
        Visibility(places=frozenset({"nantong"})),
        Visibility(places=frozenset({"yima"}), superiors=frozenset({"x"})),
    ],
)
def test_each_number_is_what_a_plain_look_counts(engine: Engine, cases: list[CaseDetail], sight: Visibility) -> None:
    expected: dict[Chosen, set[str]] = {}
    for case in cases:
        if sight.everything or place_of(case.statute) in sight.places:
            light = most_pressing(case.clocks, NOW, DAYS, WARNINGS)[1].colour
            expected.setdefault(Chosen(light=light), set()).add(case.request_id)
            for chosen in what_is_so(engine, case):
                lit = chosen if chosen.ends_on else replace(chosen, light=light)
                expected.setdefault(lit, set()).add(case.request_id)
    assert {"green", "red", "grey", *(["amber"] if sight.everything else [])} <= {chosen.light for chosen in expected}
    ours = [case.request_id for case in cases]
    counted = counts(engine, sight, MOMENT)
    for chosen, ids in expected.items():
        if chosen.ends_on is None or day_of(NOW) <= chosen.ends_on <= NOW.date() + timedelta(days=40):
            assert counted[chosen] >= len(ids), chosen
        number, page = chosen_cases(engine, sight, MOMENT, replace(chosen, named=tuple(ours)), None, 500)
        assert {case.request_id for case in page.cases} == ids, chosen
        assert number == len(ids)
    for chosen, number in counted.items():
        total, _ = chosen_cases(engine, sight, MOMENT, chosen, None, 1)
        assert total == number, chosen


def test_the_cases_of_a_number_are_walked_page_by_page(engine: Engine, cases: list[CaseDetail]) -> None:
    chosen, seen, cursor = Chosen(named=tuple(case.request_id for case in cases)), [], None
    while True:
        total, page = chosen_cases(engine, ALL, MOMENT, chosen, cursor, 7)
        assert total == len(cases)
        seen += page.cases
        cursor = page.next
        if cursor is None:
            break
    assert sorted(case.request_id for case in seen) == sorted(case.request_id for case in cases)
    never = datetime(9999, 1, 1, tzinfo=UTC)
    assert [case.due_at or never for case in seen] == sorted(case.due_at or never for case in seen)


def test_duties_are_counted_by_department_and_period(engine: Engine, more_steps: Any, resolve: Any) -> None:
    for code, period, ends in (("DA", "2026-H1", None), ("da", "2026-H1", Outcome.FULFILLED), ("DA", "2026-H2", None)):
        steps = more_steps()
        filing = steps.filing(procedure=ProcedureName.PERIODIC_DUTY, provider_code=code, filed_at=NOW)
        first = steps.event(EventType.FILED, stage=Stage.DUTY, period=period)
        rest = [steps.event(EventType.CLOSED, stage=Stage.CLOSED, outcome=ends)] if ends else []
        record_step(engine, filing.model_copy(update={"events": [first, *rest]}), resolve, "sm3")
    found = supervised(engine, ALL, MOMENT, NOW.date()).duties
    mine = {(each.code, each.period, each.standing): each.number for each in found if each.code == "DA"}
    assert mine == {
        ("DA", "2026-H1", "open"): 1,
        ("DA", "2026-H1", "fulfilled"): 1,
        ("DA", "2026-H2", "open"): 1,
    }
    for (code, period, standing), number in mine.items():
        chosen = Chosen(department=code, period=period, duty=standing)
        assert chosen_cases(engine, ALL, MOMENT, chosen, None, 5)[0] == number


OPEN_ONES = """
UPDATE cases SET closed_at = NULL, stage = 'provider_answer', outcome = NULL, due_at = now()
WHERE request_id IN ('C-19000', 'C-19500', 'C-20000');
INSERT INTO clocks (request_id, number, seq, id, started_at, amount, unit, due_date, due_at, provisional, state,
    ended_at, warned, climbed)
SELECT request_id, 1, 1, 'provider_answer', filed_at, 10, 'working_day', '2026-09-20', now(), false, 'met', closed_at,
    0, 0
FROM cases;
ANALYZE cases; ANALYZE clocks
"""


def test_closed_cases_cost_a_count_nothing(crowded: Engine) -> None:
    with crowded.begin() as connection:
        connection.execute(text(OPEN_ONES))

    def ask() -> None:
        found = supervised(crowded, ALL, MOMENT, NOW.date())
        assert sum(each.number for each in found.counted if each.dimension == "light") == 3
        for chosen in (Chosen(light="amber"), Chosen(department="P"), Chosen(duty="open"), Chosen(ends_on=NOW.date())):
            chosen_cases(crowded, ALL, MOMENT, chosen, None, 3)

    found = plans(crowded, ask)
    assert len(found) > 7
    for plan in found:
        assert "Seq Scan on cases" not in plan, plan
        assert "Seq Scan on clocks" not in plan, plan
