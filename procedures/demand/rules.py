"""Demand (需求申请): data that is not in the catalogue.

The department says whether it is responsible for the data, and whether it can publish it; once it is published, a
request may follow with one command.
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.clocks import ClockId
from domain.engine.commands import ChangedFields, Reasoned
from domain.engine.decision import Decision
from domain.engine.filed import Document, Filed, Party, Resource
from domain.engine.follow_up_cases import open_follow_up
from domain.engine.procedure import Digests
from domain.engine.records import Clock, Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.engine.rules import RuleBook
from domain.field_types import ShortText, Text
from domain.refusal_codes import RefusalCode
from domain.statutes.sections import DemandRules
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.filing import code_and_name, refuse_unless_given
from procedures.common.parties import BetweenTwo
from procedures.common.supervision import may_be_supervised, may_be_withdrawn
from procedures.share_request.application import Application
from procedures.share_request.process import SHARE_REQUEST


class Demand(Filed):
    """The demand (资源需求): which data, of which department, for which purpose."""

    requester: Party = Party()
    provider: Party = Party()
    description: Text | None = None
    purpose: Text | None = None
    legal_basis: Text | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@dataclass(frozen=True)
class DemandCase(BetweenTwo, RuledCase[DemandRules]):
    """One demand, from filing to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.DEMAND

    application: Demand
    published: Resource | None = None

    @property
    def resource(self) -> Resource:
        """The data demanded; the catalogue entry once there is one."""
        return self.published or Resource(name=(self.application.description or "")[:200] or None)

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates the resource: once published it has a catalogue entry."""
        if event.type is EventType.RESOURCE_PUBLISHED:
            return {"published": Resource.model_validate(event.data["resource"])}
        return {}


RULES: RuleBook[DemandCase] = RuleBook()


def begin(decision: Decision[DemandCase], digests: Digests) -> None:
    """提交需求申请: both limits of the text run from the day on which the department receives it.

    One month is for publishing, ten working days for reporting that publishing is impossible for now.
    """
    rules, said = decision.case.rules, decision.case.application
    named = code_and_name(requester=said.requester, provider=said.provider)
    refuse_unless_given({**named, "description": said.description, "purpose": said.purpose}, rules.clause)
    decision.refuse_asking_oneself()
    decision.stage = Stage.DEMAND_REVIEW
    sealed = any(paper.sealed for paper in said.documents)
    findings = ["no_sealed_document"] if rules.sealed_document and not sealed else None
    decision.file(rules.clause, digests, provider=said.provider.code, findings=findings)
    decision.start(ClockId.DEMAND_FEEDBACK)
    decision.start(ClockId.DEMAND_PUBLICATION)


class Disclaiming(Reasoned):
    """Why the department is not responsible for the data, and who may be."""

    owner: ShortText | None = None


@RULES.command(CommandName.DISCLAIM, by=[Role.PROVIDER], says=Disclaiming)
def disclaim(decision: Decision[DemandCase], said: Disclaiming) -> None:
    """告知: the department is not responsible for the data."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.not_ours)
    decision.note(EventType.DISCLAIMED, rules.not_ours, reason=said.reason, owner=said.owner)
    decision.meet(ClockId.DEMAND_FEEDBACK)
    decision.close(Outcome.NOT_OURS)


@RULES.command(CommandName.UNDERTAKE, by=[Role.PROVIDER], says=Filed)
def undertake(decision: Decision[DemandCase], _: Filed) -> None:
    """确认: the department will publish the data; the month continues to run from the day of receipt."""
    decision.stage = Stage.PUBLICATION
    decision.note(EventType.UNDERTAKEN, decision.case.rules.ours)
    decision.meet(ClockId.DEMAND_FEEDBACK)


@RULES.command(
    CommandName.REPORT_IMPOSSIBLE,
    by=[Role.PROVIDER],
    says=Reasoned,
)
def report_impossible(decision: Decision[DemandCase], said: Reasoned) -> None:
    """反馈并备案: for objective reasons it cannot be published for now; filed with the bureau."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.impossible)
    missed = _missed_feedback(decision)
    late = decision.missed_after_all(missed) if missed else None
    findings = ["after_the_limit"] if late else None
    decision.note(EventType.IMPOSSIBILITY_REPORTED, rules.impossible, reason=said.reason, findings=findings)
    decision.note(EventType.FILED_FOR_RECORD, rules.record, to=Role.BUREAU.value, reason=said.reason)
    if late:
        decision.met_late(late)
    decision.meet(ClockId.DEMAND_FEEDBACK)
    decision.close(Outcome.IMPOSSIBLE)


def _missed_feedback(decision: Decision[DemandCase]) -> Clock | None:
    """The limit for the report, if it ended before: without any answer, or met by an undertaking that proved wrong."""
    feedback = [clock for clock in decision.case.clocks.values() if clock.id is ClockId.DEMAND_FEEDBACK]
    return feedback[-1] if feedback and feedback[-1].due_at <= decision.at else None


class Publishing(Filed):
    """The catalogue entry under which the data is published."""

    resource: Resource


@RULES.command(CommandName.PUBLISH, by=[Role.PROVIDER], says=Publishing)
def publish(decision: Decision[DemandCase], said: Publishing) -> None:
    """完成资源发布: from now on the data can be requested like any other."""
    rules = decision.case.rules
    entry_of = code_and_name(resource=said.resource)
    refuse_unless_given({**entry_of, "resource.sharing_class": said.resource.sharing_class}, rules.ours)
    decision.stage = Stage.PUBLISHED
    entry = said.resource.model_dump(mode="json", exclude_none=True)
    decision.note(EventType.RESOURCE_PUBLISHED, rules.ours, resource=entry)
    decision.meet(ClockId.DEMAND_FEEDBACK)
    decision.meet(ClockId.DEMAND_PUBLICATION)
    decision.start(ClockId.FOLLOW_UP_WINDOW)


class RequestFollowing(ChangedFields):
    """The fields of the request in addition to those of the demand."""


@RULES.command(CommandName.FILE_REQUEST, by=[Role.REQUESTER], says=RequestFollowing)
def file_request(decision: Decision[DemandCase], said: RequestFollowing) -> None:
    """提出共享申请: a share request prepared from the demand, with one command."""
    demand, resource = decision.case.application, decision.case.published
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
    decision.meet(ClockId.FOLLOW_UP_WINDOW)
    open_follow_up(
        decision,
        SHARE_REQUEST,
        application.model_dump(mode="json", exclude_none=True),
        decision.case.rules.clause,
    )
    decision.close(Outcome.PUBLISHED)


def on_expiry(decision: Decision[DemandCase], clock: Clock) -> bool:
    """The end of the ten days is not a breach, as there may be nothing to report; the month continues to run."""
    if clock.id is not ClockId.DEMAND_FEEDBACK:
        return False
    decision.cancel(clock.id, "nothing_reported")
    return True


def on_breach(decision: Decision[DemandCase], clock: Clock) -> None:
    """The window closed: nobody requested the data, but the demand has been met."""
    if clock.id is ClockId.FOLLOW_UP_WINDOW:
        decision.close(Outcome.PUBLISHED)


may_be_withdrawn(RULES)
may_be_supervised(RULES)
