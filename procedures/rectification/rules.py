"""Rectification (督促整改): a notice with its own limit, its completion, and the text's next step if it fails.

What may be ordered, by whom, and what follows is data of the statute (``rectification`` in its file).
"""

from typing import Annotated, Any

from pydantic import Field

from domain.access import place_of
from domain.clocks import ClockId
from domain.codes import same_code
from domain.engine.case_found import CaseFound
from domain.engine.commands import Nothing, Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Document, Filed
from domain.engine.procedure import Digests
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.field_types import Text, WorkingDays
from domain.naming import procedure_of_id
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.filing import code_and_name, refuse_unless_given
from procedures.common.supervision import may_be_urged
from procedures.rectification.case import (
    ADDRESSEE,
    Notice,
    RectificationCase,
    concerns_the_bureau,
    ground_of,
    in_charge,
    notice_clause,
    ordered_it,
)

RULES: RuleBook[RectificationCase] = RuleBook()
"""The commands of the notice and its completion."""


def begin(decision: Decision[RectificationCase], digests: Digests) -> None:
    """通知整改: the limit of the notice runs from the day of the notice."""
    case, said = decision.case, decision.case.application
    rules = case.rules
    refuse_unless_given({**code_and_name(department=said.department), "ground": said.ground}, rules.clause)
    ground, clause = ground_of(case), notice_clause(case)
    if decision.actor.role not in (in_charge(case), Role.PLATFORM):
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)
    _refuse_another_superior(decision)
    decision.require(said.facts, RefusalCode.REASON_REQUIRED, clause)
    decision.require(said.working_days, RefusalCode.LIMIT_REQUIRED, clause)
    if case.origin_found is False and said.origin is not None:
        raise Refused(RefusalCode.ORIGIN_NOT_FOUND, clause, origin=said.origin.request_id or "")
    decision.stage = Stage.RECTIFYING
    origin = said.origin.model_dump(mode="json", exclude_none=True) if said.origin else None
    decision.file(
        ground.clause,
        digests,
        provider=said.department.code,
        ground=ground.id,
        facts=said.facts,
        working_days=said.working_days,
        origin=origin,
        superior=case.superior,
    )
    decision.start_within(ClockId.RECTIFICATION, said.working_days or 0, clause)


def _refuse_another_superior(decision: Decision[RectificationCase]) -> None:
    """Only a bureau may be ordered by one of the level above, and by no organ of its own place. Raises Refused."""
    case, clause = decision.case, notice_clause(decision.case)
    if case.superior is None:
        return
    if not ground_of(case).or_superior:
        raise Refused(RefusalCode.INSTANCE_NOT_AVAILABLE, clause)
    if case.superior == place_of(case.statute.id):
        raise Refused(RefusalCode.NOT_YOUR_TURN, clause)


def origin_is_there(notice: Notice, place: str, found: CaseFound | None) -> bool:
    """Whether a notice's origin exists: a case of the place and the department, with the named missed limit.

    Limits set by the operator do not count, because they are no ground for a notice.
    """
    if found is None or place_of(found.statute) != place:
        return False
    if not any(same_code(notice.department.code, code) for code in (found.requester, found.provider)):
        return False
    number = notice.origin.clock if notice.origin else None
    return number is None or number in found.missed


def _tell_the_grant(decision: Decision[RectificationCase], what: str, **said: Any) -> None:
    """Tell the grant that was suspended with this notice; whether it may be terminated depends on that."""
    origin = decision.case.application.origin
    grant = origin.request_id if origin else None
    if grant and decision.by_case is None and procedure_of_id(grant) is ProcedureName.ACCESS_GRANT:
        fields = {"rectification": decision.case.request_id, "what": what, **said}
        decision.tell_other(grant, CommandName.NOTE_RECTIFICATION, fields)


# Completion (整改完成)


def _told_to_rectify(case: RectificationCase, role: Role) -> None:
    """Raises Refused unless the actor is the one who must rectify: the department or, as addressee, the bureau."""
    if (role is Role.BUREAU) != concerns_the_bureau(case):
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))


class Completion(Filed):
    """What was done to rectify."""

    measures: Text | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()


