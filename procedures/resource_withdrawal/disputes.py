"""Disputes over a withdrawal (争议): 提请协调, 协调, 报请决定. The resource and its grants stay meanwhile.

If a user does not agree to the withdrawal, the organs named by the text coordinate and decide, as in any dispute over
sharing (809 art. 28¶2). ``agreed`` and ``grant`` mean that the resource stays, so the case ends as kept; ``deny`` means
that the withdrawal continues from where it was. If coordination fails and there is no last instance, the case ends
unresolved: nothing has been withdrawn, so the resource stays as well.
"""

from typing import Any

from domain.clocks import ClockId
from domain.engine.commands import Decide, Reasoned, Terms
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.common.instances import may_be_coordinated, may_be_decided, nobody_coordinates, refer_after_negotiating
from procedures.resource_withdrawal.case import WithdrawalCase


def may_be_disputed(book: RuleBook[WithdrawalCase]) -> None:
    """Enter the commands of 争议: refer, coordinate, decide; only if the text has a clause on such disputes."""

    @book.command(
        CommandName.REFER,
        by=[Role.BUREAU, Role.PROVIDER],
        says=Reasoned,
        unavailable=nobody_coordinates,
        when=_differ_after_negotiating,
    )
    def refer(decision: Decision[WithdrawalCase], said: Reasoned) -> None:
        """提请协调: by the bureau on behalf of users who did not agree, or by the provider.

        Users are not parties to this case, which the provider files about its own resource. So the bureau, which was
        told with them and has their disagreement on file, refers it for them.
        """
        # What they measure cannot be done during the dispute; afterwards they start again.
        refer_after_negotiating(decision, said, cancels=(ClockId.NEGOTIATION, ClockId.WITHDRAWAL_REVIEW))

    may_be_coordinated(book, agreed=_kept_as_agreed)
    may_be_decided(book, carry_out=_as_decided)


def _differ_after_negotiating(case: WithdrawalCase, _: Role) -> None:
    rules = case.rules
    if not case.against:
        raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate or rules.clause)
    if not case.differing:
        raise Refused(RefusalCode.WRONG_STAGE, rules.dispute)


def _kept_as_agreed(decision: Decision[WithdrawalCase], _: Terms | None, __: Clause | None) -> None:
    decision.meet(ClockId.COORDINATION)
    decision.close(Outcome.KEPT)


def _as_decided(decision: Decision[WithdrawalCase], said: Decide, clause: Clause) -> None:
    stays = said.decision == "grant"
    decision.stage = decision.stage if stays else _where_it_was(decision.case)
    terms = said.terms.said() if said.terms else None
    told: dict[str, Any] = {"reason": said.reason, "legal_basis": said.legal_basis}
    decision.note(EventType.DECIDED, clause, decision=said.decision, terms=terms, **told)
    decision.meet(ClockId.FINAL_INSTANCE)
    if stays:
        decision.close(Outcome.KEPT)
    elif decision.stage is Stage.WITHDRAWAL_REVIEW:
        _review_again(decision)


def _where_it_was(case: WithdrawalCase) -> Stage:
    """The stage to return to: review if consent or a negotiation is missing, notice while it runs, else withdrawal."""
    if not case.cleared:
        return Stage.WITHDRAWAL_REVIEW
    return Stage.WITHDRAWAL_NOTICE if case.open_clock(ClockId.WITHDRAWAL_NOTICE) else Stage.WITHDRAWING


def _review_again(decision: Decision[WithdrawalCase]) -> None:
    """Restart the limits that the referral cancelled: for consent, or for negotiation with the others."""
    rules = decision.case.rules
    if rules.consent:
        decision.start(ClockId.WITHDRAWAL_REVIEW)
    if rules.negotiate and decision.case.not_negotiated:
        decision.start(ClockId.NEGOTIATION)
