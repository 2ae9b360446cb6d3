"""The table of clocks: one row each, and what it says is what cases do."""

from dataclasses import replace

import pytest

from domain.clocks import (
    CLOCKS,
    IN_EVERY_POLICY,
    POLICY_CLOCKS,
    ClockDeclaration,
    ClockId,
    ClockKind,
    NumberFrom,
    UndeclaredClock,
    declared,
    is_duty,
    reminds_on_the_last_day,
)
from domain.policy import default_policy
from domain.statutes.loader import packaged_statutes

ROWS = tuple(CLOCKS.values())

WITHOUT_A_LADDER = {
    "demand_feedback",
    "supplement",
    "dispute_window",
    "follow_up_window",
    "grant_term",
    "unused_access",
    "renewal_window",
    "withdrawal_notice",
}
"""What users were promised: nobody is urged when one of these ends."""


def test_every_clock_has_one_row_and_says_what_it_measures_in_one_sentence() -> None:
    assert set(CLOCKS) == set(ClockId)
    for row in ROWS:
        assert row.measures[0].isupper()
        assert row.measures.endswith(".")
        assert row.measures.count(".") == 1
    assert len({row.measures for row in ROWS}) == len(ROWS)


def test_whom_the_ladder_urges_and_who_is_reminded_on_the_last_day() -> None:
    assert {clock.value for clock in ClockId if not is_duty(clock)} == WITHOUT_A_LADDER
    assert [clock.value for clock in ClockId if reminds_on_the_last_day(clock)] == ["demand_feedback"]


def test_numbers_come_from_where_the_table_says() -> None:
    assert set(default_policy().limits) == set(POLICY_CLOCKS)
    assert set(IN_EVERY_POLICY) < set(POLICY_CLOCKS)
    in_texts = {limit.clock for statute in packaged_statutes().values() for limit in statute.limits}
    assert not [clock for clock in in_texts if CLOCKS[clock].number is NumberFrom.DECISION]
    # A text that sets none of these would leave a clock without any number: some text does.
    assert {row.id for row in ROWS if row.number is NumberFrom.STATUTE} - in_texts == {ClockId.DUTY}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (ROWS[1:], "the clock completeness_check has no row"),
        ((*ROWS, ROWS[0]), "the clock completeness_check has a second row"),
        ((replace(ROWS[0], measures=" "), *ROWS[1:]), "the clock completeness_check does not say what it measures"),
        ((replace(ROWS[0], in_every_policy=True), *ROWS[1:]), "no policy can name completeness_check"),
    ],
)
def test_a_table_that_does_not_fit_the_words_is_refused_with_file_and_name(
    rows: tuple[ClockDeclaration, ...], said: str
) -> None:
    with pytest.raises(UndeclaredClock, match=f"^domain/clocks.py: {said}"):
        declared(rows)


def test_a_row_alone_makes_a_duty_whose_number_a_text_sets() -> None:
    row = ClockDeclaration(ClockId.DELIVERY, "How long something takes.", NumberFrom.STATUTE)
    assert (row.kind, row.on_the_last_day, row.in_every_policy) == (ClockKind.DUTY, False, False)
