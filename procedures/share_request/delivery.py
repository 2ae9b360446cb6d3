"""Delivery, withdrawal, urging and rectification: 提供, 撤回, 督办, 责令整改."""

from domain.clocks import ClockId
from domain.engine.decision import Decision
from domain.engine.rules import RuleBook
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.common.supervision import may_be_supervised, may_be_withdrawn
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.commands import Deliver
from procedures.share_request.provider_answer import close_granted

RULES: RuleBook[ShareRequestCase] = RuleBook()
"""The commands of delivery, and those open in any stage."""


@RULES.command(CommandName.DELIVER, by=[Role.PROVIDER], says=Deliver)
def deliver(decision: Decision[ShareRequestCase], said: Deliver) -> None:
    """提供: the data was handed over; the case is closed."""
    limit = decision.case.statute.limit(ClockId.DELIVERY, decision.case.sharing_class)
    decision.note(EventType.DELIVERED, limit.clause if limit else None, mode=said.mode)
    close_granted(decision, decision.case.terms)


def is_granted(stage: Stage, outcome: Outcome | None) -> bool:
    """Whether sharing has been granted: the case is closed as granted, or waits for delivery."""
    return stage is Stage.DELIVERY or outcome is Outcome.GRANTED


may_be_withdrawn(RULES)
may_be_supervised(RULES)
