"""Rectification (督促整改): a notice with its own limit, its completion, and the next step of the text when it fails.

What may be ordered, by whom, and what follows is all data of the text (``rectification`` in a statute's file).
"""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from domain.cases.application import Document, Filed, Party, Resource
from domain.cases.commands import Nothing, Reasoned
from domain.cases.common import may_be_urged
from domain.cases.procedure import Digests, Procedure, register
from domain.cases.proceeding import Proceeding
from domain.cases.records import Event, RecordedEvent
from domain.cases.rules import RuleBook
from domain.cases.turn import Refused, Turn
from domain.statutes.model import Clause
from domain.statutes.sections import EscalationStep, Ground, RectificationRules
from domain.texts import Code, ItemCount, ShortText, Text, WorkingDays
from domain.words import ClockId, CommandName, EventType, Outcome, ProcedureName, RefusalCode, Role, Stage

OPEN = (Stage.RECTIFYING, Stage.RECTIFICATION_REVIEW, Stage.ESCALATED)
ADDRESSEE = (Role.PROVIDER, Role.REQUESTER, Role.BUREAU)
"""Who may be told to rectify: a department in either capacity, or the bureau itself."""


class Origin(Filed):
    """The case and the missed limit, by its number, that the notice comes from."""

    request_id: Code | None = None
    clock: ItemCount | None = None


class Notice(Filed):
    """A notice of rectification (整改通知): to whom, on which ground of the text, on what facts, within what limit."""

    department: Party = Party()
    ground: ShortText | None = None
    facts: Text | None = None
    working_days: WorkingDays | None = None
    origin: Origin | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@dataclass(frozen=True)
class RectificationCase(Proceeding):
    """One notice of rectification, to its end."""

    procedure: ClassVar[ProcedureName] = ProcedureName.RECTIFICATION

    application: Notice
    failed: bool = False
    """The limit has passed, or the completion was rejected without another one."""
    steps: tuple[str, ...] = ()
    """The further steps that were taken."""

    @property
    def requester(self) -> Party:
        """The department that must rectify, in whatever capacity it was at fault."""
        return self.application.department

    @property
    def provider(self) -> Party:
        """The same department."""
        return self.application.department

    @property
    def resource(self) -> Resource:
        """The ground, as the text names it."""
        rules = self.statute.rectification
        ground = rules.ground(self.application.ground or "") if rules else None
        return Resource(name=ground.name.zh if ground else None)

    def facts_after(self, event: Event | RecordedEvent) -> dict[str, Any]:
        """Whether the rectification has failed, and which steps were taken."""
        match event.type:
            case EventType.CLOCK_BREACHED if event.data["clock"] == ClockId.RECTIFICATION:
                return {"failed": True}
            case EventType.COMPLETION_REJECTED:
                return {"failed": event.data.get("working_days") is None}
            case EventType.ESCALATED:
                return {"steps": (*self.steps, event.data["step"])}
            case _:
                return {}


RULES: RuleBook[RectificationCase] = RuleBook()


def rules_of(case: RectificationCase) -> RectificationRules:
    """The text's rules on rectification. Raises Refused where it has none."""
    if case.statute.rectification is None:
        raise Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE)
    return case.statute.rectification


def ground_of(case: RectificationCase) -> Ground:
    """The ground of the notice. Raises Refused, naming those of the text, when the text does not list it."""
    rules = rules_of(case)
    ground = rules.ground(case.application.ground or "")
    if ground is None:
        listed = ", ".join(each.id for each in rules.grounds)
        raise Refused(RefusalCode.GROUND_NOT_LISTED, rules.clause, listed=listed)
    return ground


def notice_clause(case: RectificationCase) -> Clause:
    """The clause that lets this rectification be ordered."""
    return ground_of(case).notice or rules_of(case).clause


def in_charge(case: RectificationCase) -> Role:
    """Who ordered it: the bureau, or the government where the bureau itself is at fault."""
    return rules_of(case).orders(ground_of(case))


