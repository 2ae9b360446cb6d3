"""Whose move it is (待办): the roles that a stage waits for, by statute and procedure."""

from collections.abc import Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.case import Case
from domain.statutes.model import Statute
from domain.words import CommandName, ProcedureName, Role, Stage
from procedures.registry import ALL, PROCEDURES

SETTLING: Final = frozenset(
    declared.stage
    for it in ALL
    for declared in it.process.stages
    if Role.PROVIDER not in declared.waits_for and any(it.rules[name].settles for name in declared.commands)
)
"""The stages of coordination, decision and review, which are for the superior's organs if a case names a superior.

Without those in which the superior may act, but which wait for somebody else.
"""

_DECLARED: Final = {
    stage: tuple(it.process[stage] for it in ALL if stage in it.process)
    for it in ALL
    for stage in it.process.open_stages
}
"""Each stage as the procedures that have it declare it."""


def assignees(procedure: ProcedureName, stage: Stage, statute: Statute, provincial: bool = False) -> Sequence[Role]:
    """The roles that must act for a case in this stage to go on; none if it is closed.

    ``provincial``: a provincial department is involved, which changes the last instance in some texts.
    """
    return PROCEDURES[procedure].process.assignees(stage, statute, provincial)


def whose_move(case: Case) -> Sequence[Role]:
    """Who must act for this case to go on: of the roles that its stage waits for, those whose turn it is."""
    process = PROCEDURES[case.procedure].process
    if case.stage not in process:
        return ()
    declared = process[case.stage]
    return declared.assignees(case.statute, _provincial(case)) if declared.turn is None else declared.turn(case)


def waited_for(stage: Stage, statute: Statute) -> frozenset[Role]:
    """Every role that a stage may wait for under a text, in one case or another, of whichever procedure."""
    return frozenset(
        role
        for declared in _DECLARED.get(stage, ())
        for provincial in (False, True)
        for role in declared.assignees(statute, provincial)
    )


def narrowed(case: Case) -> tuple[Role, ...] | None:
    """Whose move it is, where that is fewer than the stage may wait for; None where the stage says it all."""
    turn = tuple(whose_move(case))
    return None if frozenset(turn) == waited_for(case.stage, case.statute) else turn


def _provincial(case: Case) -> bool:
    return bool(getattr(case.application, "involves_provincial_department", False))


def answerable(
    procedure: ProcedureName, clock: ClockId, begun: Stage, statute: Statute, provincial: bool = False
) -> Role:
    """The roles that must keep a clock: those that its stage waits for, preferably the stage where it began."""
    measured = [declared.stage for declared in PROCEDURES[procedure].process.stages if clock in declared.limits]
    measured.sort(key=lambda stage: stage is not begun)
    waits = (assignees(procedure, stage, statute, provincial) for stage in measured)
    return next((roles[0] for roles in waits if roles), Role.PROVIDER)


def platform_acts(stage: Stage) -> bool:
    """Whether the platform carries on a case in this stage, without waiting for anybody or a limit."""
    return any(it.process[stage].by_itself for it in ALL if stage in it.process)


def stages_assigned_to(role: Role, statute: Statute) -> frozenset[Stage]:
    """The stages in which cases under a statute wait for a role, in whichever procedure."""
    return frozenset(stage for stage in _DECLARED if role in waited_for(stage, statute))


def stages_with_extension(statute: Statute) -> frozenset[Stage]:
    """The stages in which a statute allows extensions, so that a request may be waiting for an answer."""
    return frozenset(
        declared.stage
        for it in ALL
        for declared in it.process.stages
        if CommandName.APPROVE_EXTENSION in declared.commands_under(statute)
    )
