"""Data correction (数据校核): a department doubts data that it received, and the provider verifies it.

Wrong data is corrected; right data is explained. Meanwhile citizens' matters go on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import Nothing, Reasoned
from domain.engine.decision import PLATFORM, Decision, Refused
from domain.engine.filed import Document, Filed, Party, Resource
from domain.engine.procedure import Digests
from domain.engine.records import Clock, Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.engine.rules import RuleBook
from domain.field_types import SAYING, Code, Day, ItemCount, Text, Truth
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.statutes.sections import CorrectionRules
from domain.words import Basis, CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.filing import (
    code_and_name,
    refuse_unless_given,
    refuse_unless_past,
    unless_in_the_text,
)
from procedures.common.instances import Disputable
from procedures.common.parties import AboutResource
from procedures.common.supervision import may_be_supervised, may_be_withdrawn
from procedures.data_correction.negotiation import may_fail_at_the_table, negotiate
from procedures.data_correction.push import may_be_pushed

UNDER_VERIFICATION = (Stage.VERIFICATION, Stage.NEGOTIATION, Stage.VERIFICATION_DISPUTE)

Records = Annotated[tuple[Text, ...], Field(max_length=200), SAYING]


class Correction(Filed):
    """The doubt (疑义、错误数据): which data of which provider, and what is wrong with it.

    ``grant`` is the access grant or the request from which the data came. ``affects_citizens``: matters of citizens
    or enterprises depend on it. ``authorized_users`` get the new data in addition to the holders of open grants.
    ``cross_level``: the departments are of different levels or regions; ``superior``: the place of the common superior.
    ``found_on``: the day on which whoever compared found the difference (清洗、比对).
    """

    requester: Party = Party()
    provider: Party = Party()
    resource: Resource = Resource()
    doubt: Text | None = None
    found_on: Day | None = None
    records: Records = ()
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()
    grant: Code | None = None
    affects_citizens: Truth = True
    authorized_users: Annotated[tuple[Party, ...], Field(max_length=200)] = ()
    involves_provincial_department: Truth = False
    cross_level: Truth = False
    superior: Code | None = None


@dataclass(frozen=True)
class CorrectionCase(AboutResource, Disputable, RuledCase[CorrectionRules]):
    """One doubt, from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.DATA_CORRECTION

    application: Correction
    must_correct: bool = False
    """Whether it was decided that the data is wrong."""
    by_government: bool = False
    """Whether the government decided that."""
    referred: bool = False
    """Whether the coordination ended without agreement and the government decides."""

    @property
    def dispute_clause(self) -> Clause | None:
        """The clause on disputes over the explanation, if the text has one."""
        return self.rules.dispute

    @property
    def citizens_protected(self) -> bool:
        """Whether the text protects citizens' matters, and such matters are affected."""
        rules = self.statute.correction
        return rules is not None and rules.matters_continue is not None and self.application.affects_citizens

    def standing_notes(self, stage: Stage) -> Mapping[str, Any]:
        """During verification every event says that citizens' matters go on (照常办理)."""
        return {"matters_continue": True} if self.citizens_protected and stage in UNDER_VERIFICATION else {}

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates how a dispute over the verification ended."""
        if event.type is EventType.VERIFICATION_CONCLUDED:
            result = event.data["result"]
            last = event.actor.role is Role.GOVERNMENT
            return {"must_correct": result == "correct", "referred": result == "not_agreed", "by_government": last}
        return {}


RULES: RuleBook[CorrectionCase] = RuleBook()


def begin(decision: Decision[CorrectionCase], digests: Digests) -> None:
    """提出疑义: the provider must verify the data within the text's limit, or the operator's if the text says 及时.

    If the text limits how soon a difference must be reported to the other side, the filing is that report (向对方反馈).
    """
    rules, said = decision.case.rules, decision.case.application
    named = code_and_name(requester=said.requester, provider=said.provider, resource=said.resource)
    refuse_unless_given({**named, "doubt": said.doubt}, rules.clause)
    decision.refuse_asking_oneself()
    found_on = said.found_on.isoformat() if said.found_on else None
    if said.found_on is not None:
        refuse_unless_past("found_on", said.found_on, day_of(decision.at), rules.clause)
    decision.stage = Stage.VERIFICATION
    decision.file(rules.clause, digests, provider=said.provider.code, grant=said.grant, found_on=found_on)
    if said.found_on is not None:
        decision.done_by_now(ClockId.DIFFERENCE_FEEDBACK, said.found_on)
    _matters_continue(decision)
    decision.start(ClockId.DATA_VERIFICATION)


def _matters_continue(decision: Decision[CorrectionCase]) -> None:
    """照常办理: note that citizens' matters go on until the verification ends."""
    if decision.case.citizens_protected:
        decision.note(
            EventType.MATTERS_CONTINUE,
            decision.case.rules.matters_continue,
            actor=PLATFORM,
            to=[_party(decision.case.requester), *map(_party, decision.case.application.authorized_users)],
            provided="lawful_proof",
            until="end_of_verification",
        )


