"""Disputes after a refusal or without an answer: 协商, 协调, 评判, 报请决定. Silence itself never decides."""

from domain.clocks import ClockId
from domain.engine.commands import Decide, Nothing, Reasoned, Terms
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.common.instances import (
    after_no_agreement,
    lacking,
    last_of,
    may_be_coordinated,
    may_be_decided,
    only_at_the_table,
    refer_to_coordination,
)
from procedures.share_request.case import ShareRequestCase
from procedures.share_request.commands import Adjudicate, OpenNegotiation, Propose
from procedures.share_request.provider_answer import grant_access

RULES: RuleBook[ShareRequestCase] = RuleBook()
"""The commands of a dispute."""

TABLE = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU)
"""The roles that may take part in a negotiation; the statute says which of them do."""


# After the refusal (不同意之后)


@RULES.command(CommandName.ACCEPT_REFUSAL, by=[Role.REQUESTER], says=Nothing)
def accept_refusal(decision: Decision[ShareRequestCase], _: Nothing) -> None:
    """接受答复: the requester accepts the refusal."""
    decision.note(EventType.REFUSAL_ACCEPTED)
    decision.meet(ClockId.DISPUTE_WINDOW)
    decision.close(Outcome.REFUSED)


# Negotiation (协商)


def _refused_or_met_with_silence(case: ShareRequestCase, role: Role) -> None:
    clause = case.statute.negotiation.clause
    if case.stage is Stage.PROVIDER_ANSWER:
        if case.statute.coordination is not None or not case.breached(ClockId.PROVIDER_ANSWER):
            raise Refused(RefusalCode.WRONG_STAGE, clause)
    elif role is Role.BUREAU:
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)


@RULES.command(
    CommandName.OPEN_NEGOTIATION,
    by=[Role.REQUESTER, Role.BUREAU],
    says=OpenNegotiation,
    when=_refused_or_met_with_silence,
)
def open_negotiation(decision: Decision[ShareRequestCase], said: OpenNegotiation) -> None:
    """提请协商: 因履行职责确需使用. Without an answer, and if the text has no coordinator, by the bureau too."""
    rule = decision.case.statute.negotiation
    decision.require(said.justification, RefusalCode.JUSTIFICATION_REQUIRED, rule.clause)
    decision.stage = Stage.NEGOTIATION
    decision.note(EventType.NEGOTIATION_OPENED, rule.clause, justification=said.justification)
    _leave(decision)
    decision.start(ClockId.NEGOTIATION)


_at_the_table = only_at_the_table(lambda case: case.statute.negotiation.clause)


def _terms_of_others_wait(case: ShareRequestCase, role: Role) -> None:
    _at_the_table(case, role)
    clause = case.statute.negotiation.clause
    if case.proposal is None:
        raise Refused(RefusalCode.WRONG_STAGE, clause, why="no_proposal")
    if role is case.proposer or role in case.agreed:
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)


def _no_impasse_yet(case: ShareRequestCase, role: Role) -> None:
    _at_the_table(case, role)
    if case.impasse:
        raise Refused(RefusalCode.WRONG_STAGE, case.statute.negotiation.clause, why="impasse_declared")


@RULES.command(CommandName.PROPOSE, by=TABLE, says=Propose, when=_at_the_table)
def propose(decision: Decision[ShareRequestCase], said: Propose) -> None:
    """提出方案: propose new terms; agreement to earlier ones lapses."""
    decision.note(EventType.TERMS_PROPOSED, decision.case.statute.negotiation.clause, terms=said.terms.said())


@RULES.command(CommandName.AGREE, by=TABLE, says=Nothing, when=_terms_of_others_wait)
def agree(decision: Decision[ShareRequestCase], _: Nothing) -> None:
    """同意方案: once every other party has agreed, the data is shared on these terms."""
    case = decision.case
    clause = case.statute.negotiation.clause
    decision.note(EventType.TERMS_AGREED, clause, terms=case.proposal)
    agreed = {*case.agreed, decision.actor.role, case.proposer}
    if agreed >= set(case.statute.negotiation.parties):
        decision.cancel(ClockId.DISPUTE_WINDOW)
        grant_access(decision, clause, case.proposal, kept=ClockId.NEGOTIATION)


@RULES.command(CommandName.DECLARE_IMPASSE, by=TABLE, says=Reasoned, when=_no_impasse_yet)
def declare_impasse(decision: Decision[ShareRequestCase], said: Reasoned) -> None:
    """协商未果. Where nobody coordinates, nothing more can be done; otherwise the way to a referral is open."""
    clause = decision.case.statute.negotiation.clause
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.note(EventType.IMPASSE_DECLARED, clause, reason=said.reason)
    decision.meet(ClockId.NEGOTIATION)
    if decision.case.statute.coordination is None:
        decision.close(Outcome.UNRESOLVED)
        return
    decision.start(ClockId.DISPUTE_WINDOW)


