"""ChinaNotices against workalendar's own habits and its own mistakes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from workalendar.asia import China

from domain.calendar import Calendar, CalendarError, ChinaNotices


@pytest.fixture(autouse=True)
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize(
    "day",
    ["2024-02-04", "2024-02-18", "2024-04-07", "2024-09-14", "2025-01-26", "2026-02-14", "2026-10-10"],
)
def test_make_up_weekends_are_never_silently_false(day: str) -> None:
    assert ChinaNotices().is_working_day(date.fromisoformat(day))
    assert not ChinaNotices().is_holiday(date.fromisoformat(day))


def test_the_extension_of_2020_and_what_was_known_before() -> None:
    start = date(2020, 1, 22)
    assert ChinaNotices().add_working_days(start, 5) == date(2020, 2, 6)
    assert ChinaNotices(as_known_on=start).add_working_days(start, 5) == date(2020, 2, 4)


def test_it_differs_from_china_on_two_days_only() -> None:
    ours = ChinaNotices()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = China()
        days = [date(2018, 1, 1) + timedelta(days=n) for n in range(2191)]
        different = [day for day in days if ours.is_working_day(day) != theirs.is_working_day(day)]
    assert different == [date(2020, 1, 31), date(2020, 2, 1)]


def test_holidays_of_notice_and_provisional_years() -> None:
    china = ChinaNotices()
    days = [day for day, _ in china.holidays(2026)]
    assert len(days) == 33
    assert set(days) == china.holidays_set(2026)
    assert china.is_holiday(date(2026, 2, 15))
    assert not china.is_holiday(date(2026, 11, 21))
    assert "Mid-Autumn" in china.get_holiday_label(date(2026, 9, 25))
    assert china.is_provisional(2027)
    assert "provisional" in china.get_holiday_label(date(2027, 2, 9))
    assert not china.is_working_day(date(2027, 2, 9))
    with pytest.raises(CalendarError):
        china.holidays(2017)
    with pytest.raises(CalendarError):
        china.is_working_day(date(2100, 1, 1))


def test_adding_and_subtracting() -> None:
    china = ChinaNotices()
    assert china.add_working_days(date(2023, 12, 27), 5) == date(2024, 1, 4)
    assert china.add_working_days(date(2026, 2, 24), -1) == date(2026, 2, 14)
    assert china.sub_working_days(date(2026, 2, 24), 1) == date(2026, 2, 14)
    assert china.sub_working_days(date(2026, 2, 24), -1) == date(2026, 2, 14)
    assert china.add_working_days(date(2026, 2, 15), 0) == date(2026, 2, 15)
    assert china.add_working_days(datetime(2026, 2, 13, 20, tzinfo=UTC), 1) == date(2026, 2, 24)
    kept = china.add_working_days(datetime(2026, 2, 13, 9), 1, keep_datetime=True)  # noqa: DTZ001
    assert kept == datetime(2026, 2, 14, 9)  # noqa: DTZ001
    assert china.find_following_working_day(date(2026, 10, 1)) == date(2026, 10, 8)
    assert china.get_working_days_delta(date(2026, 9, 18), date(2026, 9, 24)) == 5
    assert china.get_working_days_delta(date(2026, 9, 24), date(2026, 9, 18), include_start=True) == 6


def test_extra_days() -> None:
    china = ChinaNotices()
    saturday, make_up = date(2026, 11, 21), date(2026, 2, 14)
    assert china.is_working_day(saturday, extra_working_days=[saturday])
    assert not china.is_working_day(make_up, extra_holidays=[make_up])
    assert china.is_working_day(make_up, extra_working_days=[make_up], extra_holidays=[make_up])
    assert china.is_holiday(date(2026, 11, 23), extra_holidays=[date(2026, 11, 23)])
    assert china.add_working_days(date(2026, 2, 13), 1, extra_holidays=[make_up]) == date(2026, 2, 24)
    assert china.add_working_days(date(2026, 11, 20), 1, extra_working_days=[saturday]) == saturday


def test_another_calendar_than_the_packaged_one() -> None:
    only_2018 = Calendar(Calendar.packaged().editions[:1])
    china = ChinaNotices(calendar=only_2018)
    assert china.is_provisional(2019)
    assert not china.is_provisional(2018)
