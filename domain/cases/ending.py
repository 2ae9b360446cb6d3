"""Delivery, withdrawal and urging: 提供, 撤回, 督办."""

from domain.cases.case import Case
from domain.cases.commands import Deliver, Reasoned, Urge
from domain.cases.turn import OPEN_STAGES, Refused, Turn, command
from domain.words import ClockId, CommandName, EventType, Outcome, RefusalCode, Role, Stage


@command(CommandName.DELIVER, by=[Role.PROVIDER], stages=[Stage.DELIVERY])
def deliver(turn: Turn, said: Deliver) -> None:
    """提供: the data is there; the case is done."""
    limit = turn.case.statute.limit(ClockId.DELIVERY, turn.case.sharing_class)
    turn.note(EventType.DELIVERED, limit.clause if limit else None, mode=said.mode)
    turn.keep(ClockId.DELIVERY)
    turn.close(Outcome.GRANTED)


@command(CommandName.WITHDRAW, by=[Role.REQUESTER], stages=OPEN_STAGES)
def withdraw(turn: Turn, said: Reasoned) -> None:
    """撤回: the requester needs it no longer, and says why."""
    turn.require(said.reason, RefusalCode.REASON_REQUIRED)
    turn.note(EventType.WITHDRAWN, reason=said.reason)
    turn.close(Outcome.WITHDRAWN)


def _a_limit_runs_or_ran_out(case: Case, _: Role) -> None:
    if not any(clock.open for clock in case.clocks.values()):
        raise Refused(RefusalCode.WRONG_STAGE, why="no_clock")


@command(CommandName.URGE, by=[Role.BUREAU], stages=OPEN_STAGES, when=_a_limit_runs_or_ran_out)
def urge(turn: Turn, said: Urge) -> None:
    """督办: the bureau presses whoever must act, as long as a limit runs or has run out."""
    turn.note(EventType.URGED, level=said.level.value, reason=said.reason)