def begin(turn: Turn[RectificationCase], digests: Digests) -> None:
    """通知整改: the limit of the notice runs from the day of the notice."""
    case, said = turn.case, turn.case.application
    rules = rules_of(case)
    missing = [f"department.{name}" for name in ("code", "name") if not getattr(said.department, name)]
    if not said.ground:
        missing.append("ground")
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.clause, fields=", ".join(missing))
    ground, clause = ground_of(case), notice_clause(case)
    if turn.actor.role not in (in_charge(case), Role.PLATFORM):
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)
    turn.require(said.facts, RefusalCode.REASON_REQUIRED, clause)
    turn.require(said.working_days, RefusalCode.LIMIT_REQUIRED, clause)
    turn.stage = Stage.RECTIFYING
    origin = said.origin.model_dump(mode="json", exclude_none=True) if said.origin else None
    turn.file(
        ground.clause,
        digests,
        provider=said.department.code,
        ground=ground.id,
        facts=said.facts,
        working_days=said.working_days,
        origin=origin,
    )
    turn.start_within(ClockId.RECTIFICATION, said.working_days or 0, clause)


# Completion (整改完成)


def _told_to_rectify(case: RectificationCase, role: Role) -> None:
    """The bureau reports where it is the one that must rectify, and there nobody else does."""
    if (role is Role.BUREAU) != (in_charge(case) is Role.GOVERNMENT):
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))


def _ordered_it(case: RectificationCase, role: Role) -> None:
    if role is not in_charge(case):
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))


class Completion(Filed):
    """What was done to put it right."""

    measures: Text | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@RULES.command(
    CommandName.REPORT_COMPLETION,
    by=ADDRESSEE,
    stages=[Stage.RECTIFYING, Stage.ESCALATED],
    says=Completion,
    when=_told_to_rectify,
)
def report_completion(turn: Turn[RectificationCase], said: Completion) -> None:
    """报告整改: what was done; whoever ordered it reviews that. A case that went further stays with its organ."""
    clause = notice_clause(turn.case)
    turn.require(said.measures, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="measures")
    escalated = turn.case.stage is Stage.ESCALATED
    turn.stage = Stage.ESCALATED if escalated else Stage.RECTIFICATION_REVIEW
    papers = [paper.model_dump(mode="json", exclude_none=True) for paper in said.documents]
    turn.note(EventType.COMPLETION_REPORTED, clause, measures=said.measures, documents=papers or None)
    turn.keep(ClockId.RECTIFICATION)
    if not escalated:
        turn.start(ClockId.RECTIFICATION_REVIEW)


@RULES.command(
    CommandName.ACCEPT_COMPLETION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    stages=[Stage.RECTIFICATION_REVIEW],
    says=Nothing,
    when=_ordered_it,
)
def accept_completion(turn: Turn[RectificationCase], _: Nothing) -> None:
    """验收通过: what the notice asked for is done."""
    turn.note(EventType.COMPLETION_ACCEPTED, notice_clause(turn.case))
    turn.keep(ClockId.RECTIFICATION_REVIEW)
    turn.close(Outcome.RECTIFIED)


class Rejection(Reasoned):
    """Why it is not done, and within how many working days it must be, if another limit is given."""

    working_days: WorkingDays | None = None


