"""灯: against the calendar, day by day."""

from datetime import date, datetime, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import CHINA, Calendar, end_of
from domain.clocks import ClockId
from domain.engine.lights import light_of
from domain.engine.records import ShownClock
from domain.policy import default_policy
from domain.words import Basis, ClockState, Unit

DAYS = Calendar.packaged().as_known_on(date(2026, 1, 5))
WARNINGS = default_policy().warnings


def clock(start: date, amount: int, state: ClockState = ClockState.RUNNING) -> ShownClock:
    due = DAYS.due(start, amount, "working_day")
    return ShownClock(
        number=1,
        id=ClockId.PROVIDER_ANSWER,
        basis=Basis.STATUTE,
        article="1",
        quote="一",
        started_at=datetime.combine(start, time(9), tzinfo=CHINA),
        amount=amount,
        unit=Unit.WORKING_DAY,
        due_date=due.due_date,
        due_at=end_of(due.due_date),
        provisional=due.provisional,
        calendar_edition=due.edition,
        state=state,
    )


@given(st.dates(date(2025, 1, 2), date(2026, 11, 1)), st.integers(1, 30), st.integers(0, 60))
def test_a_light_counts_the_working_days_of_the_calendar(start: date, amount: int, later: int) -> None:
    limit, today = clock(start, amount), start + timedelta(days=later)
    light = light_of(limit, datetime.combine(today, time(23, 59), tzinfo=CHINA), DAYS, WARNINGS)
    assert light.working_days is not None
    first, last = sorted((today, limit.due_date))
    between = sum(DAYS.is_working_day(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))
    assert abs(light.working_days) == between
    if today > limit.due_date:
        assert light.colour == "red"
        assert light.words("zh", today) == (f"已超期 {between} 个工作日" if between else "已超期，不足 1 个工作日")
    elif today == limit.due_date:
        assert (light.colour, light.words("zh", today)) == ("amber", "今日到期")
    else:
        assert light.colour == ("amber" if amount >= 5 and between <= 2 else "green")
        assert light.words("zh", today) == f"剩余 {between} 个工作日"


def test_a_limit_that_was_kept_has_no_light() -> None:
    kept = clock(date(2026, 3, 2), 5, ClockState.MET)
    assert light_of(kept, datetime(2026, 3, 3, 9, tzinfo=CHINA), DAYS, WARNINGS).colour == "grey"
