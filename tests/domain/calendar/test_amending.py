"""What is published here: which editions are refused, and how stored ones join the packaged ones."""

import json
from datetime import date
from typing import Any

import pytest

from domain.calendar import Calendar, CalendarError, Edition, load_edition, published_now, with_stored

TODAY = date(2026, 12, 22)
PACKAGED = Calendar.packaged()


def edition(**changes: Any) -> Edition:
    content = {
        "id": "2027",
        "published": "2026-12-21",
        "notice": "https://www.gov.cn/2027",
        "days": {"2026-12-31": "off", "2027-01-01": "off", "2027-02-20": "work"},
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
    published_now(PACKAGED, edition(days={"2026-12-13": "off", "2027-01-01": "off"}), TODAY)
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
