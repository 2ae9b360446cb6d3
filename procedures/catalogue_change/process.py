"""The catalogue change (目录更新) as a procedure: from the change of law or content to the published catalogue."""

from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, DeclaredStage, Process
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage
from procedures.catalogue_change.rules import RULES, CatalogueChange, CatalogueChangeCase, begin
from procedures.common.extensions import EXTENSION, extension_only
from procedures.common.supervision import WITHDRAWN_OR_SUPERVISED


def _may_be_extended(statute: Statute) -> bool:
    """Whether the text, or an earlier one that still governs old changes, allows extending the update's limit."""
    return any(text is not None and text.extension is not None for text in (statute.catalogue, *statute.earlier))


PROCESS: Final = Process(
    opens=(Stage.CATALOGUE_UPDATE,),
    stages=(
        DeclaredStage(
            Stage.CATALOGUE_UPDATE,
            "更新: the department submits the updated entries",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.CATALOGUE_UPDATE,),
            commands={
                **EXTENSION,
                CommandName.SUBMIT_UPDATE: (Stage.CATALOGUE_REVIEW,),
                **WITHDRAWN_OR_SUPERVISED,
            },
            commands_only=extension_only(_may_be_extended),
        ),
        DeclaredStage(
            Stage.CATALOGUE_REVIEW,
            "审核: the bureau publishes the update or returns it",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.CATALOGUE_REVIEW,),
            commands={
                CommandName.APPROVE_UPDATE: CLOSES,
                CommandName.RETURN_UPDATE: (Stage.CATALOGUE_UPDATE,),
                **WITHDRAWN_OR_SUPERVISED,
            },
        ),
    ),
)

CATALOGUE_CHANGE: Final = Procedure(
    case=CatalogueChangeCase,
    matter=CatalogueChange,
    opened_by=(Role.PROVIDER, Role.BUREAU),
    begin=begin,
    process=PROCESS,
    rules=RULES,
)
