"""Rectification (督促整改) as a procedure: the notice, its completion and review, and the further steps of the text."""

from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, Process
from domain.engine.rules import together
from domain.words import CommandName, Role, Stage
from procedures.rectification import rules, steps
from procedures.rectification.case import Notice, RectificationCase

FURTHER: Final = {CommandName.ESCALATE: (Stage.ESCALATED,), CommandName.URGE: STAYS}

PROCESS: Final = Process(
    opens=(Stage.RECTIFYING,),
    stages=(
        DeclaredStage(
            Stage.RECTIFYING,
            "整改: the department reports what it has done",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.RECTIFICATION,),
            commands={
                CommandName.REPORT_COMPLETION: (Stage.RECTIFICATION_REVIEW,),
                CommandName.REFUSE_RECTIFICATION: STAYS,
                **FURTHER,
            },
        ),
        DeclaredStage(
            Stage.RECTIFICATION_REVIEW,
            "验收: whoever ordered it accepts or rejects",
            waits_for=(Role.BUREAU,),
            limits=(ClockId.RECTIFICATION_REVIEW,),
            commands={
                CommandName.ACCEPT_COMPLETION: CLOSES,
                CommandName.REJECT_COMPLETION: (Stage.RECTIFYING,),
                **FURTHER,
            },
        ),
        DeclaredStage(
            Stage.ESCALATED,
            "上报: the organ of the step concludes, the department may still report",
            waits_for=(Role.LEADING_GROUP, Role.GOVERNMENT, Role.BUREAU),
            limits=(ClockId.FINAL_INSTANCE,),
            commands={
                CommandName.REPORT_COMPLETION: STAYS,
                CommandName.CONCLUDE_RECTIFICATION: CLOSES,
                **FURTHER,
            },
        ),
    ),
)

RECTIFICATION: Final = Procedure(
    case=RectificationCase,
    matter=Notice,
    opened_by=(Role.BUREAU, Role.GOVERNMENT),
    begin=rules.begin,
    process=PROCESS,
    rules=together(steps.RULES, rules.RULES),
    on_expiry=rules.on_expiry,
)
