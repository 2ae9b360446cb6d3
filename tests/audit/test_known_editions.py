"""Notices that were entered after their day: what was counted before holds, and none that was known is left out."""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.accounts.account import Account
from audit.known_editions import BY_CALENDAR, days_left
from audit.page.facts import PAGE
from audit.released import editions_here, released_editions
from audit.verification.deadlines import check_deadlines
from audit.verification.record import CaseRecord, record_in
from audit.verification.results import CheckFailed
from audit.verification.verify import verify
from domain.calendar import CHINA, Calendar, Edition, day_of
from domain.engine.deadlines import order_again, resolve
from domain.engine.records import RecordedEvent
from domain.words import Unit
from tests.audit.counting_engine import AMENDED, ENTERED, OWN, life
from tests.audit.dossiers import dossier_of, with_calendar
from tests.audit.make_golden import RELEASED_EDITIONS
from tests.audit.recorded import played
from tests.audit.test_verification import wrong

CASE = "cn-809-2025.extension-granted"


def lived(record: CaseRecord, acts: Sequence[tuple[int, int]]) -> Sequence[RecordedEvent]:
    """What is recorded of an engine's life."""
    return life(record, acts, (OWN, AMENDED)).events


ALL = editions_here()
LIVES = st.lists(st.tuples(st.integers(0, 9), st.sampled_from([0, 0, 1, 10, 20, 30, 40])), min_size=3, max_size=12)


@pytest.fixture(scope="module")
def record() -> CaseRecord:
    return replace(record_in(dossier_of(CASE)), calendar=ENTERED)


@given(acts=LIVES)
def test_whatever_the_engine_had_when_it_counted_holds(record: CaseRecord, acts: list[tuple[int, int]]) -> None:
    told = check_deadlines(replace(record, events=lived(record, acts)), False, ALL)
    assert "each the same day and hour" in told


@given(acts=LIVES)
def test_no_notice_that_the_engine_had_is_left_out(record: CaseRecord, acts: list[tuple[int, int]]) -> None:
    events, shown = lived(record, acts), set[str]()
    for place, event in enumerate(events):
        shown |= {str(event.data.get("reason", "")).removeprefix(BY_CALENDAR)}
        if event.clock is None:
            continue
        day, close = event.at.astimezone(CHINA).date(), record.policy.close_of_business
        for name in shown & {*event.clock.calendar_editions}:
            less = ENTERED.as_known_on(day, {name, *({"2027c"} if name == "2027b" else ())})
            forged = event.model_copy(update={"clock": resolve(order_again(event.clock), less, close)})
            with pytest.raises(CheckFailed, match=f"event {event.seq}: "):
                check_deadlines(replace(record, events=[*events[:place], forged, *events[place + 1 :]]), False, ALL)
        shown |= {*event.clock.calendar_editions}


def test_both_orders_of_a_day() -> None:
    """Entered on the day of its publication, after one limit and before another; nothing else tells them apart."""
    record = replace(record_in(dossier_of(CASE)), calendar=ENTERED)
    before, superseded, again, after = lived(record, [(10, 30), (0, 0), (0, 30)])
    assert before.clock
    assert again.clock
    assert after.clock
    assert (before.clock.calendar_editions, after.clock.calendar_editions) == (("2026",), ("2026", "2027b"))
    assert before.clock.due_date < again.clock.due_date == after.clock.due_date
    whole = replace(record, events=[before, superseded, again, after])
    assert "counted before the engine had a notice that was published: 2027b (event 1)" in check_deadlines(
        whole, False, ALL
    )
    late = after.model_copy(update={"clock": before.clock})
    with pytest.raises(CheckFailed, match="event 4: due_date"):
        check_deadlines(replace(record, events=[before, superseded, again, late]), False, ALL)