def _party(party: Party) -> dict[str, Any]:
    return party.model_dump(mode="json", exclude_none=True)


class Correcting(Filed):
    """What was corrected, and which or how many records changed."""

    correction: Text | None = None
    changed_records: Records | ItemCount | None = None


def _why_correct(case: CorrectionCase, rules: CorrectionRules) -> Clause | None:
    """The clause on the duty to correct; after a decision, the clause of the decision."""
    if case.must_correct:
        return rules.last if case.by_government else case.coordination_clause
    return rules.correct or rules.verify


@RULES.command(CommandName.CORRECT, by=[Role.PROVIDER], says=Correcting)
def correct(decision: Decision[CorrectionCase], said: Correcting) -> None:
    """更正: wrong data was corrected; the requester is told and, if the text says so, the bureau."""
    rules = decision.case.rules
    ground = _why_correct(decision.case, rules)
    decision.require(said.correction, RefusalCode.APPLICATION_INCOMPLETE, ground, fields="correction")
    decision.stage = Stage.PUSH if rules.push else Stage.CLOSED
    changed = list(said.changed_records) if isinstance(said.changed_records, tuple) else said.changed_records
    decision.note(
        EventType.CORRECTED,
        ground,
        correction=said.correction,
        changed_records=changed or None,
        to=_party(decision.case.requester),
    )
    decision.meet(ClockId.DATA_VERIFICATION)
    decision.meet(ClockId.NEGOTIATION)
    if rules.tell_bureau:
        decision.note(EventType.BUREAU_TOLD, rules.tell_bureau, to=Role.BUREAU.value, correction=said.correction)
    if rules.push is None:
        decision.close(Outcome.CORRECTED)


def _not_decided_otherwise(case: CorrectionCase, _: Role) -> None:
    if case.must_correct:
        raise Refused(RefusalCode.WRONG_STAGE, case.rules.dispute)


@RULES.command(CommandName.EXPLAIN, by=[Role.PROVIDER], says=Reasoned, when=_not_decided_otherwise)
def explain(decision: Decision[CorrectionCase], said: Reasoned) -> None:
    """核实说明: why the data is right. Not open to a provider that was ordered to correct it."""
    verify = decision.case.rules.verify
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, verify)
    decision.stage = Stage.EXPLAINED
    decision.note(EventType.EXPLAINED, verify, reason=said.reason, to=_party(decision.case.requester))
    decision.meet(ClockId.DATA_VERIFICATION)
    decision.start(ClockId.DISPUTE_WINDOW)


@RULES.command(CommandName.ACCEPT_EXPLANATION, by=[Role.REQUESTER], says=Nothing)
def accept_explanation(decision: Decision[CorrectionCase], _: Nothing) -> None:
    """接受说明: the requester accepts the explanation."""
    decision.note(EventType.EXPLANATION_ACCEPTED)
    decision.meet(ClockId.DISPUTE_WINDOW)
    decision.meet(ClockId.NEGOTIATION)
    decision.close(Outcome.EXPLAINED)


