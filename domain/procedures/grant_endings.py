"""How a grant ends before its term: 暂停与终止, 终止或者变更服务, 交还."""

from datetime import date
from typing import Literal

from domain.calendar import day_of
from domain.cases.application import Filed
from domain.cases.commands import Reasoned, Terms
from domain.cases.following import follow_with
from domain.cases.turn import Refused, Turn
from domain.procedures.grant_case import (
    OPEN,
    RULES,
    GrantCase,
    end,
    move_term,
    refuse_unless_negotiated,
    rules_of,
    watch_disuse,
)
from domain.texts import Code, ShortText, Text, Truth, WorkingDays
from domain.words import (
    ClockId,
    CommandName,
    EventType,
    Outcome,
    ProcedureName,
    RefusalCode,
    Role,
    Stage,
)

# Misuse (违规使用)


class Suspending(Reasoned):
    """What was done wrong, on which ground of the text, and within how many working days it must be put right."""

    ground: ShortText = "misuse"
    working_days: WorkingDays | None = None


def _no_suspension(case: GrantCase) -> Refused | None:
    rules = rules_of(case)
    return None if rules.misuse else Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules.clause)


@RULES.command(
    CommandName.SUSPEND,
    by=[Role.BUREAU, Role.PROVIDER],
    stages=[Stage.IN_USE, Stage.ENDING],
    says=Suspending,
    unavailable=_no_suspension,
)
def suspend(turn: Turn[GrantCase], said: Suspending) -> None:
    """暂停共享权限, and the user is told to put it right within a limit: a rectification is opened."""
    rules = rules_of(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules.misuse)
    turn.stage = Stage.SUSPENDED
    turn.note(EventType.SUSPENDED, rules.misuse, reason=said.reason, ground=said.ground)
    turn.drop(ClockId.NEGOTIATION)
    turn.drop(ClockId.UNUSED_ACCESS)
    if turn.case.statute.rectification is None:
        return
    turn.require(said.working_days, RefusalCode.LIMIT_REQUIRED, rules.misuse)
    notice = {
        "department": turn.case.requester.model_dump(mode="json"),
        "ground": said.ground,
        "facts": said.reason,
        "working_days": said.working_days,
        "origin": {"request_id": turn.case.request_id},
    }
    follow_with(turn, ProcedureName.RECTIFICATION, notice, rules.misuse)


@RULES.command(CommandName.RESTORE, by=[Role.BUREAU, Role.PROVIDER], stages=[Stage.SUSPENDED], says=Reasoned)
def restore(turn: Turn[GrantCase], said: Reasoned) -> None:
    """恢复共享权限: what was wrong has been put right, and how that is known."""
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules_of(turn.case).misuse)
    turn.stage = Stage.IN_USE
    turn.note(EventType.RESTORED, rules_of(turn.case).misuse, reason=said.reason)
    turn.drop(ClockId.UNUSED_ACCESS)  # of a grant that was suspended before suspending ended it
    watch_disuse(turn)


class Terminating(Reasoned):
    """Why sharing ends: the rectification was refused or insufficient; or, where the text says so, security."""

    rectification: Literal["refused", "insufficient"] | None = None
    ground: ShortText | None = None


def _no_termination(case: GrantCase) -> Refused | None:
    rules = rules_of(case)
    return None if rules.terminate or rules.security else Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules.clause)


@RULES.command(
    CommandName.TERMINATE,
    by=[Role.BUREAU, Role.PROVIDER],
    stages=[Stage.IN_USE, Stage.SUSPENDED, Stage.ENDING],
    says=Terminating,
    unavailable=_no_termination,
)
def terminate(turn: Turn[GrantCase], said: Terminating) -> None:
    """终止共享 after a rectification that was refused or insufficient; 取消授权 where security is neglected."""
    rules = rules_of(turn.case)
    neglected = rules.security if said.ground == "security" else None
    clause = neglected or rules.terminate or rules.security
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    failed = turn.case.stage is Stage.SUSPENDED and said.rectification is not None
    if not (failed or neglected):
        raise Refused(RefusalCode.RECTIFICATION_MUST_FAIL_FIRST, clause)
    ground = said.ground or "misuse"
    turn.note(EventType.TERMINATED, clause, reason=said.reason, ground=ground, rectification=said.rectification)
    end(turn, Outcome.TERMINATED)


# The provider's end or change of service (终止或者变更服务)


class ProposingEnd(Reasoned):
    """Whether the service is to end or to change, and the due reason (正当理由)."""

    change: Literal["end", "change"] = "end"
    terms: Terms | None = None


def _no_end_by_the_provider(case: GrantCase) -> Refused | None:
    rules = rules_of(case)
    return None if rules.end_of_service else Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules.clause)


