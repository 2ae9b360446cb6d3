"""When a failed delivery is tried again."""

from datetime import UTC, datetime, timedelta

import pytest

from background.webhooks.schedule import DELAYS, LONGEST_ASKED, SPREAD, again_after, asked_for

AT = datetime(2026, 9, 18, 2, 0, tzinfo=UTC)


def test_the_schedule_is_that_of_standard_webhooks() -> None:
    said = "5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h"
    units = {"s": "seconds", "m": "minutes", "h": "hours"}
    read = [timedelta(**{units[unit]: int(number)}) for number, unit in (each.split() for each in said.split(", "))]
    assert list(DELAYS) == read
    assert timedelta(hours=75) < sum(DELAYS, timedelta()) < timedelta(hours=76)
    assert [again_after(number, None, 0) for number in range(1, 10)] == read
    assert again_after(10, timedelta(hours=1), 0) is None


def test_chance_only_lengthens_and_only_a_little() -> None:
    for number, delay in enumerate(DELAYS, start=1):
        longest = again_after(number, None, 1)
        assert longest is not None
        assert delay < longest == delay * (1 + SPREAD)


def test_what_the_receiver_asks_for_counts_when_it_is_longer_and_not_for_ever() -> None:
    assert again_after(1, timedelta(seconds=1), 0) == DELAYS[0]
    assert again_after(1, timedelta(minutes=1), 0) == timedelta(minutes=1)
    assert again_after(1, timedelta(days=300), 0) == LONGEST_ASKED


@pytest.mark.parametrize(
    ("header", "asked"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("0", timedelta()),
        ("120", timedelta(seconds=120)),
        (" 120 ", timedelta(seconds=120)),
        ("9" * 400, LONGEST_ASKED),
        ("Fri, 18 Sep 2026 02:10:00 GMT", timedelta(minutes=10)),
        ("Fri, 18 Sep 2026 02:10:00 -0000", timedelta(minutes=10)),
        ("Fri, 18 Sep 2026 01:00:00 GMT", timedelta()),
        ("Fri, 99 Sep 2026 01:00:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, asked: timedelta | None) -> None:
    assert asked_for(header, AT) == asked
