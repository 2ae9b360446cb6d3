"""What is told of an edition beforehand is what its publication then does."""

import json
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.calendar import CHINA, Calendar, CalendarError, Edition, WorkingDays, load_edition, published_now
from domain.engine.deadlines import order_again, resolve
from domain.engine.evolve import evolve_all
from domain.engine.records import Clock
from domain.engine.recount import ClockChange, OpenLimit, change_of, stage_measured
from domain.engine.timers import recounted
from domain.words import ClockState, EventType, Stage
from procedures.registry import advance
from procedures.share_request.case import ShareRequestCase
from tests.calendar_publish.editions import festivals
from tests.domain.engine.machine import PaperLedger, play
from tests.forms import either

PACKAGED = Calendar.packaged()
FIRST = datetime(2025, 11, 10, tzinfo=CHINA)
CASES: list[tuple[str, list[Any]]] = [
    ("nantong-2020", []),
    ("nantong-2020", ["accept:bureau"]),
    ("changshu-2019", []),
    ("changshu-2019", [("refuse:provider", {"reason": "依职责"})]),
    ("cn-809-2025", [("grant:provider", {"terms": {"scope": "姓名"}})]),
]


def limit_of(clock: Clock, case: ShareRequestCase) -> OpenLimit:
    names = ("state", "started_at", "amount", "unit", "due_date", "due_at", "provisional")
    said = {name: getattr(clock, name) for name in names}
    return OpenLimit(**said, close_of_business=case.policy.close_of_business)


def told(case: ShareRequestCase, days: WorkingDays, now: datetime) -> dict[int, ClockChange]:
    """What is told beforehand of each open clock that changes."""
    open_ = {number: change_of(limit_of(c, case), days, now) for number, c in case.clocks.items() if c.open}
    return {number: change for number, change in open_.items() if change is not None}


def published(case: ShareRequestCase, days: WorkingDays, now: datetime) -> tuple[ShareRequestCase, Mapping[int, Clock]]:
    """What the case does: time passes, then the running clocks are counted again. The clocks that took a place."""
    case, _ = advance(case, now)
    running = [clock for clock in case.clocks.values() if clock.state is ClockState.RUNNING]
    fresh = {c.number: resolve(order_again(c), days, case.policy.close_of_business) for c in running}
    events = recounted(case, fresh, "calendar:x", now)
    orders = [event.order for event in events if event.order is not None]
    new = {o.supersedes: resolve(o, days, case.policy.close_of_business) for o in orders if o.supersedes is not None}
    gone = [event.data["number"] for event in events if event.type is EventType.CLOCK_SUPERSEDED]
    assert sorted(gone) == sorted(new)
    return evolve_all(case, events), new


def edition(now: datetime, year: int, chosen: set[int]) -> Edition:
    """Turns days around ``now`` over: working days are given off, and some that are off are worked."""
    amends = "2026" if year == 2026 else None
    known = PACKAGED.as_known_on(now.date())
    stated = {day for each in PACKAGED.editions for day, kind in each.days.items() if kind == "off"}
    days = festivals(year) if amends is None else {}
    for offset in chosen:
        day = now.date() + timedelta(days=offset)
        if not date(year - 1, 12, 1) <= day <= date(year, 12, 31):
            continue
        if known.is_working_day(day):
            days[day.isoformat()] = "off"
        elif day.weekday() >= 5 or day in stated:
            days[day.isoformat()] = "work"
    content = {"id": f"{year}-x", "year": year, "published": now.date().isoformat(), "amends": amends}
    return load_edition(json.dumps({**content, "notice": "x", "days": days}), "x.json")


