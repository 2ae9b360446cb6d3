"""Negotiation about doubted data, if the text names nobody to verify it (nantong art. 27).

Either side may still give in: the provider corrects the data, or the other accepts the explanation.
"""

from typing import Any

from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.common.filing import unless_in_the_text
from procedures.common.instances import only_at_the_table


def _table(case: Case) -> Clause | None:
    """The clause on a negotiation that no further instance follows."""
    rules = case.statute.correction
    return rules.negotiate if rules is not None and rules.dispute is None else None


def negotiate(decision: Decision[Any], reason: str | None) -> None:
    """协商: the explanation is disputed, and the parties negotiate."""
    clause = _table(decision.case)
    decision.stage = Stage.NEGOTIATION
    decision.note(EventType.EXPLANATION_DISPUTED, clause, reason=reason)
    decision.note(EventType.NEGOTIATION_OPENED, clause)
    decision.meet(ClockId.DISPUTE_WINDOW)
    decision.start(ClockId.NEGOTIATION)


def _no_table(case: Case) -> Refused | None:
    rules = case.statute.correction
    if rules is None:
        return Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
    return unless_in_the_text(_table(case), rules.dispute or rules.clause, RefusalCode.INSTANCE_NOT_AVAILABLE)


def may_fail_at_the_table(book: RuleBook[Any]) -> None:
    """Enter the command 协商未果, which any party may give; there is no further instance."""

    @book.command(
        CommandName.DECLARE_IMPASSE,
        by=[Role.REQUESTER, Role.PROVIDER, Role.BUREAU],
        says=Reasoned,
        unavailable=_no_table,
        when=only_at_the_table(_table),
    )
    def declare_impasse(decision: Decision[Any], said: Reasoned) -> None:
        clause = _table(decision.case)
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
        decision.note(EventType.IMPASSE_DECLARED, clause, reason=said.reason)
        decision.meet(ClockId.NEGOTIATION)
        decision.close(Outcome.UNRESOLVED)
