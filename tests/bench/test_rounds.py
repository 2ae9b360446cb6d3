"""The arithmetic of side-by-side measurements: pairs of one round, medians, and what is thrown away."""

from typing import Final

import pytest

from bench.rounds import DISTURBED, Round, Sample, percentile, ratio, turned, typical, undisturbed, usable

QUIET, LOUD = 0.0, DISTURBED + 0.01


def turn(rate: float, foreign: float = QUIET, cpu: float = 1.0) -> Sample:
    """A turn of ten cases at that rate."""
    return Sample(10, 10 / rate, {"python": cpu * 6, "temporal": cpu * 4}, foreign)


ROUNDS: Final[list[Round]] = [
    {"ours": turn(4), "theirs": turn(8)},
    {"ours": turn(1), "theirs": turn(10, LOUD)},
    {"ours": turn(6), "theirs": turn(8)},
    {"ours": turn(2), "theirs": turn(2)},
    {"ours": turn(9, LOUD), "theirs": turn(9, LOUD)},
]


def test_a_ratio_is_the_median_of_the_quotients_within_undisturbed_rounds() -> None:
    assert ratio(ROUNDS, "ours", "theirs", lambda each: each.rate) == pytest.approx(0.75)


def test_it_is_not_the_quotient_of_the_medians() -> None:
    slow_and_fast: list[Round] = [
        {"ours": turn(1), "theirs": turn(2)},
        {"ours": turn(10), "theirs": turn(100)},
        {"ours": turn(50), "theirs": turn(60)},
    ]
    assert ratio(slow_and_fast, "ours", "theirs", lambda each: each.rate) == pytest.approx(0.5)


def test_a_round_counts_for_a_pair_when_neither_of_the_two_was_disturbed() -> None:
    assert len(undisturbed(ROUNDS, "ours")) == 4
    assert len(undisturbed(ROUNDS, "ours", "theirs")) == 3
    assert typical(ROUNDS, "ours", lambda each: each.rate) == pytest.approx(3)


def test_where_every_round_was_disturbed_they_are_all_there_is() -> None:
    loud: list[Round] = [{"ours": turn(3, LOUD), "theirs": turn(6)}]
    assert undisturbed(loud, "ours", "theirs") == []
    assert usable(loud, "ours", "theirs") == loud
    assert ratio(loud, "ours", "theirs", lambda each: each.rate) == pytest.approx(0.5)


def test_who_had_no_turn_has_no_ratio() -> None:
    assert ratio(ROUNDS, "ours", "absent", lambda each: each.rate) is None
    assert typical(ROUNDS, "absent", lambda each: each.rate) is None


def test_a_turn_adds_up_the_processor_time_of_all_processes() -> None:
    assert turn(5, cpu=0.5).cpu_a_case == pytest.approx(0.5)


def test_each_round_another_contestant_begins() -> None:
    orders = [turned(("a", "b", "c"), number) for number in range(4)]
    assert orders == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(each) for each in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1.0)) == (51, 96, 100)
    with pytest.raises(ValueError, match="no values"):
        percentile([], 0.5)
