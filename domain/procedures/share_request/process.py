"""The share request as a procedure (政务数据共享申请): its rules together, and what lapses in it."""

from domain.engine.assignees import OF_STAGE
from domain.engine.decision import Decision
from domain.engine.procedure import Procedure, register
from domain.engine.records import Clock
from domain.procedures.share_request import delivery, dispute, provider_answer  # noqa: F401 - importing them enters their rules
from domain.procedures.share_request.application import Application
from domain.procedures.share_request.case import ShareRequestCase
from domain.procedures.share_request.filing import begin
from domain.procedures.share_request.rules import RULES
from domain.words import ClockId, EventType, Outcome, ProcedureName, Role, Stage


def on_breach(decision: Decision[ShareRequestCase], clock: Clock) -> None:
    """A window that closes: nobody supplemented, nobody disputed, nobody referred."""
    if clock.id is ClockId.SUPPLEMENT:
        decision.note(EventType.WITHDRAWN, lapsed=clock.id.value)
        decision.close(Outcome.WITHDRAWN)
    elif clock.id is ClockId.DISPUTE_WINDOW:
        decision.close(Outcome.UNRESOLVED if decision.stage is Stage.COORDINATION else Outcome.REFUSED)


SHARE_REQUEST = register(
    Procedure(
        name=ProcedureName.SHARE_REQUEST,
        case=ShareRequestCase,
        matter=Application,
        opened_by=(Role.REQUESTER, Role.PLATFORM),
        begin=begin,
        rules=RULES,
        waits_for=OF_STAGE,
        on_breach=on_breach,
        platform_files_for_requester=True,
    )
)
