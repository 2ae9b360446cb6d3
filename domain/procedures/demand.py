"""Demand (需求申请): data that the catalogue does not have.

It is the department's or not, and can be published or not; once it is, the request may follow with one command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.cases.application import Application, Document, Filed, Party, Resource
from domain.cases.commands import ChangedFields, Reasoned
from domain.cases.common import may_be_urged, may_be_withdrawn, may_lead_to_rectification
from domain.cases.following import follow_with
from domain.cases.procedure import Digests, Procedure, register
from domain.cases.proceeding import Proceeding
from domain.cases.records import Clock, Event, RecordedEvent
from domain.cases.rules import RuleBook
from domain.cases.turn import Refused, Turn
from domain.statutes.sections import DemandRules
from domain.texts import ShortText, Text
from domain.words import (
    ClockId,
    CommandName,
    EventType,
    Outcome,
    ProcedureName,
    RefusalCode,
    Role,
    Stage,
)

OPEN = (Stage.DEMAND_REVIEW, Stage.PUBLICATION, Stage.PUBLISHED)


class Demand(Filed):
    """What is demanded (资源需求): what data, of whom, for what."""

    requester: Party = Party()
    provider: Party = Party()
    description: Text | None = None
    purpose: Text | None = None
    legal_basis: Text | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@dataclass(frozen=True)
class DemandCase(Proceeding):
    """One demand, from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.DEMAND

    application: Demand
    published: Resource | None = None

    @property
    def requester(self) -> Party:
        """Who needs the data (需求部门)."""
        return self.application.requester

    @property
    def provider(self) -> Party:
        """Whose data it is thought to be (资源相关部门)."""
        return self.application.provider

    @property
    def resource(self) -> Resource:
        """What is wanted, until it has an entry in the catalogue."""
        return self.published or Resource(name=(self.application.description or "")[:200] or None)

    def facts_after(self, event: Event | RecordedEvent) -> dict[str, Any]:
        """A published resource has a catalogue entry from then on."""
        if event.type is EventType.RESOURCE_PUBLISHED:
            return {"published": Resource.model_validate(event.data["resource"])}
        return {}


RULES: RuleBook[DemandCase] = RuleBook()


def rules_of(case: DemandCase) -> DemandRules:
    """The text's rules on demands. Raises Refused where it has none."""
    if case.statute.demand is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
    return case.statute.demand


def begin(turn: Turn[DemandCase], digests: Digests) -> None:
    """提交需求申请: both limits of the text run from the day on which the department receives it.

    The month binds whoever publishes, the ten working days whoever must report that this is impossible for now.
    """
    rules, said = rules_of(turn.case), turn.case.application
    missing = [name for name, value in _required(said).items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.clause, fields=", ".join(missing))
    turn.refuse_asking_oneself()
    turn.stage = Stage.DEMAND_REVIEW
    sealed = any(paper.sealed for paper in said.documents)
    findings = ["no_sealed_document"] if rules.sealed_document and not sealed else None
    turn.file(rules.clause, digests, provider=said.provider.code, findings=findings)
    turn.start(ClockId.DEMAND_FEEDBACK)
    turn.start(ClockId.DEMAND_PUBLICATION)


def _required(said: Demand) -> Mapping[str, object]:
    return {
        "requester.code": said.requester.code,
        "requester.name": said.requester.name,
        "provider.code": said.provider.code,
        "provider.name": said.provider.name,
        "description": said.description,
        "purpose": said.purpose,
    }


class Disclaiming(Reasoned):
    """Why the data is not ours, and whose it may be."""

    owner: ShortText | None = None


@RULES.command(CommandName.DISCLAIM, by=[Role.PROVIDER], stages=[Stage.DEMAND_REVIEW], says=Disclaiming)
def disclaim(turn: Turn[DemandCase], said: Disclaiming) -> None:
    """告知: the data does not belong to what this department does."""
    rules = rules_of(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules.not_ours)
    turn.note(EventType.DISCLAIMED, rules.not_ours, reason=said.reason, owner=said.owner)
    turn.keep(ClockId.DEMAND_FEEDBACK)
    turn.close(Outcome.NOT_OURS)


@RULES.command(CommandName.UNDERTAKE, by=[Role.PROVIDER], stages=[Stage.DEMAND_REVIEW], says=Filed)
def undertake(turn: Turn[DemandCase], _: Filed) -> None:
    """确认: it is ours and will be published; the month runs on from the day of receipt."""
    turn.stage = Stage.PUBLICATION
    turn.note(EventType.UNDERTAKEN, rules_of(turn.case).ours)
    turn.keep(ClockId.DEMAND_FEEDBACK)


