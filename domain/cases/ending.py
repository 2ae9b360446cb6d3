"""Delivery, withdrawal, urging and what a missed limit may lead to: 提供, 撤回, 督办, 责令整改."""

from domain.cases.answering import close_granted
from domain.cases.case import Case
from domain.cases.commands import Deliver
from domain.cases.common import may_be_urged, may_be_withdrawn, may_lead_to_rectification
from domain.cases.share_rules import OPEN_STAGES, RULES, command
from domain.cases.turn import Turn
from domain.words import ClockId, CommandName, EventType, Role, Stage


@command(CommandName.DELIVER, by=[Role.PROVIDER], stages=[Stage.DELIVERY])
def deliver(turn: Turn[Case], said: Deliver) -> None:
    """提供: the data is there; the case is done."""
    limit = turn.case.statute.limit(ClockId.DELIVERY, turn.case.sharing_class)
    turn.note(EventType.DELIVERED, limit.clause if limit else None, mode=said.mode)
    turn.keep(ClockId.DELIVERY)
    close_granted(turn, turn.case.terms)


may_be_withdrawn(RULES, OPEN_STAGES)
may_be_urged(RULES, OPEN_STAGES)
may_lead_to_rectification(RULES, OPEN_STAGES)
