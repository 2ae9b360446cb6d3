"""Whose move it is: those for whom a case waits can carry it on, in every scenario after every step."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.engine.case import Case
from domain.engine.evolve import evolve
from domain.engine.process import SUPERVISES
from domain.words import CommandName, Role, Stage
from procedures.assignees import narrowed, platform_acts, waited_for, whose_move
from procedures.registry import allowed
from tests.plays import FILES, on_paper

NO_STEP_FORWARD = frozenset({*SUPERVISES, CommandName.WITHDRAW})
RUN_BY_THEMSELVES = (Stage.WITHDRAWAL_NOTICE, Stage.EXPIRED)
"""A notice runs until its time is over, and a grant that has ended waits for the platform."""


def moments(path: Path) -> Iterator[Case]:
    play = on_paper(path)
    if play.paper is None or play.filing is None:
        return
    case: Case = play.filing.case
    events = play.paper.events
    for event, following in zip(events, [*events[1:], None], strict=True):
        case = evolve(case, event)
        same_step = following is not None and (following.at, following.key) == (event.at, event.key)
        if not same_step and not platform_acts(case.stage) and whose_move(case):
            yield case


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whoever_is_waited_for_can_carry_the_case_on(path: Path) -> None:
    for case in moments(path):
        waited = whose_move(case)
        assert waited_for(case.stage, case.statute).issuperset(waited)
        if case.stage not in RUN_BY_THEMSELVES:
            idle = [role for role in waited if NO_STEP_FORWARD.issuperset(allowed(case, role))]
            assert not idle, (case.procedure, case.stage, case.head, idle)


def test_a_stage_that_waits_for_one_role_alone_says_whose_move_it_is_by_itself() -> None:
    stated = {
        (case.stage, tuple(narrowed(case) or ()))
        for path in FILES
        for case in moments(path)
        if narrowed(case) is not None
    }
    assert (Stage.DUTY, (Role.PROVIDER,)) in stated
    assert (Stage.RECTIFICATION_REVIEW, (Role.GOVERNMENT,)) in stated
    assert (Stage.VERIFICATION_DISPUTE, (Role.GOVERNMENT,)) in stated
    assert (Stage.FINAL_INSTANCE, (Role.LEADING_GROUP,)) in stated, "under its text the government decides over grants"
    assert {Stage.COMPLETENESS_CHECK, Stage.PROVIDER_ANSWER, Stage.NEGOTIATION}.isdisjoint(stage for stage, _ in stated)