@RULES.command(
    CommandName.REPORT_IMPOSSIBLE,
    by=[Role.PROVIDER],
    stages=[Stage.DEMAND_REVIEW, Stage.PUBLICATION],
    says=Reasoned,
)
def report_impossible(turn: Turn[DemandCase], said: Reasoned) -> None:
    """反馈并备案: for objective reasons it cannot be published for now; the bureau has it on file."""
    rules = rules_of(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules.impossible)
    missed = _missed_feedback(turn)
    late = turn.missed_after_all(missed) if missed else None
    findings = ["after_the_limit"] if late else None
    turn.note(EventType.IMPOSSIBILITY_REPORTED, rules.impossible, reason=said.reason, findings=findings)
    turn.note(EventType.FILED_FOR_RECORD, rules.record, to=Role.BUREAU.value, reason=said.reason)
    if late:
        turn.kept_late(late)
    turn.keep(ClockId.DEMAND_FEEDBACK)
    turn.close(Outcome.IMPOSSIBLE)


def _missed_feedback(turn: Turn[DemandCase]) -> Clock | None:
    """The limit for saying so, if it had ended by then: in silence, or met by an undertaking that turns out wrong."""
    feedback = [clock for clock in turn.case.clocks.values() if clock.id is ClockId.DEMAND_FEEDBACK]
    return feedback[-1] if feedback and feedback[-1].due_at <= turn.at else None


class Publishing(Filed):
    """The catalogue entry under which the data is published."""

    resource: Resource


@RULES.command(
    CommandName.PUBLISH, by=[Role.PROVIDER], stages=[Stage.DEMAND_REVIEW, Stage.PUBLICATION], says=Publishing
)
def publish(turn: Turn[DemandCase], said: Publishing) -> None:
    """完成资源发布: from now on it may be requested like all other data."""
    rules = rules_of(turn.case)
    fields = {name: getattr(said.resource, name) for name in ("code", "name", "sharing_class")}
    missing = [f"resource.{name}" for name, value in fields.items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.ours, fields=", ".join(missing))
    turn.stage = Stage.PUBLISHED
    entry = said.resource.model_dump(mode="json", exclude_none=True)
    turn.note(EventType.RESOURCE_PUBLISHED, rules.ours, resource=entry)
    turn.keep(ClockId.DEMAND_FEEDBACK)
    turn.keep(ClockId.DEMAND_PUBLICATION)
    turn.start(ClockId.FOLLOW_UP_WINDOW)


class RequestFollowing(ChangedFields):
    """What the request says beyond the demand."""


@RULES.command(CommandName.FILE_REQUEST, by=[Role.REQUESTER], stages=[Stage.PUBLISHED], says=RequestFollowing)
def file_request(turn: Turn[DemandCase], said: RequestFollowing) -> None:
    """提出共享申请: with one command, prepared from the demand."""
    demand, resource = turn.case.application, turn.case.published
    assert resource is not None
    application = Application(
        requester=demand.requester,
        provider=demand.provider,
        resource=resource,
        purpose=demand.purpose,
        scope=demand.description,
        legal_basis=demand.legal_basis,
        documents=demand.documents,
    ).model_copy(update=said.model_dump(exclude_none=True))
    turn.keep(ClockId.FOLLOW_UP_WINDOW)
    follow_with(
        turn,
        ProcedureName.SHARE_REQUEST,
        application.model_dump(mode="json", exclude_none=True),
        rules_of(turn.case).clause,
    )
    turn.close(Outcome.PUBLISHED)


def instead_of_breach(turn: Turn[DemandCase], clock: Clock) -> bool:
    """The ten days end: nobody knows yet whether there was anything to report, so nobody is late. The month runs on."""
    if clock.id is not ClockId.DEMAND_FEEDBACK:
        return False
    turn.drop(clock.id, "nothing_reported")
    return True


def lapse(turn: Turn[DemandCase], clock: Clock) -> None:
    """Nobody asked for what was published: the demand has been met all the same."""
    if clock.id is ClockId.FOLLOW_UP_WINDOW:
        turn.close(Outcome.PUBLISHED)


may_be_withdrawn(RULES, (Stage.DEMAND_REVIEW, Stage.PUBLICATION))
may_be_urged(RULES, OPEN)
may_lead_to_rectification(RULES, OPEN)

DEMAND = register(
    Procedure(
        name=ProcedureName.DEMAND,
        case=DemandCase,
        matter=Demand,
        opened_by=(Role.REQUESTER,),
        begin=begin,
        rules=RULES,
        waits_for={
            Stage.DEMAND_REVIEW: (Role.PROVIDER,),
            Stage.PUBLICATION: (Role.PROVIDER,),
            Stage.PUBLISHED: (Role.REQUESTER,),
        },
        lapse=lapse,
        instead_of_breach=instead_of_breach,
    )
)
