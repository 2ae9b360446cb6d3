"""Rules that several procedures share word for word: 撤回, 督办, 责令整改."""

from collections.abc import Sequence
from typing import Any

from domain.cases.commands import OrderRectification, Reasoned, Urge
from domain.cases.proceeding import Proceeding
from domain.cases.rules import RuleBook
from domain.cases.turn import Refused, Turn
from domain.words import ClockState, CommandName, EventType, Outcome, ProcedureName, RefusalCode, Role, Stage


def may_be_withdrawn(book: RuleBook[Any], stages: Sequence[Stage], by: Role = Role.REQUESTER) -> None:
    """撤回: whoever filed it needs it no longer, and says why."""

    @book.command(CommandName.WITHDRAW, by=[by], stages=stages)
    def withdraw(turn: Turn[Any], said: Reasoned) -> None:
        turn.require(said.reason, RefusalCode.REASON_REQUIRED)
        turn.note(EventType.WITHDRAWN, reason=said.reason)
        turn.close(Outcome.WITHDRAWN)


def _a_limit_runs_or_ran_out(case: Proceeding, _: Role) -> None:
    if not any(clock.open for clock in case.clocks.values()):
        raise Refused(RefusalCode.WRONG_STAGE, why="no_clock")


def may_be_urged(book: RuleBook[Any], stages: Sequence[Stage]) -> None:
    """督办: the bureau presses whoever must act, as long as a limit runs or has run out."""

    @book.command(CommandName.URGE, by=[Role.BUREAU], stages=stages, when=_a_limit_runs_or_ran_out)
    def urge(turn: Turn[Any], said: Urge) -> None:
        turn.note(EventType.URGED, level=said.level.value, reason=said.reason)


def _no_rectification(case: Proceeding) -> Refused | None:
    return None if case.statute.rectification else Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)


def may_lead_to_rectification(book: RuleBook[Any], stages: Sequence[Stage]) -> None:
    """责令整改 from a breached limit: the ground that the text lists for such a breach is filled in."""

    def some_limit_was_missed(case: Proceeding, _: Role) -> None:
        rules = case.statute.rectification
        missed = [clock for clock in case.clocks.values() if clock.state in (ClockState.BREACHED, ClockState.MET_LATE)]
        if rules is None or not any(rules.ground_for(clock.id) for clock in missed):
            raise Refused(RefusalCode.NO_BREACH_TO_RECTIFY, rules.clause if rules else None)

    @book.command(
        CommandName.ORDER_RECTIFICATION,
        by=[Role.BUREAU],
        stages=stages,
        unavailable=_no_rectification,
        when=some_limit_was_missed,
    )
    def order_rectification(turn: Turn[Any], said: OrderRectification) -> None:
        rules = turn.case.statute.rectification
        assert rules is not None
        turn.require(said.working_days, RefusalCode.LIMIT_REQUIRED, rules.clause)
        clock, ground = next(
            (clock, ground)
            for clock in reversed(turn.case.clocks.values())
            if clock.state in (ClockState.BREACHED, ClockState.MET_LATE)
            and (ground := rules.ground_for(clock.id)) is not None
        )
        turn.note(
            EventType.RECTIFICATION_ORDERED,
            ground.clause,
            number=clock.number,
            clock=clock.id.value,
            ground=ground.id,
            working_days=said.working_days,
            reason=said.reason,
        )
        notice = {
            "department": turn.case.provider.model_dump(mode="json"),
            "ground": ground.id,
            "facts": said.reason or f"{clock.id.value}: {clock.due_date.isoformat()}",
            "working_days": said.working_days,
            "origin": {"request_id": turn.case.request_id, "clock": clock.number},
        }
        turn.open_other(ProcedureName.RECTIFICATION, notice, ground.clause)
