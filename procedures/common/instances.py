"""Coordination and decision of disputes between departments (协调、报请决定), common to all procedures.

The text names the organs. Across levels or regions a common superior takes the bureau's place; a case may name its
place (``superior``), and then nobody else coordinates or decides it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from domain.clocks import ClockId
from domain.engine.case import Case
from domain.engine.commands import ConcludeCoordination, Decide, Reasoned, ReferFinal, Terms
from domain.engine.decision import Decision, Refused
from domain.engine.records import Event, NumberedEvent
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Body, Clause, LastInstance, Statute
from domain.words import CommandName, EventType, Outcome, Role, Stage


def whoever_negotiates(statute: Statute, _: bool = False) -> Sequence[Role]:
    """协商的各方: the parties of a negotiation, two or three according to the text."""
    return statute.negotiation.parties


def only_at_the_table(clause: Callable[[Any], Clause | None]) -> Callable[[Case, Role], None]:
    """A check that only parties of the negotiation speak; ``clause``: the clause cited in the refusal of others."""

    def at_the_table(case: Case, role: Role) -> None:
        if role not in whoever_negotiates(case.statute):
            raise Refused(RefusalCode.NOT_YOUR_TURN, clause(case))

    return at_the_table


DISPUTED = (Stage.COORDINATION, Stage.FINAL_INSTANCE)
"""The stages in which a dispute is coordinated and decided."""


@dataclass(frozen=True)
class Disputable(Case):
    """Part of a case that may be disputed, and then coordinated and decided by others."""

    not_agreed: bool = False
    """Whether the coordination ended without agreement."""

    @property
    def involves_province(self) -> bool:
        """Whether a provincial department is involved."""
        return bool(getattr(self.application, "involves_provincial_department", False))

    @property
    def crosses_levels(self) -> bool:
        """Whether the departments are of different levels or regions (跨层级、跨地域); naming a superior implies it."""
        rule = self.statute.coordination
        provincial = rule is not None and rule.province_is_another_level and self.involves_province
        return provincial or self.superior is not None or bool(getattr(self.application, "cross_level", False))

    @property
    def superior(self) -> str | None:
        """The place whose organs alone coordinate and decide, if the filing names one."""
        named: str | None = getattr(self.application, "superior", None)
        return named or None

    @property
    def coordinator_above(self) -> Body | None:
        """Who coordinates instead of the bureau if the dispute crosses levels or regions."""
        rule = self.statute.coordination
        return rule.cross_level if rule is not None and self.crosses_levels else None

    @property
    def dispute_clause(self) -> Clause | None:
        """The clause that allows disputing such a case; None if the text has none."""
        rule = self.statute.coordination
        return rule.clause if rule else None

    @property
    def coordination_clause(self) -> Clause | None:
        """The clause on the coordinator of this case; None if it cannot be disputed."""
        above, clause = self.coordinator_above, self.dispute_clause
        return above.clause if above and clause else clause

    @property
    def last_instance(self) -> LastInstance | None:
        """The last instance of this case: the statute's, or the one for provincial departments."""
        rule = self.statute.coordination
        return rule.provincial if rule and rule.provincial and self.involves_province else self.statute.last

    def dispute_after(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """The changes that an event makes to a dispute."""
        if event.type is EventType.COORDINATION_CONCLUDED:
            return {"not_agreed": event.data["result"] == "not_agreed"}
        sent_back = event.type is EventType.DECIDED and event.data["decision"] == "return"
        return {"not_agreed": False} if sent_back else {}


def highest(statute: Statute) -> Clause:
    """The clause on the highest step that the text has."""
    rule = statute.last or statute.coordination or statute.negotiation
    return rule.clause


def last_of(case: Disputable) -> LastInstance:
    """The last instance. Raises LookupError if there is none."""
    if case.last_instance is None:
        raise LookupError(f"{case.statute.id} has no last instance in this case")
    return case.last_instance


def lacking(step: str) -> Callable[[Disputable], Refused | None]:
    """The refusal that the text has no such last step: ``adjudication`` or ``final_instance``."""

    def refusal(case: Disputable) -> Refused | None:
        last = case.last_instance
        if last is not None and last.step == step:
            return None
        return Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, highest(case.statute))

    return refusal


def after_no_agreement(case: Disputable, _: Role) -> None:
    """Raises Refused unless the coordination ended without agreement."""
    if not case.not_agreed:
        raise Refused(RefusalCode.WRONG_STAGE, last_of(case).clause, why="coordination_not_concluded")


def refer_to_coordination(decision: Decision[Any], reason: str | None, clause: Clause | None, body: Body) -> None:
    """提请协调: noted with the coordinator, and with the superior's place, if the case names one."""
    decision.note(
        EventType.COORDINATION_REFERRED, clause, reason=reason, body=body.name.zh, superior=decision.case.superior
    )


