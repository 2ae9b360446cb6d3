"""Every day against chinese_calendar, every sum against counting by hand, the law's worked examples."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from itertools import pairwise

import chinese_calendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar import Calendar, CalendarError, Unit, WorkingDays
from domain.calendar.regulation import packaged_regulation, qingming, statutory_days, version_for
from tests.forms import either

FIRST, LAST = date(2018, 1, 1), date(2026, 12, 31)
FINAL = Calendar.packaged().as_known_on(None)
# How many working days the notices give each year, from the table of the notices.
WORKING_DAYS = {
    2018: 250,
    2019: 250,
    2020: 249,
    2021: 250,
    2022: 249,
    2023: 249,
    2024: 251,
    2025: 248,
    2026: 248,
}
PROVISIONAL_2027 = (
    "01-01 02-05 02-06 02-07 02-08 02-09 02-10 04-05 05-01 05-02 05-03 05-04 06-09 09-15 10-01 10-02 10-03 10-04 10-05"
)


def known(day: str | None) -> WorkingDays:
    return Calendar.packaged().as_known_on(date.fromisoformat(day) if day else None)


def each_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_every_day_of_2018_to_2026_is_as_chinese_calendar_says() -> None:
    wrong = [d for d in each_day(FIRST, LAST) if FINAL.is_working_day(d) != chinese_calendar.is_workday(d)]
    assert wrong == []


def test_every_day_of_2018_to_2026_is_as_the_notices_say() -> None:
    stated = {day: kind for edition in Calendar.packaged().editions for day, kind in edition.days.items()}
    for day in each_day(FIRST, LAST):
        expected = stated[day] == "work" if day in stated else day.isoweekday() <= 5
        assert FINAL.is_working_day(day) is expected, day


@pytest.mark.parametrize(("year", "number"), WORKING_DAYS.items())
def test_the_number_of_working_days_of_a_year(year: int, number: int) -> None:
    days = each_day(date(year, 1, 1), date(year, 12, 31))
    assert sum(map(FINAL.is_working_day, days)) == number


def test_a_hundred_thousand_additions_equal_counting_day_by_day() -> None:
    days = each_day(FIRST, LAST)
    works = [chinese_calendar.is_workday(day) for day in days]
    source = random.Random(20261121)
    for _ in range(100_000):
        start, n = source.randrange(len(days) - 150), source.randint(1, 60)
        position, left = start, n
        while left:
            position += 1
            left -= works[position]
        assert FINAL.add_working_days(days[start], n) == days[position], (days[start], n)


@pytest.mark.parametrize(
    ("as_known_on", "receipt", "amount", "unit", "due"),
    [
        (None, "2026-09-18", 5, "working_day", "2026-09-24"),
        (None, "2026-09-30", 10, "working_day", "2026-10-20"),
        (None, "2026-02-13", 1, "working_day", "2026-02-14"),
        (None, "2026-02-14", 1, "working_day", "2026-02-24"),
        (None, "2025-12-31", 1, "working_day", "2026-01-04"),
        (None, "2026-04-30", 10, "working_day", "2026-05-18"),
        (None, "2024-09-30", 5, "working_day", "2024-10-12"),
        (None, "2026-11-21", 1, "working_day", "2026-11-23"),
        (None, "2020-01-22", 5, "working_day", "2020-02-06"),
        ("2020-01-22", "2020-01-22", 5, "working_day", "2020-02-04"),
        ("2020-01-25", "2020-01-22", 5, "working_day", "2020-02-04"),
        ("2020-01-26", "2020-01-22", 5, "working_day", "2020-02-06"),
        (None, "2018-12-28", 1, "working_day", "2018-12-29"),
        ("2018-12-05", "2018-12-28", 1, "working_day", "2018-12-31"),
        ("2018-12-06", "2018-12-28", 1, "working_day", "2018-12-29"),
        ("2019-03-21", "2019-04-30", 1, "working_day", "2019-05-02"),
        ("2019-03-22", "2019-04-30", 1, "working_day", "2019-05-05"),
        ("2019-03-22", "2019-04-26", 1, "working_day", "2019-04-28"),
        (None, "2026-01-31", 1, "month", "2026-02-28"),
        (None, "2025-12-31", 1, "month", "2026-02-02"),
        (None, "2026-09-01", 1, "month", "2026-10-08"),
        (None, "2020-09-01", 1, "month", "2020-10-09"),
        (None, "2024-01-31", 1, "month", "2024-02-29"),
        (None, "2026-03-31", 14, "month", "2027-05-31"),
        (None, "2026-09-24", 1, "day", "2026-09-28"),
        (None, "2026-09-18", 2, "day", "2026-09-20"),
        # The reach of the notice of 2026 and the first days beyond it.
        (None, "2026-12-17", 10, "working_day", "2026-12-31"),
        (None, "2026-11-19", 30, "working_day", "2026-12-31"),
        (None, "2026-12-31", 1, "working_day", "2027-01-04"),
    ],
)
def test_worked_examples(as_known_on: str | None, receipt: str, amount: int, unit: Unit, due: str) -> None:
    days = known(as_known_on)
    start, expected = date.fromisoformat(receipt), date.fromisoformat(due)
    assert days.due(start, amount, unit).due_date == expected
    add = {"working_day": days.add_working_days, "month": days.add_months, "day": days.add_days}[unit]
    assert add(start, amount) == expected


@pytest.mark.parametrize(
    ("as_known_on", "receipt", "amount", "unit", "provisional", "editions", "edition"),
    [
        ("2020-01-22", "2020-01-22", 5, "working_day", False, ("2020",), "2020"),
        (None, "2020-01-22", 5, "working_day", False, ("2020", "2020-amended"), "2020-amended"),
        # The next year's notice counts when it set one of the December days, and only then.
        (None, "2018-12-28", 1, "working_day", False, ("2018", "2019"), "2019"),
        (None, "2018-12-20", 1, "working_day", False, ("2018",), "2018"),
        (None, "2025-12-31", 1, "working_day", False, ("2025", "2026"), "2026"),
        (None, "2026-12-17", 10, "working_day", False, ("2026",), "2026"),
        (None, "2026-12-18", 10, "working_day", True, ("2026",), "2026"),
        (None, "2027-03-01", 10, "working_day", True, (), "provisional"),
        (None, "2026-12-01", 3, "month", True, ("2026",), "2026"),
        ("2017-11-29", "2018-03-01", 3, "working_day", True, (), "provisional"),
        ("2017-11-30", "2018-03-01", 3, "working_day", False, ("2018",), "2018"),
    ],
)
def test_what_a_deadline_rests_on(
    as_known_on: str | None,
    receipt: str,
    amount: int,
    unit: Unit,
    provisional: bool,
    editions: tuple[str, ...],
    edition: str,
) -> None:
    due = known(as_known_on).due(date.fromisoformat(receipt), amount, unit)
    assert (due.provisional, due.editions, due.edition) == (provisional, editions, edition)


def test_2027_is_provisional_with_the_festivals_and_days_in_lieu() -> None:
    off = [day for day, _ in FINAL.days_off(2027)]
    assert " ".join(f"{day:%m-%d}" for day in off) == PROVISIONAL_2027
    assert FINAL.is_provisional_year(2027)
    assert not FINAL.is_provisional_year(2026)
    for day in each_day(date(2027, 1, 1), date(2027, 12, 31)):
        assert FINAL.is_working_day(day) is (day.isoweekday() <= 5 and day not in off), day


@pytest.mark.parametrize(
    ("as_known_on", "off"),
    # Without the notice of 2025: the version of 2013 until that of 2024 is published, then that one.
    [("2024-11-09", False), ("2024-11-10", True)],
)
def test_a_provisional_year_uses_the_regulation_known_that_day(as_known_on: str, off: bool) -> None:
    days = known(as_known_on)
    assert days.is_provisional_year(2025)
    assert days.is_working_day(date(2025, 1, 28)) is not off
    assert days.is_working_day(date(2025, 5, 2)) is not off
    assert not days.is_working_day(date(2025, 1, 29))


def test_a_regulation_published_but_not_in_force_does_not_apply() -> None:
    assert version_for(2024, packaged_regulation()).id == "2013-12-11"
    assert version_for(2025, packaged_regulation()).id == "2024-11-10"


def test_the_notices_give_every_festival_off() -> None:
    for year in range(2018, 2027):
        festivals = statutory_days(year, version_for(year, packaged_regulation()))
        # 中秋节 on 国庆节 in 2020 makes one day of two.
        assert len(festivals) == (10 if year == 2020 else 11 if year < 2025 else 13), year
        assert set(festivals) <= {day for day, _ in FINAL.days_off(year)}, year


def test_known_festival_dates() -> None:
    # 春节, 清明, 端午, 中秋 as printed in the calendars.
    printed = {
        2018: "02-16 04-05 06-18 09-24",
        2019: "02-05 04-05 06-07 09-13",
        2020: "01-25 04-04 06-25 10-01",
        2021: "02-12 04-04 06-14 09-21",
        2022: "02-01 04-05 06-03 09-10",
        2023: "01-22 04-05 06-22 09-29",
        2024: "02-10 04-04 06-10 09-17",
        2025: "01-29 04-04 05-31 10-06",
        2026: "02-17 04-05 06-19 09-25",
        2027: "02-06 04-05 06-09 09-15",
        2033: "01-31 04-04 06-01 09-08",
        2057: "02-04 04-04 06-06 09-13",
    }
    for year, dates in printed.items():
        days = statutory_days(year, packaged_regulation()[0])
        by_name: dict[str, str] = {}
        for day, festival in days.items():
            for name in festival.name.split("、"):
                by_name.setdefault(name, f"{day:%m-%d}")
        assert " ".join(by_name[name] for name in ("春节", "清明节", "端午节", "中秋节")) == dates, year


def test_qingming_agrees_with_workalendar() -> None:
    from workalendar.astronomy import solar_term

    # Hong Kong has the clock of Beijing and is among the zones that workalendar carries.
    for year in range(2018, 2052):
        assert qingming(year) == solar_term(year, 15, "Asia/Hong_Kong")


def test_the_days_are_worked_out_once_however_far_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    from domain.calendar import working_days
    from domain.calendar.horizon import HORIZON

    days = WorkingDays(Calendar.packaged().editions, packaged_regulation(), HORIZON)
    days.add_working_days(date(2018, 1, 1), 1)

    def again(*_: object) -> None:
        raise AssertionError("worked out again")

    for name in ("statutory_days", "regulation_days", "nature_of"):
        monkeypatch.setattr(working_days, name, again)
    assert days.add_working_days(date(2018, 1, 1), 10_000) == FINAL.add_working_days(date(2018, 1, 1), 10_000)
    assert days.working_days_between(date(2018, 1, 1), days.add_working_days(date(2018, 1, 1), 10_000)) == 10_000


def test_as_known_on_shares_one_object_per_set_of_editions() -> None:
    calendar = Calendar.packaged()
    assert calendar.as_known_on(date(2020, 2, 1)) is calendar.as_known_on(date(2020, 5, 1))
    assert calendar.as_known_on(date(2020, 1, 25)) is not calendar.as_known_on(date(2020, 1, 26))
    assert calendar.as_known_on(date(2026, 1, 1)) is calendar.as_known_on(None)
    assert Calendar.packaged() is calendar


def test_working_days_between() -> None:
    assert FINAL.working_days_between(date(2026, 9, 18), date(2026, 9, 24)) == 5
    assert FINAL.working_days_between(date(2026, 9, 24), date(2026, 9, 18)) == -5
    assert FINAL.working_days_between(date(2026, 9, 24), date(2026, 9, 24)) == 0


@pytest.mark.parametrize("start", [date(2017, 12, 31), date(2100, 1, 1), date(1969, 7, 20), date(9999, 12, 31)])
def test_outside_the_horizon(start: date) -> None:
    for ask in (
        FINAL.is_working_day,
        lambda day: FINAL.add_working_days(day, 1),
        lambda day: FINAL.add_months(day, 1),
        lambda day: FINAL.due(day, 1, "day"),
        lambda day: FINAL.explain(day, 1, "working_day"),
        lambda day: FINAL.days_off(day.year),
    ):
        with pytest.raises(CalendarError, match=r"The calendar covers .* not "):
            ask(start)


@pytest.mark.parametrize(
    ("amount", "unit"), [(1, "working_day"), (10**12, "working_day"), (10**12, "month"), (1, "day")]
)
def test_a_limit_that_ends_after_the_horizon(amount: int, unit: Unit) -> None:
    with pytest.raises(CalendarError, match="ends after 2099-12-31"):
        FINAL.due(date(2099, 12, 31), amount, unit)


@pytest.mark.parametrize("amount", [0, -1, True, 1.0, "5", None])
@pytest.mark.parametrize("unit", ["working_day", "month", "day"])
def test_a_bad_amount(amount: object, unit: Unit) -> None:
    with pytest.raises(CalendarError, match="whole number of at least 1"):
        FINAL.due(date(2026, 1, 5), amount, unit)  # type: ignore[arg-type]


def test_bad_units_and_bad_days() -> None:
    with pytest.raises(CalendarError, match="'week' is not a unit"):
        FINAL.due(date(2026, 1, 5), 1, "week")  # type: ignore[arg-type]
    for bad in (datetime(2026, 1, 5, 9), "2026-01-05", None):  # noqa: DTZ001
        with pytest.raises(CalendarError, match="is not a plain date"):
            FINAL.due(bad, 1, "working_day")  # type: ignore[arg-type]
    with pytest.raises(CalendarError, match="not for 2100-01-01"):
        Calendar.packaged().as_known_on(date(2100, 1, 1))
    with pytest.raises(CalendarError, match="not for 2013-12-10"):
        Calendar.packaged().as_known_on(date(2013, 12, 10))


@given(
    start=st.dates(FIRST, date(2029, 12, 31)),
    amount=st.integers(1, 60),
    unit=st.sampled_from(["working_day", "month", "day"]),
    as_known_on=st.none() | st.dates(date(2017, 11, 1), LAST),
)
@settings(max_examples=either(75, 250), deadline=None)
def test_an_explanation_is_the_deadline_day_by_day(
    start: date, amount: int, unit: Unit, as_known_on: date | None
) -> None:
    if unit == "month":
        amount = amount % 12 + 1
    days = Calendar.packaged().as_known_on(as_known_on)
    due, rows = days.due(start, amount, unit), days.explain(start, amount, unit)
    assert [row.day for row in rows] == each_day(start, due.due_date)
    assert rows[0].code == "day_zero"
    assert rows[0].number is None
    assert all(row.code != "day_zero" for row in rows[1:])
    assert all(row.weekday == row.day.isoweekday() for row in rows)
    assert all(row.working is days.is_working_day(row.day) for row in rows)
    assert all(row.working is (row.code in ("working", "make_up")) for row in rows[1:])
    assert all(row.text_zh and row.text_en for row in rows)
    assert any(row.provisional for row in rows) is due.provisional
    assert {row.edition for row in rows} - {None} <= set(due.editions)
    numbers = [row.number for row in rows if row.number is not None]
    assert numbers == list(range(1, len(numbers) + 1))
    if unit == "working_day":
        assert numbers[-1] == amount
        assert all((row.number is not None) is row.working for row in rows[1:])
        assert days.working_days_between(start, due.due_date) == amount
    elif unit == "day":
        assert numbers[-1] == amount
    if unit != "working_day":
        # Beyond the last number only days off are skipped, and the last day is a working day.
        assert rows[-1].working
        assert not any(row.working for row in rows[1:-1] if row.number is None)


@given(start=st.dates(FIRST, date(2050, 1, 1)), n=st.integers(1, 500))
def test_adding_is_strictly_monotonic_and_ends_on_a_working_day(start: date, n: int) -> None:
    result = FINAL.add_working_days(start, n)
    assert FINAL.is_working_day(result)
    assert start < result < FINAL.add_working_days(start, n + 1)
    assert FINAL.add_working_days(start + timedelta(days=1), n) >= result


def test_explanations_say_why() -> None:
    rows = {row.day: row for row in FINAL.explain(date(2026, 9, 18), 10, "working_day")}
    sunday, friday, saturday = rows[date(2026, 9, 20)], rows[date(2026, 9, 25)], rows[date(2026, 9, 26)]
    assert (sunday.code, sunday.number, sunday.edition, sunday.weekday) == ("make_up", 1, "2026", 7)
    assert (friday.code, friday.number, friday.edition) == ("festival", None, "2026")
    assert "中秋节" in friday.text_zh
    assert "Mid-Autumn" in friday.text_en
    assert (saturday.code, saturday.edition) == ("notice_off", "2026")
    assert (rows[date(2026, 9, 19)].code, rows[date(2026, 9, 19)].edition) == ("weekend", None)

    extended = {row.day: row for row in FINAL.explain(date(2020, 1, 22), 5, "working_day")}
    assert extended[date(2020, 2, 1)].edition == "2020-amended"
    assert extended[date(2020, 2, 1)].code == "notice_off"

    spring = {row.day: row for row in FINAL.explain(date(2027, 2, 4), 3, "working_day")}
    assert spring[date(2027, 2, 5)].code == "festival"
    assert spring[date(2027, 2, 9)].code == "lieu"
    assert "2027年放假通知未发布" in spring[date(2027, 2, 9)].text_zh

    rolled = FINAL.explain(date(2025, 12, 31), 1, "month")
    assert [row.number for row in rolled[-3:]] == [31, None, None]
    assert "顺延" in rolled[-1].text_zh


def test_the_packaged_editions_are_in_order_of_publication() -> None:
    editions = Calendar.packaged().editions
    assert [edition.id for edition in editions] == [
        "2018",
        "2019",
        "2019-amended",
        "2020",
        "2020-amended",
        *("2021", "2022", "2023", "2024", "2025", "2026"),
    ]
    assert all(a.published < b.published for a, b in pairwise(editions))
