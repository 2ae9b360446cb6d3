"""The catalogue change (目录更新) as a procedure: from the change of law or content to the published catalogue."""

from typing import Final

from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, Process
from domain.procedures.catalogue_change.rules import RULES, CatalogueChange, CatalogueChangeCase, begin
from domain.words import ClockId, CommandName, ProcedureName, Role, Stage

AT_ANY_STAGE: Final = {
    CommandName.WITHDRAW: CLOSES,
    CommandName.URGE: STAYS,
    CommandName.ORDER_RECTIFICATION: STAYS,
}

PROCESS: Final = Process(
    opens=(Stage.CATALOGUE_UPDATE,),
    stages=(
        DeclaredStage(
            Stage.CATALOGUE_UPDATE,
            "更新: the department submits the updated entries",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.CATALOGUE_UPDATE,),
            commands={
                CommandName.REQUEST_EXTENSION: STAYS,
                CommandName.APPROVE_EXTENSION: STAYS,
                CommandName.DENY_EXTENSION: STAYS,
                CommandName.SUBMIT_UPDATE: (Stage.CATALOGUE_REVIEW,),
                **AT_ANY_STAGE,
            },
        ),
        DeclaredStage(
            Stage.CATALOGUE_REVIEW,
            "审核: the bureau publishes the update or returns it",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.CATALOGUE_REVIEW,),
            commands={
                CommandName.APPROVE_UPDATE: CLOSES,
                CommandName.RETURN_UPDATE: (Stage.CATALOGUE_UPDATE,),
                **AT_ANY_STAGE,
            },
        ),
    ),
)

CATALOGUE_CHANGE: Final = Procedure(
    name=ProcedureName.CATALOGUE_CHANGE,
    case=CatalogueChangeCase,
    matter=CatalogueChange,
    opened_by=(Role.PROVIDER, Role.BUREAU),
    begin=begin,
    process=PROCESS,
    rules=RULES,
)
