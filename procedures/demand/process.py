"""The demand (需求申请, 南通细则第二十四、二十五条) as a procedure: from the answer to the request that follows."""

from typing import Final

from domain.clocks import ClockId
from domain.engine.procedure import Procedure
from domain.engine.process import CLOSES, DeclaredStage, Process
from domain.words import CommandName, Role, Stage
from procedures.common.supervision import SUPERVISED, WITHDRAWN_OR_SUPERVISED
from procedures.demand.rules import RULES, Demand, DemandCase, begin, on_breach, on_expiry

PROCESS: Final = Process(
    opens=(Stage.DEMAND_REVIEW,),
    stages=(
        DeclaredStage(
            Stage.DEMAND_REVIEW,
            "需求研判: not ours, ours and published, or impossible for now",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.DEMAND_FEEDBACK, ClockId.DEMAND_PUBLICATION),
            commands={
                CommandName.DISCLAIM: CLOSES,
                CommandName.UNDERTAKE: (Stage.PUBLICATION,),
                CommandName.REPORT_IMPOSSIBLE: CLOSES,
                CommandName.PUBLISH: (Stage.PUBLISHED,),
                **WITHDRAWN_OR_SUPERVISED,
            },
        ),
        DeclaredStage(
            Stage.PUBLICATION,
            "发布: the provider publishes the resource",
            waits_for=(Role.PROVIDER,),
            limits=(ClockId.DEMAND_PUBLICATION,),
            # Undertaken, and later reported impossible: the limit for the report was missed after all.
            also_starts=(ClockId.DEMAND_FEEDBACK,),
            commands={
                CommandName.REPORT_IMPOSSIBLE: CLOSES,
                CommandName.PUBLISH: (Stage.PUBLISHED,),
                **WITHDRAWN_OR_SUPERVISED,
            },
        ),
        DeclaredStage(
            Stage.PUBLISHED,
            "申请: the requester files the request that follows",
            waits_for=(Role.REQUESTER,),
            limits=(ClockId.FOLLOW_UP_WINDOW,),
            commands={CommandName.FILE_REQUEST: CLOSES, **SUPERVISED},
            expiry={ClockId.FOLLOW_UP_WINDOW: CLOSES},
        ),
    ),
)

DEMAND: Final = Procedure(
    case=DemandCase,
    matter=Demand,
    opened_by=(Role.REQUESTER,),
    begin=begin,
    process=PROCESS,
    rules=RULES,
    on_breach=on_breach,
    on_expiry=on_expiry,
)
