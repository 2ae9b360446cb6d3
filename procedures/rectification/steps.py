"""Further steps of the text after a failed rectification, or in serious cases (上报, 通报, 处分)."""

from collections.abc import Sequence
from typing import Literal

from domain.clocks import ClockId
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.field_types import ShortText, Text
from domain.refusal_codes import RefusalCode
from domain.statutes.sections import EscalationStep
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.rectification.case import (
    RectificationCase,
    ground_of,
    in_charge,
    notice_clause,
    ordered_it,
)

RULES: RuleBook[RectificationCase] = RuleBook()
"""The commands of the further steps."""


class Escalation(Reasoned):
    """Why the case is escalated; what is serious about it; and the step, if the text leaves a choice."""

    serious: Text | None = None
    step: ShortText | None = None


def steps_left(case: RectificationCase) -> list[EscalationStep]:
    """The steps of the text that were not taken yet, in order."""
    return [step for step in case.rules.steps_for(ground_of(case)) if step.id not in case.steps]


def steps_open(case: RectificationCase) -> list[EscalationStep]:
    """The steps that may be taken now: the next one of each text (they do not wait for each other), and those that wait
    for no other step, because they are optional or stand alone in the text."""
    left = steps_left(case)
    next_of_each = {step.clause.statute: step for step in reversed(left)}
    return [step for step in left if step.optional or step.by_itself or step is next_of_each[step.clause.statute]]


def has_failed(case: RectificationCase, step: EscalationStep) -> bool:
    """Whether the rectification has failed as a step requires: if it says 拒不, a refusal is enough."""
    return case.failed or (case.refused and step.on_refusal)


def _may_go_further(case: RectificationCase, role: Role) -> None:
    ordered_it(case, role)
    may_come = steps_open(case)
    if not may_come:
        raise Refused(RefusalCode.NO_FURTHER_STEP, notice_clause(case))
    if all(step.when == "not_rectified" and not has_failed(case, step) for step in may_come):
        raise Refused(RefusalCode.RECTIFICATION_MUST_FAIL_FIRST, may_come[0].clause)


def _why_not(case: RectificationCase, said: Escalation, step: EscalationStep) -> RefusalCode | None:
    """The refusal if the condition of a step is not met."""
    failed = has_failed(case, step)
    match step.when:
        case "serious":
            return None if said.serious else RefusalCode.SERIOUSNESS_REQUIRED
        case "either":
            return None if failed or said.serious else RefusalCode.RECTIFICATION_MUST_FAIL_FIRST
        case "not_rectified":
            return None if failed else RefusalCode.RECTIFICATION_MUST_FAIL_FIRST
        case "any":
            return None


def _next_step(case: RectificationCase, said: Escalation) -> EscalationStep:
    """The named step, or the first whose condition is met. Raises Refused."""
    may_come = steps_open(case)
    if said.step is None:
        due = [step for step in may_come if not step.optional] or may_come
        return next((step for step in due if _why_not(case, said, step) is None), due[0])
    named = next((step for step in may_come if said.step == step.id), None)
    if named is None:
        raise Refused(RefusalCode.NO_FURTHER_STEP, notice_clause(case), why="step_not_next")
    return named


@RULES.command(
    CommandName.ESCALATE,
    by=[Role.BUREAU, Role.GOVERNMENT],
    says=Escalation,
    when=_may_go_further,
    settles=True,
)
def escalate(decision: Decision[RectificationCase], said: Escalation) -> None:
    """上报、通报、提请问责: the next step of the text, after a failure or, if the text says so, in serious cases."""
    step = _next_step(decision.case, said)
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, step.clause)
    lacking = _why_not(decision.case, said, step)
    if lacking is not None:
        raise Refused(lacking, step.clause)
    decision.stage = Stage.ESCALATED
    body = decision.case.statute.bodies.get(step.to) if step.to else None
    decision.note(
        EventType.ESCALATED,
        step.clause,
        step=step.id,
        measure=step.name.zh,
        to=step.to.value if step.to else None,
        body=body.name.zh if body else None,
        reason=said.reason,
        serious=said.serious,
    )
    decision.cancel(ClockId.RECTIFICATION_REVIEW)
    decision.cancel(ClockId.FINAL_INSTANCE)
    decision.start(ClockId.FINAL_INSTANCE)


def concluding(case: RectificationCase) -> Sequence[Role]:
    """Who may conclude it: every organ that it went to, and whoever ordered it."""
    organs = [step.to for step in case.rules.steps if step.id in case.steps and step.to is not None]
    return tuple(dict.fromkeys([*organs, in_charge(case)]))


def _an_organ_of_its_steps(case: RectificationCase, role: Role) -> None:
    if role not in concluding(case):
        raise Refused(RefusalCode.NOT_YOUR_TURN, notice_clause(case))


class Conclusion(Reasoned):
    """How it ended: rectified after all, or transferred to those who hold people to account."""

    result: Literal["rectified", "handed_over"]


@RULES.command(
    CommandName.CONCLUDE_RECTIFICATION,
    by=[Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT],
    says=Conclusion,
    when=_an_organ_of_its_steps,
    settles=True,
)
def conclude_rectification(decision: Decision[RectificationCase], said: Conclusion) -> None:
    """整改办结: after a further step, by the organ of that step or by whoever ordered the rectification."""
    last = next(step for step in decision.case.rules.steps if step.id == decision.case.steps[-1])
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, last.clause)
    decision.note(EventType.RECTIFICATION_CONCLUDED, last.clause, result=said.result, reason=said.reason)
    decision.meet(ClockId.FINAL_INSTANCE)
    if said.result == "rectified":
        decision.meet(ClockId.RECTIFICATION)
    decision.close(Outcome(said.result))
