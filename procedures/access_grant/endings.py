"""Ends of a grant before its term, other than for misuse: 终止或者变更服务, 交还."""

from datetime import date
from typing import Literal

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import Reasoned, Terms
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.rules import RuleBook
from domain.field_types import Code, Text, Truth
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.access_grant.case import (
    GrantCase,
    change_service,
    end,
    refuse_unless_negotiated,
)
from procedures.access_grant.disposal import Asking, ask_for_disposal
from procedures.common.filing import unless_in_the_text

RULES: RuleBook[GrantCase] = RuleBook()
"""The commands that end or change a service."""

# The provider's end or change of service (终止或者变更服务)


class ProposingEnd(Reasoned):
    """Whether the service is to end or to change, and the due reason (正当理由)."""

    change: Literal["end", "change"] = "end"
    terms: Terms | None = None


def _no_end_by_the_provider(case: GrantCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.end_of_service, rules.clause)


@RULES.command(
    CommandName.PROPOSE_END,
    by=[Role.PROVIDER],
    says=ProposingEnd,
    unavailable=_no_end_by_the_provider,
)
def propose_end(decision: Decision[GrantCase], said: ProposingEnd) -> None:
    """提出终止或者变更: with a due reason, to be negotiated with the user; access goes on meanwhile."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.end_of_service)
    if said.terms and said.terms.expires_on and said.terms.expires_on <= day_of(decision.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or rules.end_of_service)
    decision.stage = Stage.ENDING
    terms = said.terms.said() if said.terms else None
    decision.note(EventType.END_PROPOSED, rules.end_of_service, change=said.change, reason=said.reason, terms=terms)
    decision.start(ClockId.NEGOTIATION)


class AnsweringEnd(Reasoned):
    """Whether the user agrees; if not, why."""

    agrees: Truth


def _not_answered_yet(case: GrantCase, _: Role) -> None:
    if case.end_answered or case.end_allowed:
        raise Refused(RefusalCode.WRONG_STAGE, case.rules.negotiate_end)


@RULES.command(CommandName.ANSWER_END, by=[Role.REQUESTER], says=AnsweringEnd, when=_not_answered_yet)
def answer_end(decision: Decision[GrantCase], said: AnsweringEnd) -> None:
    """答复: the user agrees, or says why not; filed with the bureau either way."""
    clause = decision.case.rules.negotiate_end
    if not said.agrees:
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.note(EventType.END_ANSWERED, clause, agrees=said.agrees, reason=said.reason)
    decision.meet(ClockId.NEGOTIATION)


class EndingService(Asking):
    """The end or the change itself; ``withdrawal``: the case that withdraws the resource, if it gives the command."""

    terms: Terms | None = None
    withdrawal: Code | None = None


def _negotiated_or_withdrawn(case: GrantCase, role: Role) -> None:
    rules = case.rules
    if role is Role.PLATFORM:
        return
    if rules.end_of_service is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules.clause)
    if case.stage is Stage.DISPOSAL:
        raise Refused(RefusalCode.WRONG_STAGE, rules.disposal)
    refuse_unless_negotiated(case)


@RULES.command(
    CommandName.END_SERVICE,
    by=[Role.PROVIDER, Role.PLATFORM],
    says=EndingService,
    when=_negotiated_or_withdrawn,
)
def end_service(decision: Decision[GrantCase], said: EndingService) -> None:
    """终止或者变更服务: after the negotiation, filed with the bureau; or because the resource is withdrawn."""
    if decision.actor.role is Role.PLATFORM:
        _end_with_the_resource(decision, said)
        return
    rules = decision.case.rules
    if said.withdrawal is not None:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rules.end_of_service)
    on_record = rules.negotiate_end or rules.end_of_service
    if decision.case.end_proposed == "change":
        _change_service(decision, said)
        return
    decision.note(EventType.SERVICE_ENDED, on_record, reason=said.reason)
    decision.note(EventType.FILED_FOR_RECORD, on_record, to=Role.BUREAU.value)
    ask_for_disposal(decision, said)
    end(decision, Outcome.ENDED)


def _change_service(decision: Decision[GrantCase], said: EndingService) -> None:
    rules, told = decision.case.rules, said.terms.said() if said.terms else {}
    on_record = rules.negotiate_end or rules.end_of_service
    terms = decision.case.terms_negotiated(told)
    until = date.fromisoformat(terms["expires_on"]) if "expires_on" in terms else None
    settled = decision.case.end_settled and terms.get("expires_on") == decision.case.proposed_terms.get("expires_on")
    if until and until <= day_of(decision.at) and not settled:
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or on_record)
    decision.cancel(ClockId.NEGOTIATION)
    change_service(decision, terms, said.reason)


def _end_with_the_resource(decision: Decision[GrantCase], said: EndingService) -> None:
    """End the grant with its resource; only the withdrawal case itself may ask for this."""
    withdrawal = decision.case.statute.withdrawal
    if withdrawal is None or said.withdrawal is None or said.withdrawal != decision.by_case:
        raise Refused(RefusalCode.NOT_YOUR_TURN, decision.case.rules.end_of_service)
    ground = withdrawal.consent or withdrawal.clause
    if decision.case.stage is Stage.DISPOSAL:
        return  # access has ended already; its outcome stays
    decision.note(EventType.SERVICE_ENDED, ground, reason=said.reason, withdrawal=said.withdrawal)
    end(decision, Outcome.ENDED)


# The user's end (交还)


class Relinquishing(Filed):
    """Why the data is no longer needed, and what was done with it."""

    cause: Literal["purpose_achieved", "impossible", "unnecessary"]
    disposal: Text | None = None


@RULES.command(
    CommandName.RELINQUISH,
    by=[Role.REQUESTER],
    says=Relinquishing,
)
def relinquish(decision: Decision[GrantCase], said: Relinquishing) -> None:
    """交还授权: the purpose is achieved or has lapsed; the data is disposed of as the provider asks."""
    rules = decision.case.rules
    if rules.disposal is not None:
        decision.require(said.disposal, RefusalCode.APPLICATION_INCOMPLETE, rules.disposal, fields="disposal")
    decision.note(EventType.RELINQUISHED, rules.disposal or rules.clause, cause=said.cause, disposal=said.disposal)
    end(decision, Outcome.RELINQUISHED)