@RULES.command(
    CommandName.REPORT_COMPLETION,
    by=ADDRESSEE,
    says=Completion,
    when=_told_to_rectify,
)
def report_completion(decision: Decision[RectificationCase], said: Completion) -> None:
    """报告整改: what was done, to be reviewed by whoever ordered it. An escalated case stays with its organ."""
    clause = notice_clause(decision.case)
    decision.require(said.measures, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="measures")
    escalated = decision.case.stage is Stage.ESCALATED
    decision.stage = Stage.ESCALATED if escalated else Stage.RECTIFICATION_REVIEW
    papers = [paper.model_dump(mode="json", exclude_none=True) for paper in said.documents]
    decision.note(EventType.COMPLETION_REPORTED, clause, measures=said.measures, documents=papers or None)
    decision.meet(ClockId.RECTIFICATION)
    if not escalated:
        decision.start(ClockId.RECTIFICATION_REVIEW)
        _tell_the_grant(decision, "reported", failed=decision.case.failed)


def _not_refused_yet(case: RectificationCase, role: Role) -> None:
    _told_to_rectify(case, role)
    if case.refused:
        raise Refused(RefusalCode.WRONG_STAGE, notice_clause(case), why="already_refused")


@RULES.command(CommandName.REFUSE_RECTIFICATION, by=ADDRESSEE, says=Reasoned, when=_not_refused_yet)
def refuse_rectification(decision: Decision[RectificationCase], said: Reasoned) -> None:
    """拒不整改: the department refuses to rectify, and why. The limit continues to run, as it may still comply."""
    clause = notice_clause(decision.case)
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.note(EventType.RECTIFICATION_REFUSED, clause, reason=said.reason)
    _tell_the_grant(decision, "refused", reason=said.reason)


@RULES.command(
    CommandName.ACCEPT_COMPLETION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    says=Nothing,
    when=ordered_it,
    settles=True,
)
def accept_completion(decision: Decision[RectificationCase], _: Nothing) -> None:
    """验收通过: the notice has been complied with."""
    decision.note(EventType.COMPLETION_ACCEPTED, notice_clause(decision.case))
    decision.meet(ClockId.RECTIFICATION_REVIEW)
    _tell_the_grant(decision, "accepted")
    decision.close(Outcome.RECTIFIED)


class Rejection(Reasoned):
    """Why completion is rejected, and the new limit in working days, if one is given."""

    working_days: WorkingDays | None = None


@RULES.command(
    CommandName.REJECT_COMPLETION,
    by=[Role.BUREAU, Role.GOVERNMENT],
    says=Rejection,
    when=ordered_it,
    settles=True,
)
def reject_completion(decision: Decision[RectificationCase], said: Rejection) -> None:
    """验收不通过: the work goes on within the running limit, or a new one.

    If the limit has passed and no new one is given, the rectification has failed.
    """
    clause, limit = notice_clause(decision.case), decision.case.limit
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.stage = Stage.RECTIFYING
    decision.note(EventType.COMPLETION_REJECTED, clause, reason=said.reason, working_days=said.working_days)
    decision.meet(ClockId.RECTIFICATION_REVIEW)
    if said.working_days is not None:
        decision.start_within(ClockId.RECTIFICATION, said.working_days, clause)
    elif decision.at < limit.due_at:
        decision.start_within(ClockId.RECTIFICATION, limit.amount, clause, limit.started_at)
    failed = said.working_days is None and decision.at >= limit.due_at
    _tell_the_grant(decision, "rejected", failed=failed, reason=said.reason, working_days=said.working_days)


def on_expiry(decision: Decision[RectificationCase], clock: Clock) -> bool:
    """A rejection never shortens the time: if a new limit ends before the old one, the old one counts."""
    if clock.id is not ClockId.RECTIFICATION:
        return False
    longer = [c for c in decision.case.clocks.values() if c.id is clock.id and c.due_at > clock.due_at]
    if longer:
        decision.replace(clock, "no_shorter_limit", None, longer[-1].amount, started_at=longer[-1].started_at)
    return bool(longer)


may_be_urged(RULES)
