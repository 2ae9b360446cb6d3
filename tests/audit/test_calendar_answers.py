"""Warnings, ladders and limits that moved are those that the calendar gave then, in whatever order it was entered."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.verification.calendar_answers import check_calendar_answers
from audit.verification.deadlines import check_deadlines
from audit.verification.record import CaseRecord, record_in
from audit.verification.replayed import Replayed
from audit.verification.rules import DecidesOtherwise
from domain.calendar import Edition, day_of
from domain.engine.deadlines import resolve
from domain.engine.records import Clock, ClockOrder
from tests.audit.counting_engine import AMENDED, EARLIER, OF_BOTH_YEARS, OWN, CountedLife, life
from tests.audit.dossiers import dossier_of
from tests.audit.test_known_editions import ALL, CASE, LIVES

OUT_OF_ORDER = (OWN, EARLIER)
"""That of the next year first, though the other was published before it."""


@pytest.fixture(scope="module")
def record() -> CaseRecord:
    return replace(record_in(dossier_of(CASE)), calendar=OF_BOTH_YEARS)


def check(record: CaseRecord, lived: CountedLife) -> None:
    there = replace(record, events=lived.events)
    check_deadlines(there, False, ALL)
    check_calendar_answers(there, lived.orders, Replayed(recounts=lived.recounts), all_editions=False)


@given(acts=LIVES, entering=st.permutations([OWN, AMENDED, EARLIER]))
def test_whatever_was_entered_when_it_holds(
    record: CaseRecord, acts: list[tuple[int, int]], entering: list[Edition]
) -> None:
    if entering.index(OWN) < entering.index(AMENDED):
        check(record, life(record, acts, entering))


def moved(record: CaseRecord) -> CountedLife:
    """A limit into the next year, one far from it, and both notices, of which the later comes first."""
    lived = life(record, [(0, 38), (0, 17), (11, 0), (2, 0), (0, 35)], OUT_OF_ORDER)
    assert [heard.edition for heard in lived.recounts] == [OWN.id, EARLIER.id]
    return lived


def counted_without(record: CaseRecord, lived: CountedLife, order: ClockOrder, edition: Edition) -> Clock:
    """A limit as an engine on the last day counts it that does not have this notice."""
    days = record.calendar.as_known_on(day_of(lived.events[-1].at), {edition.id, AMENDED.id})
    return resolve(order, days, record.policy.close_of_business)


def test_a_notice_that_was_entered_after_a_later_one_moved_what_it_moves(record: CaseRecord) -> None:
    check(record, moved(record))


@pytest.mark.parametrize(("asked", "lacked"), [(0, OWN), (1, OWN), (1, EARLIER)], ids=["its own", "the first", "both"])
def test_no_notice_moves_a_limit_as_if_one_had_not_been_there(record: CaseRecord, asked: int, lacked: Edition) -> None:
    """Neither the notice itself nor one that the case shows to have been entered before."""
    lived = moved(record)
    heard = lived.recounts[asked]
    answer = [counted_without(record, lived, order, lacked) for order in heard.recount.orders]
    assert answer != heard.answer
    lived.recounts[asked] = replace(heard, answer=answer)
    with pytest.raises(DecidesOtherwise, match="does not give provider_answer the last day"):
        check(record, lived)


def test_no_rung_comes_later_than_by_what_the_engine_had(record: CaseRecord) -> None:
    """The last day of a limit may be the same by both."""
    lived = moved(record)
    last = lived.events[-1]
    assert last.clock
    rungs = counted_without(record, lived, lived.orders[last.seq], OWN).rungs
    assert rungs != last.clock.rungs
    lived.events[-1] = last.model_copy(update={"clock": last.clock.model_copy(update={"rungs": rungs})})
    with pytest.raises(DecidesOtherwise, match="the warnings and the ladder"):
        check(record, lived)