def _nobody_decides(case: CorrectionCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.dispute, rules.clause, RefusalCode.INSTANCE_NOT_AVAILABLE)


def _no_road(case: CorrectionCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.dispute or rules.negotiate, rules.clause, RefusalCode.INSTANCE_NOT_AVAILABLE)


class DisputingExplanation(Reasoned):
    """Why the data is nevertheless wrong, and how the two departments negotiated about it."""

    negotiation: Text | None = None


@RULES.command(
    CommandName.DISPUTE_EXPLANATION,
    by=[Role.REQUESTER],
    says=DisputingExplanation,
    unavailable=_no_road,
)
def dispute_explanation(decision: Decision[CorrectionCase], said: DisputingExplanation) -> None:
    """提请协调核实: the departments disagree; the organ named by the text verifies, or, without one, they negotiate."""
    rules, clause = decision.case.rules, decision.case.coordination_clause
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause or rules.negotiate)
    if rules.dispute is None:
        negotiate(decision, said.reason)
        return
    if rules.negotiate:
        decision.require(said.negotiation, RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate)
    decision.stage = Stage.VERIFICATION_DISPUTE
    body = decision.case.coordinator_above or decision.case.statute.bodies[Role.BUREAU]
    decision.note(
        EventType.EXPLANATION_DISPUTED,
        clause,
        reason=said.reason,
        negotiation=said.negotiation,
        body=body.name.zh,
        superior=decision.case.superior,
    )
    decision.meet(ClockId.DISPUTE_WINDOW)
    _matters_continue(decision)
    decision.start(ClockId.COORDINATION)


may_fail_at_the_table(RULES)


class ConcludingVerification(Reasoned):
    """Whether the data must be corrected or is right; the bureau may also find no agreement."""

    result: Literal["correct", "stands", "not_agreed"]


def _its_own_turn(case: CorrectionCase, role: Role) -> None:
    if role is not (Role.GOVERNMENT if case.referred else Role.BUREAU):
        raise Refused(RefusalCode.NOT_YOUR_TURN)


@RULES.command(
    CommandName.CONCLUDE_VERIFICATION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    says=ConcludingVerification,
    unavailable=_nobody_decides,
    when=_its_own_turn,
    settles=True,
)
def conclude_verification(decision: Decision[CorrectionCase], said: ConcludingVerification) -> None:
    """协调核实: the data must be corrected, or is right; without agreement the government decides."""
    rules = decision.case.rules
    ground = rules.last if decision.case.referred else decision.case.coordination_clause
    if said.result == "not_agreed" and (decision.case.referred or rules.last is None):
        raise Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, ground)
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, ground)
    if said.result == "correct":
        decision.stage = Stage.VERIFICATION
    decision.note(EventType.VERIFICATION_CONCLUDED, ground, result=said.result, reason=said.reason)
    decision.meet(ClockId.FINAL_INSTANCE if decision.case.referred else ClockId.COORDINATION)
    if said.result == "correct":
        # The text limits only the answer to a doubt, not the correction after a decision.
        own = decision.case.policy.limit(ClockId.DATA_VERIFICATION)
        decision.order(ClockId.DATA_VERIFICATION, Basis.POLICY, None, own.amount, own.unit, decision.at)
    elif said.result == "not_agreed":
        decision.start(ClockId.FINAL_INSTANCE)
    else:
        decision.close(Outcome.EXPLAINED)


may_be_pushed(RULES)


def on_breach(decision: Decision[CorrectionCase], clock: Clock) -> None:
    """The window closed: nobody disputed the explanation in time."""
    if clock.id is ClockId.DISPUTE_WINDOW:
        decision.close(Outcome.EXPLAINED)


may_be_withdrawn(RULES)
may_be_supervised(RULES)
