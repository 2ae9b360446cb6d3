"""The periodic duty (定期工作) as a procedure: one stage, from the beginning of the period to the record."""

from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, DeclaredStage, Process
from domain.words import CommandName, Role, Stage
from procedures.common.supervision import SUPERVISED
from procedures.periodic_duty.rules import (
    ORGANS,
    RULES,
    DutyCase,
    DutyOfPeriod,
    begin,
    one_case,
    whose_duty,
)

PROCESS: Final = Process(
    opens=(Stage.DUTY,),
    stages=(
        DeclaredStage(
            Stage.DUTY,
            "履行: whoever is bound does the work and records it",
            waits_for=(Role.PROVIDER, *ORGANS),
            turn=whose_duty,
            limits=(ClockId.DUTY,),
            commands={
                CommandName.FULFIL: CLOSES,
                CommandName.CLOSE_UNFULFILLED: CLOSES,
                CommandName.WITHDRAW: CLOSES,
                **SUPERVISED,
            },
        ),
    ),
)

PERIODIC_DUTY: Final = Procedure(
    case=DutyCase,
    matter=DutyOfPeriod,
    opened_by=(Role.BUREAU, Role.PROVIDER),
    begin=begin,
    process=PROCESS,
    rules=RULES,
    one_case=one_case,
)