@RULES.command(
    CommandName.REJECT_COMPLETION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    stages=[Stage.RECTIFICATION_REVIEW],
    says=Rejection,
    when=_ordered_it,
)
def reject_completion(turn: Turn[RectificationCase], said: Rejection) -> None:
    """验收不通过: a new limit begins, or, when none is given, the rectification has failed."""
    clause = notice_clause(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    turn.stage = Stage.RECTIFYING
    turn.note(EventType.COMPLETION_REJECTED, clause, reason=said.reason, working_days=said.working_days)
    turn.keep(ClockId.RECTIFICATION_REVIEW)
    if said.working_days is not None:
        turn.start_within(ClockId.RECTIFICATION, said.working_days, clause)


# Further steps (上报, 通报, 问责)


class Escalation(Reasoned):
    """Why it goes further; what is serious about it; which step, where one that the text leaves open is meant."""

    serious: Text | None = None
    step: ShortText | None = None


def steps_left(case: RectificationCase) -> list[EscalationStep]:
    """The steps of the text that were not taken yet, in its order."""
    return [step for step in rules_of(case).steps_for(ground_of(case)) if step.id not in case.steps]


def steps_open(case: RectificationCase) -> list[EscalationStep]:
    """The steps that may come now: the next of each text, for neither waits for the other's, and the optional ones."""
    left = steps_left(case)
    next_of_each = {step.clause.statute: step for step in reversed(left)}
    return [step for step in left if step.optional or step is next_of_each[step.clause.statute]]


def _may_go_further(case: RectificationCase, role: Role) -> None:
    _ordered_it(case, role)
    may_come = steps_open(case)
    if not may_come:
        raise Refused(RefusalCode.NO_FURTHER_STEP, notice_clause(case))
    if not case.failed and all(step.when == "not_rectified" for step in may_come):
        raise Refused(RefusalCode.RECTIFICATION_MUST_FAIL_FIRST, may_come[0].clause)


def _next_step(case: RectificationCase, said: Escalation) -> EscalationStep:
    """The step meant: the first that may come, or the named one of those. Raises Refused."""
    may_come = steps_open(case)
    named = next((step for step in may_come if said.step in (None, step.id)), None)
    if named is None:
        raise Refused(RefusalCode.NO_FURTHER_STEP, notice_clause(case), why="step_not_next")
    return named


@RULES.command(
    CommandName.ESCALATE,
    by=[Role.BUREAU, Role.GOVERNMENT],
    stages=OPEN,
    says=Escalation,
    when=_may_go_further,
)
def escalate(turn: Turn[RectificationCase], said: Escalation) -> None:
    """上报、通报、提请问责: the next step of the text, after a failure or where the text says so for serious cases."""
    step = _next_step(turn.case, said)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, step.clause)
    if step.when == "serious":
        turn.require(said.serious, RefusalCode.SERIOUSNESS_REQUIRED, step.clause)
    elif step.when != "any" and not (turn.case.failed or (step.when == "either" and said.serious)):
        raise Refused(RefusalCode.RECTIFICATION_MUST_FAIL_FIRST, step.clause)
    turn.stage = Stage.ESCALATED
    body = turn.case.statute.bodies.get(step.to) if step.to else None
    turn.note(
        EventType.ESCALATED,
        step.clause,
        step=step.id,
        measure=step.name.zh,
        to=step.to.value if step.to else None,
        body=body.name.zh if body else None,
        reason=said.reason,
        serious=said.serious,
    )
    turn.drop(ClockId.RECTIFICATION_REVIEW)
    turn.drop(ClockId.FINAL_INSTANCE)
    turn.start(ClockId.FINAL_INSTANCE)


def _an_organ_of_its_steps(case: RectificationCase, role: Role) -> None:
    """Whoever ordered it, and every organ that it went to."""
    organs = {step.to for step in rules_of(case).steps if step.id in case.steps}
    if role is not in_charge(case) and role not in organs:
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))


class Conclusion(Reasoned):
    """How it ended: put right after all, or in the hands of those who hold people to account."""

    result: Literal["rectified", "handed_over"]


@RULES.command(
    CommandName.CONCLUDE_RECTIFICATION,
    by=[Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT],
    stages=[Stage.ESCALATED],
    says=Conclusion,
    when=_an_organ_of_its_steps,
)
def conclude_rectification(turn: Turn[RectificationCase], said: Conclusion) -> None:
    """整改办结: after a further step, by the organ it went to or by whoever ordered it."""
    last = next(step for step in rules_of(turn.case).steps if step.id == turn.case.steps[-1])
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, last.clause)
    turn.note(EventType.RECTIFICATION_CONCLUDED, last.clause, result=said.result, reason=said.reason)
    turn.keep(ClockId.FINAL_INSTANCE)
    if said.result == "rectified":
        turn.keep(ClockId.RECTIFICATION)
    turn.close(Outcome(said.result))


may_be_urged(RULES, OPEN)

RECTIFICATION = register(
    Procedure(
        name=ProcedureName.RECTIFICATION,
        case=RectificationCase,
        matter=Notice,
        opened_by=(Role.BUREAU, Role.GOVERNMENT),
        begin=begin,
        rules=RULES,
        waits_for={
            Stage.RECTIFYING: (Role.PROVIDER,),
            Stage.RECTIFICATION_REVIEW: (Role.BUREAU,),
            Stage.ESCALATED: (Role.LEADING_GROUP, Role.GOVERNMENT, Role.BUREAU),
        },
    )
)