# Coordination (协调)


def _no_coordinator(case: ShareRequestCase) -> Refused | None:
    if case.statute.coordination is not None:
        return None
    return Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, case.statute.negotiation.clause)


def _negotiation_came_first(case: ShareRequestCase, role: Role) -> None:
    clause = case.statute.negotiation.clause
    first = case.statute.coordination is None or case.statute.coordination.negotiation_first
    match case.stage:
        case Stage.DELIVERY if role is not Role.REQUESTER:
            raise Refused(RefusalCode.NOT_YOUR_TURN, case.coordination_clause)
        case Stage.DELIVERY if not case.breached(ClockId.DELIVERY):
            raise Refused(RefusalCode.WRONG_STAGE, case.coordination_clause)
        case Stage.PROVIDER_ANSWER if not case.breached(ClockId.PROVIDER_ANSWER):
            raise Refused(RefusalCode.WRONG_STAGE)
        case Stage.REFUSED if first:
            raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, clause)
        case Stage.NEGOTIATION if first and not (case.impasse or case.breached(ClockId.NEGOTIATION)):
            raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, clause)


@RULES.command(
    CommandName.REFER,
    by=[Role.REQUESTER, Role.BUREAU],
    says=Reasoned,
    unavailable=_no_coordinator,
    when=_negotiation_came_first,
)
def refer(decision: Decision[ShareRequestCase], said: Reasoned) -> None:
    """提请协调: after a failed negotiation, or after a silence: no answer in time, or nothing delivered in time. In
    Changzhou a case that involves a provincial department goes to the leading group at once."""
    rule = decision.case.statute.coordination
    assert rule is not None
    instance = decision.case.last_instance if rule.provincial else None
    clause = instance.clause if instance else decision.case.coordination_clause
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    body = decision.case.coordinator_above or decision.case.statute.bodies[instance.by if instance else rule.by]
    decision.stage = Stage.FINAL_INSTANCE if instance else Stage.COORDINATION
    refer_to_coordination(decision, said.reason, clause, body)
    if instance:
        decision.note(EventType.FINAL_INSTANCE_REFERRED, clause, body=instance.by.value)
    _leave(decision)
    decision.start(ClockId.FINAL_INSTANCE if instance else ClockId.COORDINATION)


def _shared_as_coordinated(decision: Decision[ShareRequestCase], terms: Terms | None, clause: Clause | None) -> None:
    grant_access(decision, clause, terms.said() if terms else None, kept=ClockId.COORDINATION)


may_be_coordinated(RULES, agreed=_shared_as_coordinated)


# The last instance (评判, 报请决定)


@RULES.command(
    CommandName.ADJUDICATE,
    by=[Role.BUREAU],
    says=Adjudicate,
    unavailable=lacking("adjudication"),
    when=after_no_agreement,
    settles=True,
)
def adjudicate(decision: Decision[ShareRequestCase], said: Adjudicate) -> None:
    """评判: the bureau itself decides, after coordination without agreement."""
    clause = last_of(decision.case).clause
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    _require_basis_of_a_denial(decision, said.decision, said.legal_basis)
    decision.note(
        EventType.ADJUDICATED, clause, decision=said.decision, reason=said.reason, legal_basis=said.legal_basis
    )
    _carry_out(decision, said.decision, said.terms.said() if said.terms else None, clause)


def _as_decided(decision: Decision[ShareRequestCase], said: Decide, clause: Clause) -> None:
    _require_basis_of_a_denial(decision, said.decision, said.legal_basis)
    decision.note(EventType.DECIDED, clause, decision=said.decision, reason=said.reason, legal_basis=said.legal_basis)
    _carry_out(decision, said.decision, said.terms.said() if said.terms else None, clause)


may_be_decided(RULES, carry_out=_as_decided)


def _require_basis_of_a_denial(decision: Decision[ShareRequestCase], given: str, legal_basis: str | None) -> None:
    """提供依据: an instance that denies must give the legal basis too, if the text asks it of whoever refuses."""
    rule = decision.case.statute.denial
    if given == "deny" and rule is not None and rule.legal_basis:
        decision.require(legal_basis, RefusalCode.LEGAL_BASIS_REQUIRED, rule.clause)


def _carry_out(decision: Decision[ShareRequestCase], given: str, terms: object, clause: Clause) -> None:
    if given == "grant":
        grant_access(decision, clause, terms, kept=ClockId.FINAL_INSTANCE)
        return
    decision.meet(ClockId.FINAL_INSTANCE)
    decision.close(Outcome.DENIED)


def _leave(decision: Decision[ShareRequestCase]) -> None:
    """End the limits of the previous step: the window is met, the others are cancelled (a missed one stays so)."""
    decision.meet(ClockId.DISPUTE_WINDOW)
    for clock_id in (ClockId.PROVIDER_ANSWER, ClockId.NEGOTIATION, ClockId.DELIVERY):
        decision.cancel(clock_id)
