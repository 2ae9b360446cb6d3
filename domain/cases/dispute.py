"""After a refusal, or a silence: 协商, 协调, 评判, 报请决定. Silence itself never decides."""

from domain.cases.answering import grant_access
from domain.cases.case import Case
from domain.cases.commands import (
    Adjudicate,
    Decide,
    Nothing,
    OpenNegotiation,
    Propose,
    Reasoned,
    Terms,
)
from domain.cases.instances import (
    after_no_agreement,
    lacking,
    last_of,
    may_be_coordinated,
    may_be_decided,
    refer_to_coordination,
)
from domain.cases.share_rules import RULES, command
from domain.cases.turn import Refused, Turn
from domain.statutes.model import Clause
from domain.words import ClockId, CommandName, EventType, Outcome, RefusalCode, Role, Stage

TABLE = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU)
"""Who may sit at a negotiation table; the statute says who does."""


# After the refusal (不同意之后)


@command(CommandName.ACCEPT_REFUSAL, by=[Role.REQUESTER], stages=[Stage.REFUSED])
def accept_refusal(turn: Turn[Case], _: Nothing) -> None:
    """接受答复: the requester lets the refusal stand."""
    turn.note(EventType.REFUSAL_ACCEPTED)
    turn.keep(ClockId.DISPUTE_WINDOW)
    turn.close(Outcome.REFUSED)


# Negotiation (协商)


def _refused_or_met_with_silence(case: Case, role: Role) -> None:
    clause = case.statute.negotiation.clause
    if case.stage is Stage.PROVIDER_ANSWER:
        if case.statute.coordination is not None or not case.breached(ClockId.PROVIDER_ANSWER):
            raise Refused(RefusalCode.WRONG_STAGE, clause)
    elif role is Role.BUREAU:
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)


@command(
    CommandName.OPEN_NEGOTIATION,
    by=[Role.REQUESTER, Role.BUREAU],
    stages=[Stage.REFUSED, Stage.PROVIDER_ANSWER],
    when=_refused_or_met_with_silence,
)
def open_negotiation(turn: Turn[Case], said: OpenNegotiation) -> None:
    """提请协商: 因履行职责确需使用. After a silence where the text knows no coordinator, by the bureau too."""
    rule = turn.case.statute.negotiation
    turn.require(said.justification, RefusalCode.JUSTIFICATION_REQUIRED, rule.clause)
    turn.stage = Stage.NEGOTIATION
    turn.note(EventType.NEGOTIATION_OPENED, rule.clause, justification=said.justification)
    _leave(turn)
    turn.start(ClockId.NEGOTIATION)


def _at_the_table(case: Case, role: Role) -> None:
    rule = case.statute.negotiation
    if role not in rule.parties:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rule.clause)


def _terms_of_others_wait(case: Case, role: Role) -> None:
    _at_the_table(case, role)
    clause = case.statute.negotiation.clause
    if case.proposal is None:
        raise Refused(RefusalCode.WRONG_STAGE, clause, why="no_proposal")
    if role is case.proposer or role in case.agreed:
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)


def _no_impasse_yet(case: Case, role: Role) -> None:
    _at_the_table(case, role)
    if case.impasse:
        raise Refused(RefusalCode.WRONG_STAGE, case.statute.negotiation.clause, why="impasse_declared")


@command(CommandName.PROPOSE, by=TABLE, stages=[Stage.NEGOTIATION], when=_at_the_table)
def propose(turn: Turn[Case], said: Propose) -> None:
    """提出方案: new terms on the table; agreements to older ones lapse."""
    turn.note(EventType.TERMS_PROPOSED, turn.case.statute.negotiation.clause, terms=said.terms.said())


@command(CommandName.AGREE, by=TABLE, stages=[Stage.NEGOTIATION], when=_terms_of_others_wait)
def agree(turn: Turn[Case], _: Nothing) -> None:
    """同意方案: once every other party has agreed, the data is shared on these terms."""
    case = turn.case
    clause = case.statute.negotiation.clause
    turn.note(EventType.TERMS_AGREED, clause, terms=case.proposal)
    agreed = {*case.agreed, turn.actor.role, case.proposer}
    if agreed >= set(case.statute.negotiation.parties):
        turn.drop(ClockId.DISPUTE_WINDOW)
        grant_access(turn, clause, case.proposal, kept=ClockId.NEGOTIATION)


