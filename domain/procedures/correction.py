"""Data correction (数据校核): a department doubts data that it was given, and the provider verifies it.

The data was wrong and is corrected, or it was right and that is explained. While it runs, citizens' matters go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from domain.calendar import day_of
from domain.calendar.regulation import packaged_horizon
from domain.cases.application import Document, Filed, Party, Resource
from domain.cases.commands import Nothing, Reasoned
from domain.cases.common import may_be_urged, may_be_withdrawn, may_lead_to_rectification
from domain.cases.instances import Disputable
from domain.cases.procedure import Digests, Procedure, register
from domain.cases.records import Clock, Event, RecordedEvent
from domain.cases.rules import RuleBook
from domain.cases.turn import PLATFORM, Refused, Turn
from domain.procedures.correction_negotiation import may_fail_at_the_table, negotiate
from domain.procedures.correction_push import may_be_pushed
from domain.statutes.model import Clause, Statute
from domain.statutes.sections import CorrectionRules
from domain.texts import SAYING, Code, Day, ItemCount, Text, Truth
from domain.words import Basis, ClockId, CommandName, EventType, Outcome, ProcedureName, RefusalCode, Role, Stage

OPEN = (Stage.VERIFICATION, Stage.EXPLAINED, Stage.NEGOTIATION, Stage.VERIFICATION_DISPUTE, Stage.PUSH)
FIRST_DAY: date = packaged_horizon().first
"""The first day that the calendar can count from; read once, when imported."""
UNDER_VERIFICATION = (Stage.VERIFICATION, Stage.NEGOTIATION, Stage.VERIFICATION_DISPUTE)

Records = Annotated[tuple[Text, ...], Field(max_length=200), SAYING]


class Correction(Filed):
    """What is doubted (疑义、错误数据): which data of whom, and what is wrong with it.

    ``grant`` is the access grant or the request from which the data came. ``affects_citizens``: matters of citizens
    or enterprises are decided with it. ``authorized_users`` must have the new data besides the holders of open grants.
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
class CorrectionCase(Disputable):
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
    def requester(self) -> Party:
        """Who doubts the data (使用部门)."""
        return self.application.requester

    @property
    def provider(self) -> Party:
        """Whose data it is (提供部门)."""
        return self.application.provider

    @property
    def resource(self) -> Resource:
        """The resource whose data is doubted."""
        return self.application.resource

    @property
    def coordination_clause(self) -> Clause | None:
        """The clause on whoever finds out when the departments differ."""
        above, rules = self.coordinator_above, self.statute.correction
        return above.clause if above and rules and rules.dispute else rules.dispute if rules else None

    @property
    def citizens_protected(self) -> bool:
        """Whether the text lets citizens' matters go on, and there are such matters."""
        rules = self.statute.correction
        return rules is not None and rules.matters_continue is not None and self.application.affects_citizens

    def said_meanwhile(self, stage: Stage) -> Mapping[str, Any]:
        """While the data is verified, everything that is told says that citizens' matters go on (照常办理)."""
        return {"matters_continue": True} if self.citizens_protected and stage in UNDER_VERIFICATION else {}

    def facts_after(self, event: Event | RecordedEvent) -> dict[str, Any]:
        """How a dispute about the verification ended."""
        if event.type is EventType.VERIFICATION_CONCLUDED:
            result = event.data["result"]
            last = event.actor.role is Role.GOVERNMENT
            return {"must_correct": result == "correct", "referred": result == "not_agreed", "by_government": last}
        return {}


RULES: RuleBook[CorrectionCase] = RuleBook()


def rules_of(case: CorrectionCase) -> CorrectionRules:
    """The text's rules on doubted data. Raises Refused where it has none."""
    if case.statute.correction is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
    return case.statute.correction


def begin(turn: Turn[CorrectionCase], digests: Digests) -> None:
    """提出疑义: the provider verifies the data within the text's limit, or the operator's where it says 及时.

    Where the text limits how soon whoever compares must tell the other side, the filing is that act (向对方反馈).
    """
    rules, said = rules_of(turn.case), turn.case.application
    missing = [name for name, value in _required(said).items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.clause, fields=", ".join(missing))
    turn.refuse_asking_oneself()
    found_on = said.found_on.isoformat() if said.found_on else None
    if said.found_on is not None:
        _refuse_unless_past(turn, said.found_on, rules)
    turn.stage = Stage.VERIFICATION
    turn.file(rules.clause, digests, provider=said.provider.code, grant=said.grant, found_on=found_on)
    if said.found_on is not None:
        turn.done_by_now(ClockId.DIFFERENCE_FEEDBACK, said.found_on)
    _matters_continue(turn)
    turn.start(ClockId.DATA_VERIFICATION)


