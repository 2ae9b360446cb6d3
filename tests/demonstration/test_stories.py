"""The stories of the demonstration: all procedures, all texts, working days, office hours, the same each time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache

import pytest

from domain.access import place_of
from domain.calendar import CHINA, Calendar
from domain.engine.records import Clock
from domain.policy import default_policy
from domain.statutes.loader import packaged_statutes
from domain.words import ClockState, EventType, ProcedureName, Stage
from embedded.demo.stories import (
    AFTERNOON,
    CLOSES,
    OPENS,
    REST,
    SeededCase,
    departments,
    matters,
    seeded_cases,
    suspended_cases,
    working_day,
)
from starter.engine_calls import check_key
from tests.pure_play import PurePlay, play_purely

SATURDAY, TUESDAY = "2026-11-28T11:00:00+08:00", "2026-12-01T00:00:00+08:00"
IN_A_FESTIVAL, WITHOUT_A_NOTICE = "2026-10-04T11:00:00+08:00", "2027-02-10T16:00:00+08:00"
INSTANTS = (SATURDAY, IN_A_FESTIVAL, WITHOUT_A_NOTICE)


@cache
def cases(at: str) -> Sequence[SeededCase]:
    return seeded_cases(datetime.fromisoformat(at))


@cache
def plays(at: str) -> Mapping[str, PurePlay]:
    """How each case stands at an instant, by its key. On paper nobody has a name."""
    return {case.key: play_purely(unnamed(case, datetime.fromisoformat(at))) for case in cases(at)}


def unnamed(case: SeededCase, until: datetime) -> object:
    steps = tuple(step.model_copy(update={"person": None}) for step in case.scenario.steps)
    return case.scenario.model_copy(update={"steps": steps, "until": until})


def open_clocks(at: str) -> list[Clock]:
    return [clock for play in plays(at).values() for clock in play.played.clocks if clock.open]


def test_every_procedure_and_every_text_has_cases_and_each_has_a_key_of_its_own() -> None:
    scenarios = [case.scenario for case in cases(SATURDAY)]
    assert {each.procedure for each in scenarios} == set(ProcedureName)
    assert {each.statute for each in scenarios} == set(packaged_statutes())
    keys = [case.key for case in cases(SATURDAY)]
    assert len(set(keys)) == len(keys)
    for key in keys:
        check_key(key)


def test_the_same_instant_gives_the_same_cases_and_another_moves_days_alone() -> None:
    again = seeded_cases(datetime.fromisoformat(SATURDAY))
    assert again == list(cases(SATURDAY))
    later = {case.key: case.scenario for case in cases(TUESDAY)}
    for case in again:
        moved = later[case.key]
        assert [(s.by, s.do, s.person) for s in moved.steps] == [(s.by, s.do, s.person) for s in case.scenario.steps]
        assert moved.filed_at.timetz() == case.scenario.filed_at.timetz()
        assert moved.filed_at > case.scenario.filed_at


@pytest.mark.parametrize("at", INSTANTS)
def test_everything_has_happened_on_a_working_day_at_office_hours(at: str) -> None:
    now = datetime.fromisoformat(at)
    days = Calendar.packaged().as_known_on(now.date())
    for case in [*cases(at), *suspended_cases(now)]:
        before = None
        for instant in (case.scenario.filed_at, *(step.at for step in case.scenario.steps)):
            there = instant.astimezone(CHINA)
            assert days.is_working_day(there.date()), case.key
            assert OPENS <= there.time() <= REST or AFTERNOON <= there.time() <= CLOSES, case.key
            assert (before or there) <= there < now, case.key
            before = there + timedelta(seconds=1)


@pytest.mark.parametrize("at", INSTANTS)
def test_the_rules_take_every_step(at: str) -> None:
    for key, play in plays(at).items():
        assert (play.played.refused, play.played.unexpected) == ([], []), key


@pytest.mark.parametrize("at", INSTANTS)
def test_no_page_is_empty(at: str) -> None:
    ended = Counter(play.played.case.stage is Stage.CLOSED for play in plays(at).values() if play.played.case)
    assert ended[True] > 30
    assert ended[False] > 40
    assert {Stage.NEGOTIATION, Stage.COORDINATION, Stage.FINAL_INSTANCE, Stage.VERIFICATION_DISPUTE} <= {
        play.played.case.stage for play in plays(at).values() if play.played.case
    }
    today = datetime.fromisoformat(at).astimezone(CHINA).date()
    due = working_day(Calendar.packaged().as_known_on(today), today, 0)
    running = [clock.due_date for clock in open_clocks(at) if clock.state is ClockState.RUNNING]
    assert sum(1 for day in running if day == due) >= 5
    assert sum(1 for day in running if day > due + timedelta(days=7)) >= 5
    assert sum(1 for clock in open_clocks(at) if clock.state is ClockState.BREACHED) >= 10
    events = [event for play in plays(at).values() for event in play.played.events]
    rungs = {event.data["level"] for event in events if event.type is EventType.URGED}
    assert rungs == {step.level for step in default_policy().ladder}
    assert any(clock.state is ClockState.MET_LATE for play in plays(at).values() for clock in play.played.clocks)


def test_some_departments_have_no_case_and_their_codes_are_well_formed() -> None:
    named = {party.code for play in plays(SATURDAY).values() if play.paper for party in (play.paper.case.provider,)} | {
        play.paper.case.requester.code for play in plays(SATURDAY).values() if play.paper
    }
    for place, there in departments().items():
        assert place in {place_of(statute) for statute in packaged_statutes()}
        idle = {department.code for department in there if matters().kind(department) is None}
        assert idle
        assert not idle & named