@RULES.command(
    CommandName.PROPOSE_END,
    by=[Role.PROVIDER],
    stages=[Stage.IN_USE],
    says=ProposingEnd,
    unavailable=_no_end_by_the_provider,
)
def propose_end(turn: Turn[GrantCase], said: ProposingEnd) -> None:
    """提出终止或者变更: with the due reason; it is negotiated with the user, and access goes on meanwhile."""
    rules = rules_of(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules.end_of_service)
    if said.terms and said.terms.expires_on and said.terms.expires_on <= day_of(turn.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or rules.end_of_service)
    turn.stage = Stage.ENDING
    terms = said.terms.said() if said.terms else None
    turn.note(EventType.END_PROPOSED, rules.end_of_service, change=said.change, reason=said.reason, terms=terms)
    turn.start(ClockId.NEGOTIATION)


class AnsweringEnd(Reasoned):
    """Whether the user agrees; if not, why."""

    agrees: Truth


def _not_answered_yet(case: GrantCase, _: Role) -> None:
    if case.end_answered:
        raise Refused(RefusalCode.WRONG_STAGE, rules_of(case).negotiate_end)


@RULES.command(
    CommandName.ANSWER_END, by=[Role.REQUESTER], stages=[Stage.ENDING], says=AnsweringEnd, when=_not_answered_yet
)
def answer_end(turn: Turn[GrantCase], said: AnsweringEnd) -> None:
    """答复: the user agrees, or says why not; the bureau has it on file either way."""
    clause = rules_of(turn.case).negotiate_end
    if not said.agrees:
        turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    turn.note(EventType.END_ANSWERED, clause, agrees=said.agrees, reason=said.reason)
    turn.keep(ClockId.NEGOTIATION)


class EndingService(Reasoned):
    """The end or the change itself; ``withdrawal``: the case that withdraws the resource, given by the platform."""

    terms: Terms | None = None
    withdrawal: Code | None = None


def _negotiated_or_withdrawn(case: GrantCase, role: Role) -> None:
    rules = rules_of(case)
    if role is Role.PLATFORM:
        return
    if rules.end_of_service is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules.clause)
    refuse_unless_negotiated(case)


@RULES.command(
    CommandName.END_SERVICE,
    by=[Role.PROVIDER, Role.PLATFORM],
    stages=OPEN,
    says=EndingService,
    when=_negotiated_or_withdrawn,
)
def end_service(turn: Turn[GrantCase], said: EndingService) -> None:
    """终止或者变更服务, after the negotiation, and filed with the bureau; or because the resource is withdrawn."""
    if turn.actor.role is Role.PLATFORM:
        _end_with_the_resource(turn, said)
        return
    rules = rules_of(turn.case)
    if said.withdrawal is not None:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rules.end_of_service)
    on_record = rules.negotiate_end or rules.end_of_service
    if turn.case.end_proposed == "change":
        _change_service(turn, said)
        return
    turn.note(EventType.SERVICE_ENDED, on_record, reason=said.reason)
    turn.note(EventType.FILED_FOR_RECORD, on_record, to=Role.BUREAU.value)
    end(turn, Outcome.ENDED)


def _change_service(turn: Turn[GrantCase], said: EndingService) -> None:
    rules, told = rules_of(turn.case), said.terms.said() if said.terms else {}
    on_record = rules.negotiate_end or rules.end_of_service
    terms = turn.case.terms_negotiated(told)
    until = date.fromisoformat(terms["expires_on"]) if "expires_on" in terms else None
    agreed = turn.case.end_agreed and terms.get("expires_on") == turn.case.proposed_terms.get("expires_on")
    if until and until <= day_of(turn.at) and not agreed:
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or on_record)
    turn.stage = Stage.IN_USE
    turn.note(EventType.SERVICE_CHANGED, on_record, reason=said.reason, terms=terms or None)
    turn.drop(ClockId.NEGOTIATION)
    turn.note(EventType.FILED_FOR_RECORD, on_record, to=Role.BUREAU.value)
    if until is not None:
        move_term(turn, until)


def _end_with_the_resource(turn: Turn[GrantCase], said: EndingService) -> None:
    withdrawal = turn.case.statute.withdrawal
    if withdrawal is None or said.withdrawal is None:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rules_of(turn.case).end_of_service)
    ground = withdrawal.consent or withdrawal.clause
    turn.note(EventType.SERVICE_ENDED, ground, reason=said.reason, withdrawal=said.withdrawal)
    end(turn, Outcome.ENDED)


# The user's end (交还)


class Relinquishing(Filed):
    """Why the data is needed no longer, and what was done with it."""

    cause: Literal["purpose_achieved", "impossible", "unnecessary"]
    disposal: Text | None = None


@RULES.command(
    CommandName.RELINQUISH,
    by=[Role.REQUESTER],
    stages=[Stage.IN_USE, Stage.ENDING, Stage.SUSPENDED],
    says=Relinquishing,
)
def relinquish(turn: Turn[GrantCase], said: Relinquishing) -> None:
    """交还授权: the purpose is achieved or gone; the data is disposed of as the provider asks."""
    rules = rules_of(turn.case)
    if rules.disposal is not None:
        turn.require(said.disposal, RefusalCode.APPLICATION_INCOMPLETE, rules.disposal, fields="disposal")
    turn.note(EventType.RELINQUISHED, rules.disposal or rules.clause, cause=said.cause, disposal=said.disposal)
    end(turn, Outcome.RELINQUISHED)