def _refuse_unless_past(turn: Turn[CorrectionCase], found_on: date, rules: CorrectionRules) -> None:
    """Nothing was found tomorrow, nor before any day that can be counted from. Raises Refused."""
    today = day_of(turn.at)
    if not FIRST_DAY <= found_on <= today:
        days = {"first": FIRST_DAY.isoformat(), "last": today.isoformat()}
        raise Refused(RefusalCode.DAY_OUT_OF_RANGE, rules.clause, field="found_on", **days)


def _required(said: Correction) -> Mapping[str, object]:
    return {
        "requester.code": said.requester.code,
        "requester.name": said.requester.name,
        "provider.code": said.provider.code,
        "provider.name": said.provider.name,
        "resource.code": said.resource.code,
        "resource.name": said.resource.name,
        "doubt": said.doubt,
    }


def _matters_continue(turn: Turn[CorrectionCase]) -> None:
    """照常办理: the units that accept citizens' matters are told, until the verification ends."""
    if turn.case.citizens_protected:
        turn.note(
            EventType.MATTERS_CONTINUE,
            rules_of(turn.case).matters_continue,
            actor=PLATFORM,
            to=[_party(turn.case.requester), *map(_party, turn.case.application.authorized_users)],
            provided="lawful_proof",
            until="end_of_verification",
        )


def _party(party: Party) -> dict[str, Any]:
    return party.model_dump(mode="json", exclude_none=True)


class Correcting(Filed):
    """What was put right, and which or how many records changed."""

    correction: Text | None = None
    changed_records: Records | ItemCount | None = None


def _why_correct(case: CorrectionCase, rules: CorrectionRules) -> Clause | None:
    """The text's duty to correct what is doubted; after a decision, the clause under which that was taken."""
    if case.must_correct:
        return rules.last if case.by_government else case.coordination_clause
    return rules.correct or rules.verify


@RULES.command(CommandName.CORRECT, by=[Role.PROVIDER], stages=[Stage.VERIFICATION, Stage.NEGOTIATION], says=Correcting)
def correct(turn: Turn[CorrectionCase], said: Correcting) -> None:
    """更正: the data was wrong and is right now; who doubted it is told, and where the text says so the bureau."""
    rules = rules_of(turn.case)
    ground = _why_correct(turn.case, rules)
    turn.require(said.correction, RefusalCode.APPLICATION_INCOMPLETE, ground, fields="correction")
    turn.stage = Stage.PUSH if rules.push else Stage.CLOSED
    changed = list(said.changed_records) if isinstance(said.changed_records, tuple) else said.changed_records
    turn.note(
        EventType.CORRECTED,
        ground,
        correction=said.correction,
        changed_records=changed or None,
        to=_party(turn.case.requester),
    )
    turn.keep(ClockId.DATA_VERIFICATION)
    turn.keep(ClockId.NEGOTIATION)
    if rules.tell_bureau:
        turn.note(EventType.BUREAU_TOLD, rules.tell_bureau, to=Role.BUREAU.value, correction=said.correction)
    if rules.push:
        turn.start(ClockId.DATA_PUSH)
    else:
        turn.close(Outcome.CORRECTED)


def _not_decided_otherwise(case: CorrectionCase, _: Role) -> None:
    if case.must_correct:
        raise Refused(RefusalCode.WRONG_STAGE, rules_of(case).dispute)


@RULES.command(
    CommandName.EXPLAIN, by=[Role.PROVIDER], stages=[Stage.VERIFICATION], says=Reasoned, when=_not_decided_otherwise
)
def explain(turn: Turn[CorrectionCase], said: Reasoned) -> None:
    """核实说明: the data is right, and why. Not open to a provider that has been told to correct it."""
    verify = rules_of(turn.case).verify
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, verify)
    turn.stage = Stage.EXPLAINED
    turn.note(EventType.EXPLAINED, verify, reason=said.reason, to=_party(turn.case.requester))
    turn.keep(ClockId.DATA_VERIFICATION)
    turn.start(ClockId.DISPUTE_WINDOW)


@RULES.command(
    CommandName.ACCEPT_EXPLANATION, by=[Role.REQUESTER], stages=[Stage.EXPLAINED, Stage.NEGOTIATION], says=Nothing
)
def accept_explanation(turn: Turn[CorrectionCase], _: Nothing) -> None:
    """接受说明: the doubt is gone."""
    turn.note(EventType.EXPLANATION_ACCEPTED)
    turn.keep(ClockId.DISPUTE_WINDOW)
    turn.keep(ClockId.NEGOTIATION)
    turn.close(Outcome.EXPLAINED)


def _nobody_decides(case: CorrectionCase) -> Refused | None:
    rules = rules_of(case)
    return None if rules.dispute else Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, rules.clause)


def _no_road(case: CorrectionCase) -> Refused | None:
    rules = rules_of(case)
    return None if rules.dispute or rules.negotiate else Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, rules.clause)


class DisputingExplanation(Reasoned):
    """Why the data is wrong all the same, and how the two departments negotiated about it."""

    negotiation: Text | None = None


