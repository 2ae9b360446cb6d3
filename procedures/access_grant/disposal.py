"""Disposal (妥善处置): after the end of sharing the user disposes of the data as the provider asks, and reports it.

809 art. 27¶1. The provider asks for it with the act that ends the grant, or separately at any time before it is closed.
"""

from domain.clocks import ClockId
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.rules import RuleBook
from domain.field_types import Text, WorkingDays
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, EventType, Role, Stage
from procedures.access_grant.case import GrantCase
from procedures.common.filing import unless_in_the_text

RULES: RuleBook[GrantCase] = RuleBook()
"""The commands of disposal."""


class Asking(Reasoned):
    """An act of the provider that may also ask for disposal of the data, within a number of working days."""

    disposal: Text | None = None
    working_days: WorkingDays | None = None


def ask_for_disposal(decision: Decision[GrantCase], said: Asking) -> None:
    """Note what the provider asks of the user, if anything; the limit is the provider's, or the operator's."""
    if not said.disposal:
        return
    rule = decision.case.rules.disposal
    if rule is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, decision.case.rules.clause)
    if decision.actor.role is not Role.PROVIDER:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rule)
    decision.note(EventType.DISPOSAL_REQUIRED, rule, disposal=said.disposal, working_days=said.working_days)
    decision.cancel(ClockId.DISPOSAL)
    if said.working_days is not None:
        decision.start_within(ClockId.DISPOSAL, said.working_days, rule)
    else:
        decision.start(ClockId.DISPOSAL)


def _no_rule_on_disposal(case: GrantCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.disposal, rules.clause)


@RULES.command(
    CommandName.REQUIRE_DISPOSAL,
    by=[Role.PROVIDER],
    says=Asking,
    unavailable=_no_rule_on_disposal,
)
def require_disposal(decision: Decision[GrantCase], said: Asking) -> None:
    """要求处置: what the user is to do with the data; replaces an earlier request."""
    clause = decision.case.rules.disposal
    decision.require(said.disposal, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="disposal")
    ask_for_disposal(decision, said)


class Disposed(Filed):
    """What was done with the data."""

    disposal: Text | None = None


def _it_was_asked_for(case: GrantCase, _: Role) -> None:
    if not case.disposal_is_due:
        raise Refused(RefusalCode.WRONG_STAGE, case.rules.disposal, why="no_disposal_required")


@RULES.command(
    CommandName.REPORT_DISPOSAL,
    by=[Role.REQUESTER],
    says=Disposed,
    unavailable=_no_rule_on_disposal,
    when=_it_was_asked_for,
)
def report_disposal(decision: Decision[GrantCase], said: Disposed) -> None:
    """报告处置: the user has done what was asked. A grant that had ended is closed."""
    clause = decision.case.rules.disposal
    decision.require(said.disposal, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="disposal")
    decision.note(EventType.DISPOSAL_REPORTED, clause, disposal=said.disposal)
    decision.meet(ClockId.DISPOSAL)
    if decision.case.stage is Stage.DISPOSAL and decision.case.ended_as is not None:
        decision.close(decision.case.ended_as)
