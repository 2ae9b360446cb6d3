"""What is published here: which editions are refused, and how stored ones join the packaged ones."""

import json
from datetime import date
from typing import Any

import pytest

from domain.calendar import Calendar, CalendarError, Edition, load_edition, published_now, with_stored
from tests.calendar_publish.editions import festivals

TODAY = date(2026, 12, 22)
PACKAGED = Calendar.packaged()


def edition(**changes: Any) -> Edition:
    content = {
        "id": "2027",
        "published": "2026-12-21",
        "notice": "https://www.gov.cn/2027",
        "days": {"2026-12-31": "off", **festivals(2027), "2027-02-20": "work"},
        **changes,
    }
    return load_edition(json.dumps(content), "x.json")


AMENDED = {"id": "2026-b", "year": 2026, "amends": "2026", "days": {"2026-12-28": "off"}}


def test_a_notice_and_an_amendment_of_the_running_year_are_published() -> None:
    after = published_now(PACKAGED, edition(), TODAY)
    assert not after.as_known_on(TODAY).is_working_day(date(2026, 12, 31))
    both = published_now(after, edition(**AMENDED), TODAY)
    assert not both.as_known_on(TODAY).is_working_day(date(2026, 12, 28))
    assert published_now(both, edition(), TODAY) is both


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"published": "2026-12-23"}, "2026-12-23 is still to come"),
        ({**AMENDED, "amends": None}, "2026 already has its notice, edition 2026, so a further one must say"),
        ({**AMENDED, "amends": "2026-a"}, "no edition 2026-a was published before it"),
        ({**AMENDED, "id": "2026", "amends": None}, "another edition has the same id"),
        ({"days": {"2026-12-14": "off", "2027-01-01": "off"}}, "2026-12-14: this day had passed when"),
        ({"days": {"2026-12-28": "work", "2027-01-01": "off"}}, "this Monday is a working day anyway"),
        ({"year": 2062, "published": "2061-11-01", "days": {"2062-01-01": "off"}}, "is still to come"),
    ],
)
def test_what_cannot_be_published(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CalendarError, match=reason) as caught:
        published_now(PACKAGED, edition(**changes), TODAY)
    assert str(caught.value).endswith(".")


def test_an_edition_older_than_what_is_known_of_its_year_is_refused() -> None:
    after = published_now(PACKAGED, edition(**AMENDED), TODAY)
    late = edition(**{**AMENDED, "id": "2026-c", "published": "2026-12-01", "days": {"2026-12-29": "off"}})
    with pytest.raises(CalendarError, match=r"2026-12-01 comes before edition 2026-b of 2026-12-21"):
        published_now(after, late, TODAY)


def test_a_december_day_that_had_passed_may_be_repeated_but_not_changed() -> None:
    published_now(PACKAGED, edition(days={"2026-12-13": "off", **festivals(2027)}), TODAY)
    amending = edition(**{**AMENDED, "days": {"2026-12-14": "off"}})
    assert not published_now(PACKAGED, amending, TODAY).as_known_on(TODAY).is_working_day(date(2026, 12, 14))


def test_what_was_published_here_stands_in_for_the_same_from_the_package() -> None:
    mine = edition(id="2026", published="2025-11-04", title="抄录", days={"2026-01-01": "off"})
    calendar = with_stored(PACKAGED, [mine])
    assert calendar.edition("2026") == mine
    assert [e.id for e in calendar.editions] == [e.id for e in PACKAGED.editions]


def test_a_year_whose_notice_was_published_here_under_another_name_takes_none_from_the_package() -> None:
    mine = edition(id="gov-2019", published="2018-12-06", days={"2019-01-01": "off"})
    calendar = with_stored(PACKAGED, [mine])
    assert [e.id for e in calendar.editions if e.year == 2019] == ["gov-2019"]
    assert with_stored(PACKAGED, []) is PACKAGED


def test_an_amendment_from_the_package_stays_when_its_notice_was_published_here_too() -> None:
    copy = PACKAGED.edition("2020")
    assert with_stored(PACKAGED, [copy]).editions == PACKAGED.editions


# A notice that was not written down whole

SPRING, NATIONAL = "春节 (Spring Festival)", "国庆节 (National Day)"


def without(*left: str, **changes: Any) -> Edition:
    """The notice of 2027 without the days that begin so."""
    days = {day: kind for day, kind in festivals(2027).items() if not day.startswith(left)}
    return edition(days=days, **changes)