@settings(max_examples=either(75, 300), deadline=None)
@given(
    which=st.sampled_from(CASES),
    after=st.timedeltas(timedelta(), timedelta(days=415)),
    passed=st.timedeltas(timedelta(), timedelta(days=45)),
    year=st.sampled_from([2026, 2027]),
    chosen=st.sets(st.integers(-20, 30), min_size=1, max_size=12),
)
def test_what_is_told_beforehand_is_what_happens(
    which: tuple[str, list[Any]], after: timedelta, passed: timedelta, year: int, chosen: set[int]
) -> None:
    statute, script = which
    filed = FIRST + after
    ledger = PaperLedger(statute, filed)
    play(ledger, script)
    now = filed + passed
    try:
        calendar = published_now(PACKAGED, edition(now, year, chosen), now.date())
    except CalendarError:
        assume(False)
    days = calendar.as_known_at(now)
    before = told(ledger.case, days, now)
    case, new = published(ledger.case, days, now)
    assume(not case.closed)
    assert {number for number, change in before.items() if change.superseded} == set(new)
    for number, clock in new.items():
        old, change = ledger.case.clocks[number], before[number]
        assert (clock.due_date, clock.due_date - old.due_date) == (change.due_date, timedelta(days=change.days))
        assert change.newly_overdue == (clock.due_at <= now)
        assert change.becomes_certain == (old.provisional and not clock.provisional)
    for number in before.keys() - set(new):
        assert case.clocks[number].state is ClockState.BREACHED
    # Told again, there is nothing left to supersede; and counted again, nothing is.
    again = evolve_all(ledger.case, [])
    settled = {**case.clocks, **{clock.number: clock for clock in new.values()}}
    for clock in settled.values():
        change = change_of(limit_of(clock, again), days, now) if clock.open else None
        assert change is None or not change.superseded


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def test_a_next_years_notice_that_changes_this_december() -> None:
    """Five working days from Wednesday 23 December 2026 end on the 30th; a worked Sunday makes that the 29th."""
    ledger = PaperLedger("changshu-2019", at("2026-12-23T10:00"))
    assert ledger.clock("provider_answer").due_date == date(2026, 12, 30)
    content = {"id": "2027", "published": "2026-12-24", "notice": "x"}
    days = {"2026-12-27": "work", **festivals(2027)}
    notice = load_edition(json.dumps({**content, "days": days}), "x.json")
    now = at("2026-12-24T09:00")
    known = published_now(PACKAGED, notice, now.date()).as_known_at(now)
    (change,) = told(ledger.case, known, now).values()
    assert (change.due_date, change.days, change.superseded) == (date(2026, 12, 29), -1, True)


def test_an_earlier_last_day_that_has_passed_is_newly_overdue_and_a_breach_stays() -> None:
    ledger = PaperLedger("changshu-2019", at("2026-11-02T10:00"))
    amended = {"id": "2026-b", "year": 2026, "published": "2026-11-09", "amends": "2026", "notice": "x"}
    worked = load_edition(json.dumps({**amended, "days": {"2026-11-07": "work", "2026-11-08": "work"}}), "x.json")
    now = at("2026-11-09T09:00")  # the fifth working day; with the weekend worked it was Saturday
    known = published_now(PACKAGED, worked, now.date()).as_known_at(now)
    (change,) = told(ledger.case, known, now).values()
    assert (change.due_date, change.superseded, change.newly_overdue) == (date(2026, 11, 7), True, True)
    off = load_edition(json.dumps({**amended, "published": "2026-11-10", "days": {"2026-11-06": "off"}}), "x.json")
    now = at("2026-11-10T09:00")  # the day after the last
    known = published_now(PACKAGED, off, now.date()).as_known_at(now)
    for case in (ledger.case, advance(ledger.case, now)[0]):  # whether or not the breach was noticed
        (change,) = told(case, known, now).values()
        assert (change.due_date, change.superseded) == (date(2026, 11, 10), False)
        assert (change.no_longer_overdue, change.newly_overdue) == (True, False)


@pytest.mark.parametrize(
    ("clock", "stage", "measured"),
    [
        ("provider_answer", "provider_answer", Stage.PROVIDER_ANSWER),
        ("dispute_window", "refused", Stage.REFUSED),
        ("something_new", "elsewhere", None),
    ],
)
def test_which_act_a_clock_measures(clock: str, stage: str, measured: Stage | None) -> None:
    assert stage_measured(clock, stage) is measured
