"""Rectification (督促整改) as a procedure: the notice, its completion and review, and the further steps of the text."""

from collections.abc import Sequence
from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, STAYS, DeclaredStage, Process
from domain.engine.rules import together
from domain.statutes.model import Statute
from domain.words import CommandName, Role, Stage
from procedures.rectification import rules, steps
from procedures.rectification.case import Notice, RectificationCase, concerns_the_bureau, in_charge


def _orders_the_bureau(statute: Statute) -> bool:
    """Whether, on some grounds, the government orders the bureau to rectify."""
    rules = statute.rectification
    return rules is not None and any(rules.orders(ground) is Role.GOVERNMENT for ground in rules.grounds)


def _whoever_may_be_told(statute: Statute, _: bool) -> Sequence[Role]:
    return (Role.PROVIDER, Role.BUREAU) if _orders_the_bureau(statute) else (Role.PROVIDER,)


def _whoever_may_order(statute: Statute, _: bool) -> Sequence[Role]:
    return (Role.BUREAU, Role.GOVERNMENT) if _orders_the_bureau(statute) else (Role.BUREAU,)


def _addressee(case: RectificationCase) -> Sequence[Role]:
    """被通知整改的一方: the department, or the bureau if it is at fault itself."""
    return (Role.BUREAU,) if concerns_the_bureau(case) else (Role.PROVIDER,)


def _whoever_ordered(case: RectificationCase) -> Sequence[Role]:
    return (in_charge(case),)


FURTHER: Final = {CommandName.ESCALATE: (Stage.ESCALATED,), CommandName.URGE: STAYS}

PROCESS: Final = Process(
    opens=(Stage.RECTIFYING,),
    stages=(
        DeclaredStage(
            Stage.RECTIFYING,
            "整改: whoever was told to rectify reports what it has done",
            waits_for=(Role.PROVIDER,),
            waits_under=_whoever_may_be_told,
            turn=_addressee,
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
            waits_under=_whoever_may_order,
            turn=_whoever_ordered,
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
            turn=steps.concluding,
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