@pytest.mark.parametrize(
    ("left", "festivals_named"),
    [
        (("2027-01-01",), "元旦 (New Year's Day)"),
        (("2027-02-",), SPRING),
        (("2027-04-",), "清明节 (Qingming Festival)"),
        (("2027-05-",), "劳动节 (Labour Day)"),
        (("2027-06-",), "端午节 (Dragon Boat Festival)"),
        (("2027-09-",), "中秋节 (Mid-Autumn Festival)"),
        (("2027-10-",), NATIONAL),  # of its three days two are a weekend, and off whatever a notice says
        (("2027-10-", "2027-02-"), f"{SPRING}, {NATIONAL}"),
    ],
)
def test_a_notice_that_leaves_out_a_festival_is_refused_with_its_name(
    left: tuple[str, ...], festivals_named: str
) -> None:
    with pytest.raises(CalendarError) as caught:
        published_now(PACKAGED, without(*left), TODAY)
    assert str(caught.value) == (
        f"Edition 2027: days: {festivals_named} would have no day off in 2027, so the notice is probably not written "
        "down whole."
    )


def test_a_notice_of_december_alone_lacks_every_festival_of_its_year() -> None:
    with pytest.raises(CalendarError, match=r"元旦.*春节.*清明节.*劳动节.*端午节.*中秋节.*国庆节"):
        published_now(PACKAGED, edition(year=2027, days={"2026-12-31": "off"}), TODAY)


def test_one_day_off_is_enough_and_of_a_festival_on_a_weekend_the_day_in_lieu() -> None:
    one_each = ["01-01", "02-06", "04-05", "05-03", "06-09", "09-15", "10-01"]
    published_now(PACKAGED, edition(days={f"2027-{day}": "off" for day in one_each}), TODAY)
    # New Year's Eve in 2027 is no festival of its own: the regulation counts it among the days of Spring Festival.
    published_now(PACKAGED, without("2027-02-05"), TODAY)
    # Labour Day is on a weekend then, and its Monday alone is named; Tuesday, after a day of work, would be of no use.
    one_each[3] = "05-04"
    with pytest.raises(CalendarError, match="劳动节"):
        published_now(PACKAGED, edition(days={f"2027-{day}": "off" for day in one_each}), TODAY)


def test_an_amendment_is_judged_together_with_what_it_amends() -> None:
    whole = published_now(PACKAGED, edition(), TODAY)
    may = {"year": 2027, "amends": "2027"}
    published_now(whole, edition(id="2027-b", days={"2027-05-05": "off", "2027-05-08": "work"}, **may), TODAY)
    for taken, named in (("2027-06-09", "端午节"), ("2027-09-15", "中秋节")):
        with pytest.raises(CalendarError, match=named):
            published_now(whole, edition(id="2027-c", days={taken: "work"}, **may), TODAY)
    # What was stored before such notices were refused can be made whole, and is not made worse meanwhile.
    partial = with_stored(PACKAGED, [without("2027-10-")])
    october = {f"2027-10-0{day}": "off" for day in range(1, 8)}
    mended = published_now(partial, edition(id="2027-d", days=october, **may), TODAY)
    assert not mended.as_known_on(TODAY).is_working_day(date(2027, 10, 1))
    with pytest.raises(CalendarError, match="国庆节"):
        published_now(partial, edition(id="2027-e", days={"2027-05-05": "off"}, **may), TODAY)


@pytest.mark.parametrize("number", range(len(PACKAGED.editions)), ids=[each.id for each in PACKAGED.editions])
def test_every_notice_there_was_could_be_published_on_its_day(number: int) -> None:
    """The amendments of 2019 (Labour Day) and 2020 (Spring Festival), which are partial, among them."""
    *before, notice = PACKAGED.editions[: number + 1]
    assert published_now(Calendar(before), notice, notice.published).editions[-1] == notice


@pytest.mark.parametrize("notice", [each for each in PACKAGED.editions if each.amends is None], ids=lambda x: x.id)
def test_no_notice_there_was_could_have_lacked_a_part(notice: Edition) -> None:
    """Its parts are the runs of days off; every one of them is there because of a festival."""
    before = Calendar(each for each in PACKAGED.editions if each.order < notice.order)
    parts: list[set[date]] = []
    for day in (day for day, kind in notice.days.items() if kind == "off"):
        if parts and (day - max(parts[-1])).days == 1:
            parts[-1].add(day)
        else:
            parts.append({day})
    assert len(parts) >= 6
    for part in parts:
        # A make-up day is no part of a festival, but may fall on what is a weekend once more.
        days = {day.isoformat(): kind for day, kind in notice.days.items() if day not in part and kind == "off"}
        left = edition(
            id=notice.id, year=notice.year, published=notice.published.isoformat(), notice=notice.notice, days=days
        )
        with pytest.raises(CalendarError, match=r"would have no day off in"):
            published_now(before, left, notice.published)