@command(CommandName.DECLARE_IMPASSE, by=TABLE, stages=[Stage.NEGOTIATION], when=_no_impasse_yet)
def declare_impasse(turn: Turn[Case], said: Reasoned) -> None:
    """协商未果. Where nobody coordinates, nothing more can be done; otherwise the way to a referral is open."""
    clause = turn.case.statute.negotiation.clause
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    turn.note(EventType.IMPASSE_DECLARED, clause, reason=said.reason)
    turn.keep(ClockId.NEGOTIATION)
    if turn.case.statute.coordination is None:
        turn.close(Outcome.UNRESOLVED)
        return
    turn.start(ClockId.DISPUTE_WINDOW)


# Coordination (协调)


def _no_coordinator(case: Case) -> Refused | None:
    if case.statute.coordination is not None:
        return None
    return Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, case.statute.negotiation.clause)


def _negotiation_came_first(case: Case, role: Role) -> None:
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


@command(
    CommandName.REFER,
    by=[Role.REQUESTER, Role.BUREAU],
    stages=[Stage.REFUSED, Stage.NEGOTIATION, Stage.PROVIDER_ANSWER, Stage.DELIVERY],
    unavailable=_no_coordinator,
    when=_negotiation_came_first,
)
def refer(turn: Turn[Case], said: Reasoned) -> None:
    """提请协调: after a failed negotiation, or after a silence: no answer in time, or nothing delivered in time. In
    Changzhou a case that involves a provincial department goes to the leading group at once."""
    rule = turn.case.statute.coordination
    assert rule is not None
    instance = turn.case.last_instance if rule.provincial else None
    clause = instance.clause if instance else turn.case.coordination_clause
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    body = turn.case.coordinator_above or turn.case.statute.bodies[instance.by if instance else rule.by]
    turn.stage = Stage.FINAL_INSTANCE if instance else Stage.COORDINATION
    refer_to_coordination(turn, said.reason, clause, body)
    if instance:
        turn.note(EventType.FINAL_INSTANCE_REFERRED, clause, body=instance.by.value)
    _leave(turn)
    turn.start(ClockId.FINAL_INSTANCE if instance else ClockId.COORDINATION)


def _shared_as_coordinated(turn: Turn[Case], terms: Terms | None, clause: Clause | None) -> None:
    grant_access(turn, clause, terms.said() if terms else None, kept=ClockId.COORDINATION)


may_be_coordinated(RULES, agreed=_shared_as_coordinated)


# The last instance (评判, 报请决定)


@command(
    CommandName.ADJUDICATE,
    by=[Role.BUREAU],
    stages=[Stage.COORDINATION],
    unavailable=lacking("adjudication"),
    when=after_no_agreement,
    settles=True,
)
def adjudicate(turn: Turn[Case], said: Adjudicate) -> None:
    """评判: the bureau itself decides, after a coordination without agreement."""
    clause = last_of(turn.case).clause
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    _require_basis_of_a_denial(turn, said.decision, said.legal_basis)
    turn.note(EventType.ADJUDICATED, clause, decision=said.decision, reason=said.reason, legal_basis=said.legal_basis)
    _carry_out(turn, said.decision, said.terms.said() if said.terms else None, clause)


def _as_decided(turn: Turn[Case], said: Decide, clause: Clause) -> None:
    _require_basis_of_a_denial(turn, said.decision, said.legal_basis)
    turn.note(EventType.DECIDED, clause, decision=said.decision, reason=said.reason, legal_basis=said.legal_basis)
    _carry_out(turn, said.decision, said.terms.said() if said.terms else None, clause)


may_be_decided(RULES, carry_out=_as_decided)


def _require_basis_of_a_denial(turn: Turn[Case], decision: str, legal_basis: str | None) -> None:
    """提供依据: where the text asks it of whoever refuses, an instance that denies must give the legal basis too."""
    rule = turn.case.statute.denial
    if decision == "deny" and rule is not None and rule.legal_basis:
        turn.require(legal_basis, RefusalCode.LEGAL_BASIS_REQUIRED, rule.clause)


def _carry_out(turn: Turn[Case], decision: str, terms: object, clause: Clause) -> None:
    if decision == "grant":
        grant_access(turn, clause, terms, kept=ClockId.FINAL_INSTANCE)
        return
    turn.keep(ClockId.FINAL_INSTANCE)
    turn.close(Outcome.DENIED)


def _leave(turn: Turn[Case]) -> None:
    """The windows and limits of the step before are over: used in time, or missed and so recorded."""
    turn.keep(ClockId.DISPUTE_WINDOW)
    for clock_id in (ClockId.PROVIDER_ANSWER, ClockId.NEGOTIATION, ClockId.DELIVERY):
        turn.drop(clock_id)
