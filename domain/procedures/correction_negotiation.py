"""A dispute about doubted data where the text names nobody to find out: the departments negotiate (nantong art. 27).

Either side may still give in: the provider corrects the data after all, or the other accepts the explanation.
"""

from typing import Any

from domain.cases.commands import Reasoned
from domain.cases.proceeding import Proceeding
from domain.cases.rules import RuleBook
from domain.cases.turn import Refused, Turn
from domain.statutes.model import Clause
from domain.words import ClockId, CommandName, EventType, Outcome, RefusalCode, Role, Stage


def _table(case: Proceeding) -> Clause | None:
    """The clause on a negotiation after which nobody else speaks."""
    rules = case.statute.correction
    return rules.negotiate if rules is not None and rules.dispute is None else None


def negotiate(turn: Turn[Any], reason: str | None) -> None:
    """协商: the explanation is disputed, and the parties sit down together."""
    clause = _table(turn.case)
    turn.stage = Stage.NEGOTIATION
    turn.note(EventType.EXPLANATION_DISPUTED, clause, reason=reason)
    turn.note(EventType.NEGOTIATION_OPENED, clause)
    turn.keep(ClockId.DISPUTE_WINDOW)
    turn.start(ClockId.NEGOTIATION)


def _no_table(case: Proceeding) -> Refused | None:
    rules = case.statute.correction
    if rules is None:
        return Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
    return None if _table(case) else Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, rules.dispute or rules.clause)


def _at_the_table(case: Proceeding, role: Role) -> None:
    if role not in case.statute.negotiation.parties:
        raise Refused(RefusalCode.NOT_YOUR_TURN, _table(case))


def may_fail_at_the_table(book: RuleBook[Any]) -> None:
    """协商未果: any party may say so, and the text has nobody beyond the table."""

    @book.command(
        CommandName.DECLARE_IMPASSE,
        by=[Role.REQUESTER, Role.PROVIDER, Role.BUREAU],
        stages=[Stage.NEGOTIATION],
        unavailable=_no_table,
        when=_at_the_table,
    )
    def declare_impasse(turn: Turn[Any], said: Reasoned) -> None:
        clause = _table(turn.case)
        turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
        turn.note(EventType.IMPASSE_DECLARED, clause, reason=said.reason)
        turn.keep(ClockId.NEGOTIATION)
        turn.close(Outcome.UNRESOLVED)