@RULES.command(
    CommandName.DISPUTE_EXPLANATION,
    by=[Role.REQUESTER],
    stages=[Stage.EXPLAINED],
    says=DisputingExplanation,
    unavailable=_no_road,
)
def dispute_explanation(turn: Turn[CorrectionCase], said: DisputingExplanation) -> None:
    """提请协调核实: the departments differ; whom the text names finds out. Where it names nobody they negotiate."""
    rules, clause = rules_of(turn.case), turn.case.coordination_clause
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause or rules.negotiate)
    if rules.dispute is None:
        negotiate(turn, said.reason)
        return
    if rules.negotiate:
        turn.require(said.negotiation, RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate)
    turn.stage = Stage.VERIFICATION_DISPUTE
    body = turn.case.coordinator_above or turn.case.statute.bodies[Role.BUREAU]
    turn.note(
        EventType.EXPLANATION_DISPUTED,
        clause,
        reason=said.reason,
        negotiation=said.negotiation,
        body=body.name.zh,
        superior=turn.case.superior,
    )
    turn.keep(ClockId.DISPUTE_WINDOW)
    _matters_continue(turn)
    turn.start(ClockId.COORDINATION)


may_fail_at_the_table(RULES)


class ConcludingVerification(Reasoned):
    """Whether the data must be corrected or stands; the bureau may also find no agreement."""

    result: Literal["correct", "stands", "not_agreed"]


def _its_own_turn(case: CorrectionCase, role: Role) -> None:
    if role is not (Role.GOVERNMENT if case.referred else Role.BUREAU):
        raise Refused(RefusalCode.NOT_YOUR_TURN)


@RULES.command(
    CommandName.CONCLUDE_VERIFICATION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    stages=[Stage.VERIFICATION_DISPUTE],
    says=ConcludingVerification,
    unavailable=_nobody_decides,
    when=_its_own_turn,
    settles=True,
)
def conclude_verification(turn: Turn[CorrectionCase], said: ConcludingVerification) -> None:
    """协调核实: the data is wrong and must be corrected, or it stands; without agreement the government decides."""
    rules = rules_of(turn.case)
    ground = rules.last if turn.case.referred else turn.case.coordination_clause
    if said.result == "not_agreed" and (turn.case.referred or rules.last is None):
        raise Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, ground)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, ground)
    if said.result == "correct":
        turn.stage = Stage.VERIFICATION
    turn.note(EventType.VERIFICATION_CONCLUDED, ground, result=said.result, reason=said.reason)
    turn.keep(ClockId.FINAL_INSTANCE if turn.case.referred else ClockId.COORDINATION)
    if said.result == "correct":
        # The text limits the answer to a doubt. How long the work after a decision may take it does not say.
        own = turn.case.policy.limit(ClockId.DATA_VERIFICATION)
        turn.order(ClockId.DATA_VERIFICATION, Basis.POLICY, None, own.amount, own.unit, turn.at)
    elif said.result == "not_agreed":
        turn.start(ClockId.FINAL_INSTANCE)
    else:
        turn.close(Outcome.EXPLAINED)


may_be_pushed(RULES)


def lapse(turn: Turn[CorrectionCase], clock: Clock) -> None:
    """Nobody disputed the explanation in time."""
    if clock.id is ClockId.DISPUTE_WINDOW:
        turn.close(Outcome.EXPLAINED)


def waits_under(statute: Statute, stage: Stage) -> Sequence[Role] | None:
    """Who pushes, and whether the government may have to speak, is for the text."""
    rules = statute.correction
    if rules is not None and rules.push is not None and stage is Stage.PUSH:
        return (rules.push.by,)
    if rules is not None and stage is Stage.NEGOTIATION:
        return statute.negotiation.parties
    if rules is not None and stage is Stage.VERIFICATION_DISPUTE and rules.last:
        return (Role.BUREAU, Role.GOVERNMENT)
    return None


may_be_withdrawn(RULES, (Stage.VERIFICATION, Stage.EXPLAINED, Stage.NEGOTIATION, Stage.VERIFICATION_DISPUTE))
may_be_urged(RULES, OPEN)
may_lead_to_rectification(RULES, OPEN)

DATA_CORRECTION = register(
    Procedure(
        name=ProcedureName.DATA_CORRECTION,
        case=CorrectionCase,
        matter=Correction,
        opened_by=(Role.REQUESTER,),
        begin=begin,
        rules=RULES,
        waits_for={
            Stage.VERIFICATION: (Role.PROVIDER,),
            Stage.EXPLAINED: (Role.REQUESTER,),
            Stage.NEGOTIATION: (Role.REQUESTER, Role.PROVIDER),
            Stage.VERIFICATION_DISPUTE: (Role.BUREAU,),
            Stage.PUSH: (Role.PROVIDER,),
        },
        lapse=lapse,
        waits_under=waits_under,
    )
)