def test_what_time_brought_while_all_workers_were_away_was_counted_on_the_day_on_which_they_came_back() -> None:
    """Days of it are recorded in one step, by the notices of its last day."""
    record = replace(record_in(dossier_of(CASE)), calendar=ENTERED)
    away, *_, back = lived(record, [(8, 33), (3, 0), (0, 33)])
    assert away.clock
    days = ENTERED.as_known_on(day_of(back.at))
    late = away.model_copy(update={"clock": resolve(order_again(away.clock), days, record.policy.close_of_business)})
    assert late.clock
    assert late.clock.due_date > away.clock.due_date
    assert "each the same day and hour" in check_deadlines(replace(record, events=[late, back]), False, ALL)
    for last in (back.model_copy(update={"key": "a command"}), back.model_copy(update={"at": away.at})):
        with pytest.raises(CheckFailed, match="event 1: "):
            check_deadlines(replace(record, events=[late, last]), False, ALL)


def test_a_dossier_holds_that_was_packed_after_a_notice_was_entered_late() -> None:
    """Its page, too, counts the days that were known."""
    dossier = dossier_of(CASE)
    record = record_in(dossier)
    first = next(event.clock for event in record.events if event.clock)
    news = Edition(
        id="2025-late", year=first.due_date.year, published=first.started_at.astimezone(CHINA).date(), title="通知",
        notice="https://example.org/", amends=str(first.due_date.year), days={first.due_date: "off"},
    )  # fmt: skip
    late = with_calendar(dossier, [*record.calendar.editions, news])
    assert wrong(late) == {}
    told = next(each.detail for each in verify(late) if each.check == "deadlines")
    assert f"before the engine had a notice that was published: {news.id}" in told
    assert f"no notice that this release has: {news.id!r}" in told


def test_days_left_are_counted_as_the_limit_was() -> None:
    """A notice that was entered after the act changes none of them, and after the last day none is left."""
    dossier = dossier_of("nantong-2020.refused-late-then-impasse")
    record = record_in(dossier)
    clock = next(event.clock for event in record.events if event.clock and event.clock.unit is Unit.WORKING_DAY)
    news = Edition(
        id="2025-late", year=clock.due_date.year, published=clock.started_at.astimezone(CHINA).date(), title="通知",
        notice="https://example.org/", amends=str(clock.due_date.year),
        days=dict.fromkeys((clock.due_date - timedelta(days=each) for each in range(4)), "off"),
    )  # fmt: skip
    late = with_calendar(dossier, [*record.calendar.editions, news])
    left = [re.findall(rb"[0-9]+ working days? left", each.files[PAGE]) for each in (dossier, late)]
    assert left[0] == left[1] != []
    day = clock.due_date - timedelta(days=7)
    assert [days_left(each, clock, day) for each in (record.calendar, record_in(late).calendar)] == [6, 6]
    assert days_left(record.calendar, clock, clock.due_date + timedelta(days=1)) == 0


def test_no_edition_that_every_release_has_had_is_passed_off_as_entered_later() -> None:
    dossier = dossier_of(CASE)
    events = [event.model_copy() for event in record_in(dossier).events]
    place = next(place for place, event in enumerate(events) if event.clock)
    clock = events[place].clock
    assert clock
    day = events[place].at.astimezone(CHINA).date()
    less = Calendar.packaged().as_known_on(day, clock.calendar_editions)
    events[place] = events[place].model_copy(update={"clock": resolve(order_again(clock), less, None)})
    with pytest.raises(CheckFailed, match=f"event {events[place].seq}"):
        check_deadlines(replace(record_in(dossier), events=events), False, ALL)


def test_the_editions_of_this_release_are_noted() -> None:
    """A release adds its own (`python -m tests.audit.make_golden`), so that later ones know them."""
    assert json.loads(RELEASED_EDITIONS.read_text("utf-8")) == released_editions()


def test_the_account_of_a_case_counts_the_days_that_were_known() -> None:
    """As does the page of the case: a notice that was entered later takes no day from it."""
    recorded = played("nantong-2020/declined-with-reason")
    first = next(event.clock for event in recorded.events if event.clock and event.clock.unit is Unit.WORKING_DAY)
    news = Edition(
        id="late", year=first.due_date.year, published=first.started_at.astimezone(CHINA).date(), title="通知",
        notice="https://example.org/", amends=str(first.due_date.year), days={first.due_date: "off"},
    )  # fmt: skip
    account = Account(recorded, Calendar.packaged().with_edition(news), recorded.events[-1].at)
    assert account.counted[first.number].days[-1].day == first.due_date
