"""Edition files: what is accepted, what is refused and with which words."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import Calendar, CalendarError, Edition, load_edition, packaged_editions

NOTICE_2027: dict[str, Any] = {
    "id": "2027",
    "year": 2027,
    "published": "2026-11-25",
    "title": "国务院办公厅关于2027年部分节假日安排的通知",
    "document": None,
    "notice": "https://www.gov.cn/2027",
    "amends": None,
    "days": {
        "2026-12-27": "work",
        "2026-12-31": "off",
        "2027-01-01": "off",
        "2027-02-05": "off",
        "2027-02-20": "work",
    },
}


def notice(**changes: Any) -> str:
    content = {**NOTICE_2027, **changes}
    return json.dumps({key: value for key, value in content.items() if value is not ...})


def test_a_notice_of_the_next_year_ends_its_being_provisional() -> None:
    before = Calendar.packaged()
    after = before.with_edition(load_edition(notice(), "2027.json"))
    assert before.as_known_on(None).is_provisional_year(2027)
    assert not after.as_known_on(None).is_provisional_year(2027)
    assert after.as_known_on(date(2026, 11, 24)).is_provisional_year(2027)
    start = date(2026, 12, 25)
    assert before.as_known_on(None).due(start, 3, "working_day").due_date == date(2026, 12, 30)
    due = after.as_known_on(date(2026, 11, 25)).due(start, 3, "working_day")
    # Sunday 12-27 works; the December days are of the next year's notice, which is therefore named.
    assert (due.due_date, due.provisional, due.editions) == (date(2026, 12, 29), False, ("2026", "2027"))
    assert after.as_known_on(None).add_working_days(date(2026, 12, 30), 1) == date(2027, 1, 4)
    assert after.as_known_on(date(2026, 11, 24)) is before.as_known_on(date(2026, 11, 24))


def test_adding_the_same_edition_again_changes_nothing() -> None:
    calendar = Calendar.packaged().with_edition(load_edition(notice(), "2027.json"))
    assert calendar.with_edition(load_edition(notice(), "again.json")) is calendar
    with pytest.raises(CalendarError, match="Edition 2027: another edition has the same id"):
        calendar.with_edition(load_edition(notice(document="国办发明电〔2026〕1号"), "other.json"))


def test_year_and_title_may_be_left_out() -> None:
    text = notice(year=..., title=..., document=..., amends=...)
    assert load_edition(text, "2027.json") == load_edition(notice(), "2027.json")


@pytest.mark.parametrize("edition", packaged_editions(), ids=lambda edition: edition.id)
def test_an_edition_survives_writing_and_reading(edition: Edition) -> None:
    assert load_edition(edition.to_json(), "copy.json") == edition
    assert pickle.loads(pickle.dumps(edition)) == edition
    assert copy.deepcopy(edition) == edition
    with pytest.raises(TypeError):
        edition.days[date(2026, 1, 1)] = "off"  # type: ignore[index]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"holidays": {}}, "x.json: holidays: this key is not known"),
        ({"published": ...}, "x.json: published: this key is missing"),
        ({"days": ...}, "x.json: days: this key is missing"),
        ({"published": "2026-11-31"}, "x.json: published: '2026-11-31' is not a date"),
        ({"published": "20261125"}, "x.json: published: '20261125' is not a date"),
        ({"published": 20261125}, "x.json: published: 20261125 is not a date"),
        ({"published": "2062-11-25"}, "x.json: published: 2062-11-25 is neither in 2026 nor in 2027"),
        ({"days": {}}, "x.json: days: an object of at least one date"),
        ({"days": ["2027-01-01"]}, "x.json: days: an object of at least one date"),
        ({"days": {"2027-02-30": "off"}}, "x.json: days: '2027-02-30' is not a date"),
        ({"days": {"2027-W01-1": "off"}}, "x.json: days: '2027-W01-1' is not a date"),
        ({"days": {"2027-01-01": "holiday"}}, "x.json: days 2027-01-01: the value must be off or work"),
        ({"days": {"2027-01-01": True}}, "x.json: days 2027-01-01: the value must be off or work"),
        ({"days": {"2026-11-30": "off"}}, "x.json: days 2026-11-30: a notice for 2027 states days from"),
        ({"days": {"2028-01-01": "off"}}, "x.json: days 2028-01-01: a notice for 2027 states days from"),
        ({"year": "2027"}, "x.json: year: '2027' is not a year"),
        ({"year": True}, "x.json: year: True is not a year"),
        ({"id": ""}, "x.json: id: a text that is not empty"),
        ({"id": "../2027"}, "x.json: id: '../2027' must begin"),
        ({"id": 2027}, "x.json: id: a text that is not empty"),
        ({"notice": " "}, "x.json: notice: a text that is not empty"),
        ({"document": 7}, "x.json: document: a text that is not empty"),
        ({"amends": "2027"}, "x.json: amends: an edition cannot amend itself"),
    ],
)
def test_a_wrong_file_is_refused_with_file_key_and_reason(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(CalendarError) as caught:
        load_edition(notice(**changes), "x.json")
    message = str(caught.value)
    assert message.startswith(reason)
    assert message.endswith(".")
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "x.json: line 1: this is not JSON"),
        ("{", "x.json: line 1: this is not JSON"),
        ("[]", "x.json: an edition is one JSON object, not a list"),
        ("null", "x.json: an edition is one JSON object, not null"),
        ('{"id": "a", "id": "b"}', "x.json: id: the key is given twice"),
        ('{"days": {"2027-01-01": "off", "2027-01-01": "work"}}', "x.json: 2027-01-01: the key is given twice"),
        ("[" * 100_000, "x.json: "),
        ('{"year": ' + "9" * 5000 + "}", "x.json: "),
    ],
)
def test_a_text_that_is_no_edition(text: str, reason: str) -> None:
    with pytest.raises(CalendarError) as caught:
        load_edition(text, "x.json")
    assert str(caught.value).startswith(reason)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(key=st.sampled_from(sorted(NOTICE_2027)), value=json_values)
def test_no_other_error_ever_comes_out(key: str, value: object) -> None:
    try:
        edition = load_edition(notice(**{key: value}), "x.json")
    except CalendarError as error:
        message = str(error)
    else:
        assert load_edition(edition.to_json(), "x.json") == edition
        return
    assert message.startswith("x.json: ")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": "2027b"}, None),
        ({"id": "2026-b", "year": 2026, "published": "2026-11-25", "days": {"2026-12-28": "off"}}, "already has"),
        ({"amends": "2028"}, "no edition 2028 was published before it"),
        ({"amends": "2026"}, "edition 2026 is for 2026, not for 2027"),
        (
            {"id": "2026-x", "year": 2026, "amends": "2026", "days": {"2026-12-28": "work"}},
            "2026-12-28: this Monday is a working day anyway",
        ),
        (
            {
                "id": "2026-x",
                "year": 2026,
                "amends": "2026",
                "published": "2025-11-03",
                "days": {"2026-12-28": "off"},
            },
            "no edition 2026 was published before it",
        ),
        (
            {"year": 2100, "published": "2099-11-01", "days": {"2100-01-01": "off"}},
            "the calendar covers the years 2018 to 2099, not 2100",
        ),
    ],
)
def test_editions_that_contradict_the_others(changes: dict[str, Any], reason: str | None) -> None:
    edition = load_edition(notice(**changes), "x.json")
    if reason is None:
        assert Calendar.packaged().with_edition(edition).edition("2027b") == edition
        return
    with pytest.raises(CalendarError, match=reason):
        Calendar.packaged().with_edition(edition)


def test_an_amendment_may_take_back_a_day_off() -> None:
    amendment = load_edition(
        notice(id="2026-x", year=2026, amends="2026", published="2026-03-01", days={"2026-05-04": "work"}),
        "x.json",
    )
    days = Calendar.packaged().with_edition(amendment).as_known_on(None)
    assert days.is_working_day(date(2026, 5, 4))
    assert days.due(date(2026, 4, 30), 1, "working_day").edition == "2026-x"


def test_asking_for_an_edition() -> None:
    assert Calendar.packaged().edition("2025").document == "国办发明电〔2024〕12号"
    with pytest.raises(CalendarError, match="no edition 1999"):
        Calendar.packaged().edition("1999")
