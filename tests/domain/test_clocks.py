"""The clocks: each is declared once, and what it says is what cases do."""

import copy
import pickle

import pytest

from domain.clocks import (
    IN_EVERY_POLICY,
    POLICY_CLOCKS,
    ClockDeclaration,
    ClockId,
    ClockKind,
    InvalidClock,
    NumberFrom,
    is_duty,
    reminds_on_the_last_day,
)
from domain.policy import default_policy
from domain.statutes.loader import packaged_statutes

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

WITH_A_LADDER = {
    "completeness_check",
    "platform_authorization",
    "provider_answer",
    "delivery",
    "negotiation",
    "coordination",
    "final_instance",
    "demand_publication",
    "disposal",
    "difference_feedback",
    "data_verification",
    "data_push",
    "rectification",
    "rectification_review",
    "withdrawal_review",
    "catalogue_update",
    "catalogue_review",
    "duty",
}
"""And urged when one of these does."""


def test_every_clock_says_what_it_measures_in_one_sentence() -> None:
    said = [clock.declared.measures for clock in ClockId]
    for sentence in said:
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert sentence.count(".") == 1
    assert len(set(said)) == len(said)


def test_a_clock_is_its_word_wherever_it_is_written_or_copied() -> None:
    for clock in ClockId:
        assert (clock, clock.value, str(clock)) == (clock.declared.word,) * 3
        assert clock.name == clock.value.upper()
        assert type(clock.value) is str
        assert ClockId(clock.value) is pickle.loads(pickle.dumps(clock)) is copy.deepcopy(clock) is clock
    with pytest.raises(ValueError, match="'lunch' is not a valid ClockId"):
        ClockId("lunch")


def test_whom_the_ladder_urges_and_who_is_reminded_on_the_last_day() -> None:
    assert not any(is_duty(ClockId(word)) for word in WITHOUT_A_LADDER)
    assert all(is_duty(ClockId(word)) for word in WITH_A_LADDER)
    assert [clock.value for clock in ClockId if reminds_on_the_last_day(clock)] == ["demand_feedback"]


def test_numbers_come_from_where_the_declaration_says() -> None:
    assert set(default_policy().limits) == set(POLICY_CLOCKS)
    assert set(IN_EVERY_POLICY) < set(POLICY_CLOCKS)
    in_texts = {limit.clock for statute in packaged_statutes().values() for limit in statute.limits}
    assert not [clock for clock in in_texts if clock.declared.number is NumberFrom.DECISION]
    # A text that sets none of these would leave a clock without any number: some text does.
    of_texts = {clock for clock in ClockId if clock.declared.number is NumberFrom.STATUTE}
    assert of_texts - in_texts == {ClockId.DUTY}


def test_a_declaration_that_says_nothing_or_contradicts_itself_is_refused_with_file_and_name() -> None:
    with pytest.raises(InvalidClock, match=r"^domain/clocks.py: the clock audit does not say what it measures\.$"):
        ClockDeclaration("audit", " ", NumberFrom.POLICY)
    with pytest.raises(InvalidClock, match=r"^domain/clocks.py: no policy can name audit: its number is none of"):
        ClockDeclaration("audit", "How long.", NumberFrom.STATUTE, in_every_policy=True)


def test_a_declaration_makes_a_duty_unless_it_says_otherwise() -> None:
    found = ClockDeclaration("audit", "How long something takes.", NumberFrom.STATUTE)
    assert (found.kind, found.on_the_last_day, found.in_every_policy) == (ClockKind.DUTY, False, False)
