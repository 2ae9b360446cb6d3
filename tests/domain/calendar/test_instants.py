"""Days of instants and ends of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest

from domain.calendar import CHINA, Calendar, CalendarError, day_of, end_of


def test_an_evening_in_utc_is_the_next_day_in_china() -> None:
    assert day_of(datetime(2026, 9, 30, 15, 59, 59, tzinfo=UTC)) == date(2026, 9, 30)
    assert day_of(datetime(2026, 9, 30, 16, tzinfo=UTC)) == date(2026, 10, 1)
    assert day_of(datetime(2026, 9, 30, 23, 59, tzinfo=CHINA)) == date(2026, 9, 30)
    assert day_of(datetime(2026, 9, 30, 12, tzinfo=timezone(timedelta(hours=-10)))) == date(2026, 10, 1)


def test_an_edition_is_known_from_midnight_in_china() -> None:
    calendar = Calendar.packaged()
    assert calendar.as_known_at(datetime(2020, 1, 25, 15, 59, tzinfo=UTC)).editions[-1] == "2020"
    assert calendar.as_known_at(datetime(2020, 1, 25, 16, 0, tzinfo=UTC)).editions[-1] == "2020-amended"


@pytest.mark.parametrize(
    "bad",
    [
        datetime(2026, 9, 30),  # noqa: DTZ001
        date(2026, 9, 30),
        "2026-09-30",
        datetime.max.replace(tzinfo=UTC),
    ],
)
def test_what_has_no_day(bad: object) -> None:
    with pytest.raises(CalendarError):
        day_of(bad)  # type: ignore[arg-type]


def test_the_end_of_a_day() -> None:
    assert end_of(date(2026, 9, 24)).isoformat() == "2026-09-25T00:00:00+08:00"
    assert end_of(date(2026, 12, 31)).isoformat() == "2027-01-01T00:00:00+08:00"
    assert end_of(date(2026, 9, 24), time(17, 30)).isoformat() == "2026-09-24T17:30:00+08:00"
    assert str(CHINA) == "Asia/Shanghai"


@pytest.mark.parametrize(
    ("day", "close"),
    [
        (date(2026, 9, 24), time(0)),
        (date(2026, 9, 24), time(17, tzinfo=UTC)),
        (datetime(2026, 9, 24, tzinfo=UTC), None),
        (date.max, None),
    ],
)
def test_what_has_no_end(day: date, close: time | None) -> None:
    with pytest.raises(CalendarError):
        end_of(day, close)
