"""The share request as a procedure (政务数据共享申请): its rules together, and what lapses in it."""

from domain.cases import answering, dispute, ending  # noqa: F401 - importing them enters their rules
from domain.cases.application import Application
from domain.cases.case import Case
from domain.cases.filing import begin
from domain.cases.holders import OF_STAGE
from domain.cases.procedure import Procedure, register
from domain.cases.records import Clock
from domain.cases.share_rules import RULES
from domain.cases.turn import Turn
from domain.words import ClockId, EventType, Outcome, ProcedureName, Role, Stage


def lapse(turn: Turn[Case], clock: Clock) -> None:
    """A window that closes: nobody supplemented, nobody disputed, nobody referred."""
    if clock.id is ClockId.SUPPLEMENT:
        turn.note(EventType.WITHDRAWN, lapsed=clock.id.value)
        turn.close(Outcome.WITHDRAWN)
    elif clock.id is ClockId.DISPUTE_WINDOW:
        turn.close(Outcome.UNRESOLVED if turn.stage is Stage.COORDINATION else Outcome.REFUSED)


SHARE_REQUEST = register(
    Procedure(
        name=ProcedureName.SHARE_REQUEST,
        case=Case,
        matter=Application,
        opened_by=(Role.REQUESTER, Role.PLATFORM),
        begin=begin,
        rules=RULES,
        waits_for=OF_STAGE,
        lapse=lapse,
    )
)
