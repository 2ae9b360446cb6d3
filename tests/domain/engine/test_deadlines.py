"""From an order to a clock: last days and instants counted by hand on the published calendars."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from domain.calendar import CHINA, Calendar, CalendarError
from domain.clocks import ClockId
from domain.engine.deadlines import order_again, resolve
from domain.engine.records import Clock, ClockOrder
from domain.engine.recount import OpenLimit, change_of
from domain.engine.timers import recounted
from domain.policy import LadderStep, default_policy, policy_from
from domain.words import Basis, ClockState, Unit, Urgency
from tests.domain.engine.machine import PaperLedger, play

LADDER = (
    LadderStep(level=Urgency.NOTICE, working_days=0),
    LadderStep(level=Urgency.YELLOW, working_days=3),
    LadderStep(level=Urgency.RED, working_days=5),
)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def order(started_at: str | datetime, amount: int = 5, unit: str = "working_day", **changes: Any) -> ClockOrder:
    data: dict[str, Any] = {
        "number": 1,
        "id": ClockId.PROVIDER_ANSWER,
        "basis": Basis.STATUTE,
        "article": "19",
        "quote": "提供部门应 5 个工作日内答复",
        "started_at": instant(started_at) if isinstance(started_at, str) else started_at,
        "amount": amount,
        "unit": Unit(unit),
        "warn_before": (2,),
        "ladder": LADDER,
    }
    return ClockOrder(**{**data, **changes})


def clock(order_: ClockOrder, known_on: str | None = None, close: time | None = None) -> Clock:
    day = date.fromisoformat(known_on) if known_on else None
    return resolve(order_, Calendar.packaged().as_known_on(day), close)


@pytest.mark.parametrize(
    ("started_at", "amount", "unit", "due_date"),
    [
        # Monday; the day itself is day 0, at whatever hour.
        ("2026-03-02T00:00", 5, "working_day", "2026-03-09"),
        ("2026-03-02T23:59:59", 5, "working_day", "2026-03-09"),
        # Friday before a Sunday of make-up work; then Mid-Autumn and National Day: 21, 22, 23, 24, 28, 29, 30, 8, 9.
        ("2026-09-18T10:00", 1, "working_day", "2026-09-20"),
        ("2026-09-18T10:00", 10, "working_day", "2026-10-09"),
        # A Saturday, and a festival, are day 0 like any other.
        ("2026-03-07T10:00", 1, "working_day", "2026-03-09"),
        ("2026-10-01T10:00", 1, "working_day", "2026-10-08"),
        # Months: the corresponding day, else the month's last; a Saturday of make-up work is a working day.
        ("2026-03-02T10:00", 1, "month", "2026-04-02"),
        ("2026-01-31T10:00", 1, "month", "2026-02-28"),
        ("2026-09-01T10:00", 1, "month", "2026-10-08"),
        ("2024-01-31T10:00", 1, "month", "2024-02-29"),
        # Calendar days roll off a weekend too.
        ("2026-03-02T10:00", 5, "day", "2026-03-09"),
        ("2026-03-02T10:00", 4, "day", "2026-03-06"),
    ],
)
def test_last_day(started_at: str, amount: int, unit: str, due_date: str) -> None:
    found = clock(order(started_at, amount, unit))
    assert found.due_date == date.fromisoformat(due_date)
    # 24:00 of that day.
    assert found.due_at == instant(f"{due_date}T00:00") + timedelta(days=1)


def test_the_start_day_is_the_day_in_china() -> None:
    # 16:30 UTC on Sunday is Monday 00:30 in China.
    late_on_sunday = order(datetime.fromisoformat("2026-03-01T16:30+00:00"))
    assert clock(late_on_sunday).due_date == date(2026, 3, 9)
    on_sunday = order(datetime.fromisoformat("2026-03-01T15:30+00:00"))
    assert clock(on_sunday).due_date == date(2026, 3, 6)


def test_a_clock_keeps_its_order_word_for_word() -> None:
    asked = order("2026-03-02T10:00", supersedes=7, number=8)
    found = clock(asked)
    for name in ("number", "id", "basis", "article", "quote", "started_at", "amount", "unit", "supersedes"):
        assert getattr(found, name) == getattr(asked, name)
    assert (found.state, found.ended_at, found.warned, found.climbed) == (ClockState.RUNNING, None, 0, 0)
    assert (found.provisional, found.calendar_edition, found.calendar_editions) == (False, "2026", ("2026",))


def test_a_year_without_a_notice_is_provisional() -> None:
    found = clock(order("2026-12-20T10:00", 10), "2025-12-01")
    assert found.provisional
    # 21-25, 28-31 December are nine days; 1 January is a festival by regulation, 2 and 3 a weekend.
    assert found.due_date == date(2027, 1, 4)
    assert not clock(order("2026-12-20T10:00", 9), "2025-12-01").provisional


def test_outside_the_calendar_is_an_error() -> None:
    with pytest.raises(CalendarError):
        clock(order("2017-12-01T10:00"))


@pytest.mark.parametrize("last", [date(2099, 12, 31), date(2100, 1, 4), date(9999, 12, 30), date(9999, 12, 31)])
def test_a_limit_that_is_fixed_to_a_day_can_always_be_recorded(last: date) -> None:
    """Also one that a version of before has let in: beyond the calendar only the days of the week are known."""
    start = instant("2026-03-02T10:00")
    ladder = (LadderStep(level=Urgency.YELLOW, working_days=5),)
    fixed = order(start, (last - start.date()).days, "date", ladder=ladder)
    found = clock(fixed)
    assert (found.due_date, found.calendar_edition, found.provisional) == (last, "none", False)
    assert found.due_at.date() in (last, last + timedelta(days=1) if last < date.max else last)
    assert found.warn_at[0].date() <= last - timedelta(days=2)
    assert found.rungs[0].at >= found.due_at
    limit = OpenLimit(found.state, start, found.amount, found.unit, last, found.due_at, provisional=False)
    assert change_of(limit, Calendar.packaged().as_known_on(None), start) is None


# Close of business


def test_close_of_business_ends_the_day_and_its_ladder_early() -> None:
    found = clock(order("2026-03-02T10:00"), close=time(17, 30))
    assert found.due_date == date(2026, 3, 9)
    assert found.due_at == instant("2026-03-09T17:30")
    assert [rung.at for rung in found.rungs] == [
        instant("2026-03-09T17:30"),
        instant("2026-03-12T17:30"),
        instant("2026-03-16T17:30"),
    ]
    # Warnings come when an office opens, whenever it closes.
    assert found.warn_at == (instant("2026-03-05T09:00"),)


def test_close_of_business_decides_what_is_late() -> None:
    policy = policy_from({**default_policy().model_dump(), "close_of_business": "17:30"})
    ledger = PaperLedger("changshu-2019", policy=policy)
    assert ledger.clock("provider_answer").due_at == instant("2026-03-09T17:30")
    ledger.give("grant", "provider", at=instant("2026-03-09T17:30"))
    assert ledger.clock("provider_answer").state is ClockState.MET_LATE


# Warnings and the ladder


@pytest.mark.parametrize(
    ("started_at", "amount", "warn_before", "warn_at"),
    [
        ("2026-03-02T10:00", 5, (2,), ["2026-03-05T09:00"]),
        # Due Friday 9 October: two working days before is Wednesday 30 September, the holidays between.
        ("2026-09-18T10:00", 10, (2,), ["2026-09-30T09:00"]),
        # Due Monday 21 September: the day before it is the Sunday of make-up work.
        ("2026-09-14T10:00", 6, (1,), ["2026-09-20T09:00"]),
        # The furthest first, whatever the order they are asked in.
        ("2026-03-02T10:00", 5, (1, 4, 2), ["2026-03-03T09:00", "2026-03-05T09:00", "2026-03-06T09:00"]),
        # None before the clock began: Monday 09:00 is past, with ten o'clock, and not yet with eight.
        ("2026-03-02T10:00", 5, (5, 6), []),
        ("2026-03-02T08:00", 5, (5, 6), ["2026-03-02T09:00"]),
        ("2026-03-02T09:00", 5, (5,), []),
        ("2026-03-02T10:00", 5, (), []),
    ],
)
def test_warnings_come_at_nine_on_working_days(
    started_at: str, amount: int, warn_before: tuple[int, ...], warn_at: list[str]
) -> None:
    found = clock(order(started_at, amount, warn_before=warn_before))
    assert found.warn_at == tuple(instant(text) for text in warn_at)


def test_ladder_counts_working_days_from_the_last_day() -> None:
    found = clock(order("2026-09-14T10:00", 9))  # Sunday the 20th works, 25 to 27 do not
    assert found.due_date == date(2026, 9, 24)
    assert [(rung.level.value, rung.at) for rung in found.rungs] == [
        ("notice", instant("2026-09-25T00:00")),
        ("yellow", instant("2026-10-01T00:00")),  # 28, 29, 30 September
        ("red", instant("2026-10-10T00:00")),  # 8 and 9 October
    ]


def test_ladder_is_climbed_in_order_of_time() -> None:
    found = clock(order("2026-03-02T10:00", ladder=tuple(reversed(LADDER))))
    assert [rung.level.value for rung in found.rungs] == ["notice", "yellow", "red"]


def test_no_ladder_for_windows_in_which_one_may_act() -> None:
    ledger = PaperLedger("changshu-2019")
    play(ledger, ["return_for_supplement:provider"])
    assert ledger.clock("supplement").rungs == ()
    play(ledger, ["supplement:requester", "refuse:provider"])
    assert ledger.clock("dispute_window").rungs == ()
    play(ledger, ["open_negotiation:requester"])
    assert [rung.level.value for rung in ledger.clock("negotiation").rungs] == ["notice", "yellow", "red"]


def test_short_limits_are_not_warned_of() -> None:
    assert PaperLedger("nantong-2020").clock("completeness_check").warn_at == ()
    assert PaperLedger("cn-809-2025", sharing_class="unconditional").clock("provider_answer").warn_at == ()
    # Five working days are enough to be warned.
    assert len(PaperLedger("changshu-2019").clock("provider_answer").warn_at) == 1


def test_limits_in_months_are_not_warned_of_in_working_days() -> None:
    limits = {**default_policy().model_dump()["limits"], ClockId.NEGOTIATION: {"amount": 6, "unit": "month"}}
    policy = policy_from({**default_policy().model_dump(), "limits": limits})
    ledger = PaperLedger("changshu-2019", policy=policy, sharing_class="not_shared")
    assert ledger.clock("negotiation").warn_at == ()
    assert ledger.clock("negotiation").due_date == date(2026, 9, 2)


def test_events_of_time_happen_at_their_own_instants() -> None:
    ledger = PaperLedger("changshu-2019")
    ledger.wait(timedelta(days=30))
    happened = [(event.type.value, event.at) for event in ledger.events if event.seq > 2]
    assert happened == [
        ("clock_warned", instant("2026-03-05T09:00")),
        ("clock_breached", instant("2026-03-10T00:00")),
        ("urged", instant("2026-03-10T00:00")),
        ("urged", instant("2026-03-13T00:00")),
        ("urged", instant("2026-03-17T00:00")),
    ]


# Extension


def test_an_extension_keeps_the_start_day() -> None:
    ledger = PaperLedger("cn-809-2025")  # Monday 2 March, ten working days: 16 March
    assert ledger.clock("provider_answer").due_date == date(2026, 3, 16)
    ledger.give("request_extension", "provider", {"reason": "清洗", "working_days": 7}, at=instant("2026-03-10T10:00"))
    # Approved on the last day; counted from the first all the same.
    ledger.give("approve_extension", "bureau", at=instant("2026-03-16T23:59"))
    longer = ledger.clock("provider_answer")
    assert longer.started_at == instant("2026-03-02T10:00")
    assert (longer.amount, longer.due_date, longer.supersedes) == (17, date(2026, 3, 25), 1)
    assert longer.warn_at == (instant("2026-03-23T09:00"),)
    assert longer.warned == 0
    superseded = next(event for event in ledger.events if event.type.value == "clock_superseded")
    assert superseded.data["reason"] == "extension"


def test_warnings_that_an_extension_finds_past_are_not_given_again() -> None:
    policy = policy_from(
        {
            **default_policy().model_dump(),
            "warnings": {"working_days_before": (9, 2), "for_limits_of_at_least": 5},
        }
    )
    ledger = PaperLedger("cn-809-2025", policy=policy)
    assert ledger.clock("provider_answer").warn_at == (instant("2026-03-03T09:00"), instant("2026-03-12T09:00"))
    # At the very instant of a warning of the longer clock: it is past, too.
    ledger.wait(instant("2026-03-13T09:00"))
    play(ledger, [("request_extension:provider", {"reason": "清洗", "working_days": 1}), "approve_extension:bureau"])
    longer = ledger.clock("provider_answer")
    assert longer.warn_at == (instant("2026-03-04T09:00"), instant("2026-03-13T09:00"))
    assert longer.warned == 2
    ledger.wait(timedelta(days=10))
    warned = [event.data["number"] for event in ledger.events if event.type.value == "clock_warned"]
    assert warned == [1, 1]


# A new calendar edition


def spring_festival() -> PaperLedger:
    """Filed on Monday 20 January 2020 with five working days: 21, 22, 23, 31 January and 1 February."""
    return PaperLedger("changshu-2019", instant("2020-01-20T10:00"))


def test_spring_festival_2020_supersedes_the_running_clock() -> None:
    ledger = spring_festival()
    first = ledger.clock("provider_answer")
    assert (first.due_date, first.calendar_edition) == (date(2020, 2, 1), "2020")
    # The night before the longer holiday was ordered nothing has changed.
    ledger.wait(instant("2020-01-25T23:59"))
    assert list(ledger.case.clocks) == [1]
    ledger.wait(instant("2020-01-26T00:00"))
    old, new = ledger.case.clocks.values()
    assert (old.state, old.due_date, old.ended_at) == (
        ClockState.SUPERSEDED,
        date(2020, 2, 1),
        instant("2020-01-26T00:00"),
    )
    # 21, 22, 23 January, then 3 and 4 February.
    assert (new.number, new.due_date, new.supersedes) == (2, date(2020, 2, 4), 1)
    assert (new.state, new.started_at, new.amount) == (ClockState.RUNNING, first.started_at, 5)
    assert (new.basis, new.article, new.quote) == (first.basis, first.article, first.quote)
    assert new.calendar_editions == ("2020", "2020-amended")
    assert new.rungs[0].at == new.due_at == instant("2020-02-05T00:00")
    superseded, started = ledger.events[-2:]
    assert (superseded.type.value, superseded.data["reason"]) == ("clock_superseded", "calendar:2020-amended")
    assert (started.type.value, started.article) == ("clock_started", "19")
    ledger.give("grant", "provider", at=instant("2020-02-04T23:59"))
    assert new.number == 2
    assert ledger.case.clocks[2].state is ClockState.MET


def test_a_clock_that_the_notice_does_not_change_is_left_alone() -> None:
    ledger = PaperLedger("changshu-2019", instant("2020-02-03T10:00"))
    running = ledger.clock("provider_answer")
    fresh = clock(order_again(running), "2020-02-03")
    assert recounted(ledger.case, {1: fresh}, "calendar:x", instant("2020-02-03T11:00")) == []
    later = fresh.model_copy(update={"due_at": fresh.due_at + timedelta(days=1)})
    events = recounted(ledger.case, {1: later}, "calendar:x", instant("2020-02-03T11:00"))
    assert [event.type.value for event in events] == ["clock_superseded", "clock_started"]


def test_a_clock_is_superseded_when_only_its_certainty_changes() -> None:
    ledger = PaperLedger("changshu-2019", instant("2020-02-03T10:00"))
    certain = clock(order_again(ledger.clock("provider_answer")), "2020-02-03")
    unsure = certain.model_copy(update={"provisional": True})
    events = recounted(ledger.case, {1: unsure}, "calendar:x", instant("2020-02-03T11:00"))
    assert [event.type.value for event in events] == ["clock_superseded", "clock_started"]


def test_breached_and_closed_clocks_stay_as_they_were() -> None:
    ledger = spring_festival()
    later = ledger.clock("provider_answer").model_copy(update={"due_at": instant("2020-02-05T00:00")})
    for script in (["lapse provider_answer"], ["grant:provider"]):
        ledger = PaperLedger("changshu-2019", instant("2020-03-02T10:00"))
        play(ledger, script)
        assert recounted(ledger.case, {1: later}, "calendar:x", ledger.now) == []


def test_a_clock_met_before_the_notice_stays() -> None:
    ledger = spring_festival()
    ledger.give("refuse", "provider", at=instant("2020-01-23T10:00"))
    ledger.wait(instant("2020-01-26T00:00"))
    states = [(c.id.value, c.due_date, c.state.value) for c in ledger.case.clocks.values()]
    # Thirty working days of the dispute window from 23 January: one working Friday and one Saturday fewer.
    assert states == [
        ("provider_answer", date(2020, 2, 1), "met"),
        ("dispute_window", date(2020, 3, 11), "superseded"),
        ("dispute_window", date(2020, 3, 13), "running"),
    ]


def test_a_clock_ordered_again_is_the_same_clock() -> None:
    running = PaperLedger("changshu-2019").clock("provider_answer")
    again = order_again(running)
    assert (again.number, again.id, again.basis, again.article) == (1, running.id, running.basis, running.article)
    assert (again.quote, again.started_at, again.amount) == (running.quote, running.started_at, running.amount)
    assert (again.unit, again.supersedes, again.ladder) == (running.unit, None, ())
    fresh = clock(again, "2026-03-02")
    assert (fresh.due_at, fresh.provisional) == (running.due_at, running.provisional)


def test_instants_are_written_in_china_time() -> None:
    found = clock(order("2026-03-02T10:00"))
    assert {x.utcoffset() for x in (found.due_at, *found.warn_at, *(r.at for r in found.rungs))} == {
        CHINA.utcoffset(None)
    }
