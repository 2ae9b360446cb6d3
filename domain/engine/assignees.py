"""Whose move it is (待办): the roles that a stage waits for, under each statute."""

from collections.abc import Sequence

from domain.engine.procedure import PROCEDURES
from domain.statutes.model import Statute
from domain.words import ProcedureName, Role, Stage

OF_STAGE: dict[Stage, tuple[Role, ...]] = {
    Stage.COMPLETENESS_CHECK: (Role.BUREAU,),
    Stage.SUPPLEMENT: (Role.REQUESTER,),
    Stage.PLATFORM_AUTHORIZATION: (Role.BUREAU,),
    Stage.PROVIDER_ANSWER: (Role.PROVIDER,),
    Stage.REFUSED: (Role.REQUESTER,),
    Stage.COORDINATION: (Role.BUREAU,),
    Stage.DELIVERY: (Role.PROVIDER,),
}


SETTLING = frozenset({Stage.COORDINATION, Stage.FINAL_INSTANCE, Stage.VERIFICATION_DISPUTE})
"""The stages in which a dispute is coordinated or decided: for the organs of the superior, where a case names one."""


def request_assignees(stage: Stage, statute: Statute, provincial: bool = False) -> tuple[Role, ...]:
    """Who must act for a case in this stage to go on; nobody when it is closed.

    ``provincial``: a provincial department is involved, which changes the last instance in some texts.
    """
    if stage is Stage.NEGOTIATION:
        return statute.negotiation.parties
    if stage is Stage.FINAL_INSTANCE:
        coordination = statute.coordination
        special = coordination.provincial if coordination and provincial else None
        last = special or statute.last or (coordination.provincial if coordination else None)
        return (last.by,) if last else ()
    return OF_STAGE.get(stage, ())


def assignees(procedure: ProcedureName, stage: Stage, statute: Statute, provincial: bool = False) -> Sequence[Role]:
    """The same for any procedure: only a request's stages wait for other roles under other statutes."""
    if procedure is ProcedureName.SHARE_REQUEST:
        return request_assignees(stage, statute, provincial)
    return PROCEDURES[procedure].assignees(stage, statute)


def platform_acts(stage: Stage) -> bool:
    """Whether a case in this stage goes on by itself, waiting for nobody and no limit."""
    return any(it.waits_for.get(stage) == (Role.PLATFORM,) for it in PROCEDURES.values())


def stages_assigned_to(role: Role, statute: Statute) -> frozenset[Stage]:
    """The stages in which cases under a statute wait for a role. A stage that a request has too waits for the same."""
    requests = {
        stage for stage in Stage for special in (False, True) if role in request_assignees(stage, statute, special)
    }
    others = {stage for it in PROCEDURES.values() for stage in it.waits_for if role in it.assignees(stage, statute)}
    return frozenset(requests | (others - set(OF_STAGE)))
