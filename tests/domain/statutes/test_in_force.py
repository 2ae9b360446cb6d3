"""Which text applies to a filing that names none."""

from datetime import date

import pytest

from domain.access import place_of
from domain.clocks import ClockId
from domain.statutes.in_force import NothingInForce, starts, statute_in_force
from domain.statutes.loader import get_statute, packaged_statutes

DAYS = [
    ("nantong", date(2020, 1, 1), "nantong-2020"),
    ("nantong", date(2025, 3, 31), "nantong-2020"),
    ("nantong", date(2025, 4, 1), "nantong-2020+jiangsu"),
    ("nantong", date(2025, 7, 31), "nantong-2020+jiangsu"),
    ("nantong", date(2025, 8, 1), "nantong-2020+809"),
    ("changshu", date(2019, 5, 22), "changshu-2019"),
    ("changshu", date(2025, 4, 1), "changshu-2019+jiangsu"),
    ("changshu", date(2026, 11, 25), "changshu-2019+809"),
    ("changzhou", date(2018, 1, 1), "changzhou-2018"),
    ("changzhou", date(2025, 4, 1), "changzhou-2018+jiangsu"),
    ("changzhou", date(2025, 8, 1), "changzhou-2018+809"),
    ("yima", date(2021, 3, 10), "yima-2021"),
    ("yima", date(2025, 7, 31), "yima-2021"),
    ("yima", date(2025, 8, 1), "yima-2021+809"),
    ("zhejiang", date(2018, 1, 1), "zhejiang-2014"),
    ("zhejiang", date(2025, 8, 1), "zhejiang-2014+809"),
    ("cn", date(2025, 8, 1), "cn-809-2025"),
]


@pytest.mark.parametrize(("place", "day", "statute"), DAYS)
def test_the_text_in_force_on_the_day(place: str, day: date, statute: str) -> None:
    assert statute_in_force(place, day) == statute


@pytest.mark.parametrize(
    ("place", "day", "why", "known"),
    [
        ("changshu", date(2019, 5, 21), "none_in_force", "changshu-2019 (2019-05-22), changshu-2019+jiangsu"),
        ("cn", date(2025, 7, 31), "none_in_force", "cn-809-2025 (2025-08-01)"),
        ("suzhou", date(2026, 1, 1), "no_such_place", "changshu, changzhou, cn, nantong, yima, zhejiang"),
        ("nantong-2020", date(2026, 1, 1), "no_such_place", "nantong"),
        ("", date(2026, 1, 1), "no_such_place", "nantong"),
    ],
)
def test_no_text_in_force(place: str, day: date, why: str, known: str) -> None:
    with pytest.raises(NothingInForce) as error:
        statute_in_force(place, day)
    assert error.value.why == why
    assert known in error.value.known


def test_every_packaged_text_has_its_day() -> None:
    assert starts().keys() == packaged_statutes().keys()
    for id_, statute in packaged_statutes().items():
        assert statute.in_force_from in (None, starts()[id_])
        assert statute_in_force(place_of(id_), starts()[id_]) == id_


ON_THE_DAY = [
    ("nantong-2020+809", date(2025, 8, 1), (10, "cn-809-2025")),
    ("nantong-2020+809", date(2025, 7, 31), (15, None)),
    ("nantong-2020+809", date(2020, 1, 1), (15, None)),
    ("nantong-2020+809", date(2019, 12, 31), None),
    ("nantong-2020+jiangsu", date(2025, 3, 31), (15, None)),
    ("changzhou-2018+809", date(2025, 7, 31), (15, None)),
    ("changshu-2019+809", date(2025, 7, 31), (5, None)),
    ("changshu-2019+809", date(2025, 8, 1), (5, None)),
    ("changshu-2019+809", date(2019, 5, 21), None),
    ("yima-2021+809", date(2025, 7, 31), (10, None)),
    ("yima-2021", date(2021, 3, 9), None),
    ("zhejiang-2014+809", date(2025, 8, 1), (10, "cn-809-2025")),
    ("zhejiang-2014+809", date(2025, 7, 31), None),
    ("cn-809-2025", date(2025, 7, 31), None),
]
"""What a change of the catalogue had to be noted in, by the text of its day: working days, and above which text."""


@pytest.mark.parametrize(("id_", "day", "expected"), ON_THE_DAY)
def test_a_limit_is_that_of_the_day_on_which_it_began(
    id_: str, day: date, expected: tuple[int, str | None] | None
) -> None:
    text = get_statute(id_).text_on(day)
    limit = text.limit(ClockId.CATALOGUE_UPDATE, None) if text else None
    assert (limit and (limit.amount, limit.clause.statute)) == expected


@pytest.mark.parametrize("id_", sorted(packaged_statutes()))
def test_each_text_that_came_before_is_the_one_in_force_in_its_days(id_: str) -> None:
    statute = get_statute(id_)
    days = [earlier.first_day for earlier in statute.earlier]
    assert days == sorted(days)
    for earlier in statute.earlier:
        assert statute_in_force(place_of(id_), earlier.first_day) == earlier.id
        assert statute.text_on(earlier.first_day) == earlier
        assert earlier.limits == get_statute(earlier.id).limits