def refer_after_negotiating(decision: Decision[Any], said: Reasoned, cancels: Sequence[ClockId]) -> None:
    """提请协调 by whoever did not agree, with the reason; the coordinator's limit starts.

    ``cancels``: the limits that are cancelled while the dispute runs.
    """
    case, clause = decision.case, decision.case.coordination_clause
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.stage = Stage.COORDINATION
    refer_to_coordination(decision, said.reason, clause, case.coordinator_above or case.statute.bodies[Role.BUREAU])
    for clock in cancels:
        decision.cancel(clock)
    decision.start(ClockId.COORDINATION)


def nobody_coordinates(case: Disputable) -> Refused | None:
    """The refusal if the text does not allow disputing such a case, or names no coordinator."""
    if case.dispute_clause is not None and case.statute.coordination is not None:
        return None
    return Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, case.statute.negotiation.clause)


def may_be_coordinated(
    book: RuleBook[Any], agreed: Callable[[Decision[Any], Terms | None, Clause | None], None], then: Stage | None = None
) -> None:
    """Enter the commands of 协调: it ends with an agreement, which ``agreed`` carries out, or goes on to the next step.

    ``then``: the stage to which an agreement leads.
    """

    def not_concluded_yet(case: Disputable, _: Role) -> None:
        if case.not_agreed:
            raise Refused(RefusalCode.WRONG_STAGE, case.coordination_clause, why="coordination_concluded")

    @book.command(
        CommandName.CONCLUDE_COORDINATION,
        by=[Role.BUREAU],
        says=ConcludeCoordination,
        when=not_concluded_yet,
        settles=True,
    )
    def conclude_coordination(decision: Decision[Any], said: ConcludeCoordination) -> None:
        """协调结果: agreed; or not agreed, and then the next step of the text, or the end if there is none."""
        clause = decision.case.coordination_clause
        if said.result == "agreed":
            decision.stage = then or decision.stage
            terms = said.terms.said() if said.terms else None
            decision.note(EventType.COORDINATION_CONCLUDED, clause, result="agreed", terms=terms, reason=said.reason)
            agreed(decision, said.terms, clause)
            return
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
        decision.note(EventType.COORDINATION_CONCLUDED, clause, result="not_agreed", reason=said.reason)
        decision.meet(ClockId.COORDINATION)
        last = decision.case.last_instance
        if last is None:
            decision.close(Outcome.UNRESOLVED)
        elif last.step == "adjudication":
            decision.start(ClockId.FINAL_INSTANCE)
        else:
            # If referring is the bureau's choice it has a window; if it is a duty, a limit.
            decision.start(ClockId.DISPUTE_WINDOW if last.necessity else ClockId.COORDINATION)


def may_be_decided(book: RuleBook[Any], carry_out: Callable[[Decision[Any], Decide, Clause], None]) -> None:
    """Enter the commands of 报请决定: the last instance decides, and ``carry_out`` notes and carries it out."""

    @book.command(
        CommandName.REFER_FINAL,
        by=[Role.BUREAU],
        says=ReferFinal,
        unavailable=lacking("final_instance"),
        when=after_no_agreement,
        settles=True,
    )
    def refer_final(decision: Decision[Any], said: ReferFinal) -> None:
        """报请: refer to the last instance, stating the necessity if the text requires it."""
        last = last_of(decision.case)
        if last.necessity:
            decision.require(said.necessity, RefusalCode.NECESSITY_REQUIRED, last.clause)
        decision.stage = Stage.FINAL_INSTANCE
        decision.note(
            EventType.FINAL_INSTANCE_REFERRED,
            last.clause,
            necessity=said.necessity,
            reason=said.reason,
            body=last.by.value,
        )
        decision.meet(ClockId.DISPUTE_WINDOW)
        decision.meet(ClockId.COORDINATION)
        decision.start(ClockId.FINAL_INSTANCE)

    def the_organ_of_the_text(case: Disputable, role: Role) -> None:
        if role is not last_of(case).by:
            raise Refused(RefusalCode.NOT_YOUR_TURN, last_of(case).clause)

    @book.command(
        CommandName.DECIDE,
        by=[Role.LEADING_GROUP, Role.GOVERNMENT],
        says=Decide,
        unavailable=lacking("final_instance"),
        when=the_organ_of_the_text,
        settles=True,
    )
    def decide(decision: Decision[Any], said: Decide) -> None:
        """决定: the decision is carried out, or the case is sent back to coordination."""
        last = last_of(decision.case)
        decision.require(said.reason, RefusalCode.REASON_REQUIRED, last.clause)
        if said.decision == "return":
            decision.stage = Stage.COORDINATION
            decision.note(EventType.DECIDED, last.clause, decision="return", reason=said.reason)
            decision.meet(ClockId.FINAL_INSTANCE)
            decision.start(ClockId.COORDINATION)
            return
        carry_out(decision, said, last.clause)
