"""Disputes over ending or changing a service (争议): 提请协调, 协调, 报请决定. Access goes on meanwhile.

If the user disagrees, or the negotiation fails, the organs named by the text coordinate and decide, as after a refusal
(809 art. 28¶2). Until then the provider may neither end nor change the service. ``agreed`` and ``grant`` mean that the
service goes on, on the terms given with them, if any; ``deny`` means that the provider may do what it proposed.
"""

from typing import Any

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import Decide, Reasoned, Terms
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import CommandName, EventType, Role, Stage
from procedures.access_grant.case import GrantCase, change_service, heard
from procedures.common.instances import may_be_coordinated, may_be_decided, nobody_coordinates, refer_after_negotiating

RULES: RuleBook[GrantCase] = RuleBook()
"""The commands of a dispute."""


def _differ_after_negotiating(case: GrantCase, _: Role) -> None:
    rules = case.rules
    if case.end_agreed or case.end_allowed:
        raise Refused(RefusalCode.WRONG_STAGE, rules.dispute)
    if not heard(case):
        raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate_end or rules.end_of_service)


@RULES.command(
    CommandName.REFER,
    by=[Role.REQUESTER],
    says=Reasoned,
    unavailable=nobody_coordinates,
    when=_differ_after_negotiating,
)
def refer(decision: Decision[GrantCase], said: Reasoned) -> None:
    """提请协调: the user does not agree, or the time for negotiation has passed."""
    refer_after_negotiating(decision, said, cancels=(ClockId.NEGOTIATION,))


def _goes_on_as_agreed(decision: Decision[GrantCase], terms: Terms | None, _: Clause | None) -> None:
    decision.meet(ClockId.COORDINATION)
    _service_goes_on(decision, terms)


may_be_coordinated(RULES, agreed=_goes_on_as_agreed, then=Stage.IN_USE)


def _as_decided(decision: Decision[GrantCase], said: Decide, clause: Clause) -> None:
    told: dict[str, Any] = {"reason": said.reason, "legal_basis": said.legal_basis}
    goes_on = said.decision == "grant"
    decision.stage = Stage.IN_USE if goes_on else Stage.ENDING
    terms = said.terms.said() if said.terms else None
    decision.note(EventType.DECIDED, clause, decision=said.decision, terms=terms, **told)
    decision.meet(ClockId.FINAL_INSTANCE)
    if goes_on:
        _service_goes_on(decision, said.terms)


may_be_decided(RULES, carry_out=_as_decided)


def _service_goes_on(decision: Decision[GrantCase], terms: Terms | None) -> None:
    """Drop the proposal; what was agreed or decided instead takes effect and is filed with the bureau."""
    if terms is None or not terms.said():
        return
    until = terms.expires_on
    if until is not None and until < day_of(decision.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, decision.case.rules.term or decision.case.rules.dispute)
    change_service(decision, terms.said(), None)
