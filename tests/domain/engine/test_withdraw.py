"""撤回: nobody whom a duty binds takes back what somebody else opened."""

from dataclasses import replace

import pytest

from domain.policy import default_policy
from domain.statutes.loader import get_statute
from domain.words import CommandName, ProcedureName, Role, Stage
from procedures.registry import PROCEDURES, allowed
from tests.domain.engine.machine import application

# procedure, stage, who opened it, who may take it back
MAY = [
    (ProcedureName.SHARE_REQUEST, Stage.NEGOTIATION, Role.REQUESTER, {Role.REQUESTER}),
    # It follows from a demand or from a grant that is renewed: the requester asked for it there.
    (ProcedureName.SHARE_REQUEST, Stage.PROVIDER_ANSWER, Role.PLATFORM, {Role.REQUESTER}),
    (ProcedureName.DEMAND, Stage.DEMAND_REVIEW, Role.REQUESTER, {Role.REQUESTER}),
    (ProcedureName.DEMAND, Stage.DEMAND_REVIEW, Role.BUREAU, set()),
    (ProcedureName.DATA_CORRECTION, Stage.VERIFICATION, Role.REQUESTER, {Role.REQUESTER}),
    (ProcedureName.RESOURCE_WITHDRAWAL, Stage.WITHDRAWAL_REVIEW, Role.PROVIDER, {Role.PROVIDER}),
    (ProcedureName.RESOURCE_WITHDRAWAL, Stage.WITHDRAWAL_REVIEW, Role.BUREAU, set()),
    (ProcedureName.CATALOGUE_CHANGE, Stage.CATALOGUE_UPDATE, Role.PROVIDER, {Role.PROVIDER, Role.BUREAU}),
    (ProcedureName.CATALOGUE_CHANGE, Stage.CATALOGUE_UPDATE, Role.BUREAU, {Role.BUREAU}),
    (ProcedureName.CATALOGUE_CHANGE, Stage.CATALOGUE_UPDATE, Role.PLATFORM, {Role.BUREAU}),
    (ProcedureName.CATALOGUE_CHANGE, Stage.CATALOGUE_REVIEW, Role.BUREAU, set()),
    (ProcedureName.RECTIFICATION, Stage.RECTIFYING, Role.BUREAU, set()),
    (ProcedureName.RECTIFICATION, Stage.RECTIFYING, Role.PLATFORM, set()),
    (ProcedureName.ACCESS_GRANT, Stage.IN_USE, Role.PLATFORM, set()),
]


@pytest.mark.parametrize(("procedure", "stage", "opener", "may"), MAY)
def test_who_takes_back_what_whom_opened(procedure: ProcedureName, stage: Stage, opener: Role, may: set[Role]) -> None:
    it = PROCEDURES[procedure]
    said = application() if procedure is ProcedureName.SHARE_REQUEST else it.matter()
    case = it.new_case("R-1", get_statute("nantong-2020"), default_policy(), said)
    begun = replace(case, head=1, stage=stage, opener=opener)
    assert {role for role in Role if CommandName.WITHDRAW in allowed(begun, role)} == may
