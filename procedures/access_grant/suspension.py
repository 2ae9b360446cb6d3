"""Misuse (违规使用): access is suspended and rectification ordered; only if that fails may sharing be terminated.

Whether it has failed is decided by the rectification case and its limit, never by the word of whoever wants to
terminate.
"""

from typing import Literal

from domain.clocks import ClockId
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Filed
from domain.engine.follow_up_cases import open_follow_up
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.field_types import Code, ShortText, Text, Truth, WorkingDays
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.access_grant.case import (
    Failure,
    GrantCase,
    drop_dispute,
    end,
    watch_disuse,
)
from procedures.access_grant.disposal import Asking, ask_for_disposal
from procedures.common.filing import unless_in_the_text
from procedures.rectification.process import RECTIFICATION

RULES: RuleBook[GrantCase] = RuleBook()
"""The commands after misuse."""


class Suspending(Reasoned):
    """The misuse, its ground in the text, and within how many working days it must be rectified."""

    ground: ShortText = "misuse"
    working_days: WorkingDays | None = None


def _no_suspension(case: GrantCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.misuse, rules.clause)


@RULES.command(
    CommandName.SUSPEND,
    by=[Role.BUREAU, Role.PROVIDER],
    says=Suspending,
    unavailable=_no_suspension,
)
def suspend(decision: Decision[GrantCase], said: Suspending) -> None:
    """暂停共享权限: access is suspended, and a rectification with a limit is opened."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.misuse)
    if said.ground not in rules.misuse_grounds:
        raise Refused(RefusalCode.GROUND_NOT_LISTED, rules.misuse, listed=", ".join(rules.misuse_grounds))
    decision.stage = Stage.SUSPENDED
    decision.note(EventType.SUSPENDED, rules.misuse, reason=said.reason, ground=said.ground)
    drop_dispute(decision)
    decision.cancel(ClockId.UNUSED_ACCESS)
    if decision.case.statute.rectification is None:
        return
    decision.require(said.working_days, RefusalCode.LIMIT_REQUIRED, rules.misuse)
    notice = {
        "department": decision.case.requester.model_dump(mode="json"),
        "ground": said.ground,
        "facts": said.reason,
        "working_days": said.working_days,
        "origin": {"request_id": decision.case.request_id},
    }
    open_follow_up(decision, RECTIFICATION, notice, rules.misuse)
    decision.start_within(ClockId.RECTIFICATION, said.working_days or 0, rules.misuse, ladder=False)


@RULES.command(CommandName.RESTORE, by=[Role.BUREAU, Role.PROVIDER], says=Reasoned)
def restore(decision: Decision[GrantCase], said: Reasoned) -> None:
    """恢复共享权限: the misuse has been rectified, and how that is known."""
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, decision.case.rules.misuse)
    decision.stage = Stage.IN_USE
    decision.cancel(ClockId.RECTIFICATION)
    decision.note(EventType.RESTORED, decision.case.rules.misuse, reason=said.reason)
    decision.cancel(ClockId.UNUSED_ACCESS)  # a grant that was suspended when suspension did not yet end the proposal
    watch_disuse(decision)


# News of the rectification


class RectificationNews(Filed):
    """News from the rectification that was ordered with the suspension.

    ``failed``: whether its limit had passed by then without completion; ``working_days``: a new limit.
    """

    rectification: Code
    what: Literal["reported", "accepted", "rejected", "refused"]
    failed: Truth = False
    reason: Text | None = None
    working_days: WorkingDays | None = None


@RULES.command(
    CommandName.NOTE_RECTIFICATION,
    by=[Role.PLATFORM],
    says=RectificationNews,
    between_cases=True,
)
def note_rectification(decision: Decision[GrantCase], said: RectificationNews) -> None:
    """整改情况: only from the rectification case itself; its limit stops and continues here as it does there."""
    case, rules = decision.case, decision.case.rules
    if said.rectification != decision.by_case or said.rectification != case.rectification:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rules.misuse)
    failure = _failure_after(case, said)
    decision.note(
        EventType.RECTIFICATION_NOTED,
        rules.misuse,
        rectification=said.rectification,
        what=said.what,
        reason=said.reason,
        working_days=said.working_days,
        failure=failure,
    )
    if said.what in ("reported", "accepted"):
        decision.meet(ClockId.RECTIFICATION)
    elif said.what == "rejected" and said.working_days is not None:
        decision.start_within(ClockId.RECTIFICATION, said.working_days, rules.misuse, ladder=False)
    elif said.what == "rejected" and failure is None:
        limit = _limits(case)[-1]
        decision.start_within(ClockId.RECTIFICATION, limit.amount, rules.misuse, limit.started_at, ladder=False)


def _limits(case: GrantCase) -> list[Clock]:
    """The limits of this suspension, in order, without those of earlier suspensions."""
    return [c for n, c in sorted(case.clocks.items()) if n > case.clocks_before and c.id is ClockId.RECTIFICATION]


def _failure_after(case: GrantCase, said: RectificationNews) -> Failure | None:
    """How the rectification has failed by then, if it has; its own word counts more than the limit here."""
    match said.what:
        case "accepted":
            return None
        case "reported":
            return "overdue" if said.failed else None
        case "refused":
            return case.failure or "refused"
        case "rejected":
            return "insufficient" if said.failed else None


def limit_of_rectification_ended(decision: Decision[GrantCase], clock: Clock) -> bool:
    """If a new limit ends before the first one, the first one counts, as in the rectification itself."""
    longer = [c for c in _limits(decision.case) if c.due_at > clock.due_at]
    if longer:
        decision.replace(clock, "no_shorter_limit", None, longer[-1].amount, started_at=longer[-1].started_at)
    return bool(longer)


def _has_not_refused_yet(case: GrantCase, _: Role) -> None:
    if case.failure == "refused":
        raise Refused(RefusalCode.WRONG_STAGE, case.rules.misuse, why="already_refused")


@RULES.command(
    CommandName.REFUSE_RECTIFICATION,
    by=[Role.REQUESTER],
    says=Reasoned,
    when=_has_not_refused_yet,
)
def refuse_rectification(decision: Decision[GrantCase], said: Reasoned) -> None:
    """拒不整改: the user refuses to rectify, and why; the rectification is told in the user's name."""
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.misuse)
    decision.note(EventType.RECTIFICATION_REFUSED, rules.misuse, reason=said.reason)
    if decision.case.rectification is not None:
        fields = {"reason": said.reason}
        decision.tell_other(decision.case.rectification, CommandName.REFUSE_RECTIFICATION, fields, decision.actor)


# The end of sharing (终止共享)


class Terminating(Asking):
    """Why sharing ends. ``rectification``: the author's view of the rectification, which is noted but never relied on.

    ``ground``: ``security``, if the text cancels grants for neglected security.
    """

    rectification: Literal["refused", "insufficient"] | None = None
    ground: ShortText | None = None


def _no_termination(case: GrantCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.terminate or rules.security, rules.clause)


@RULES.command(
    CommandName.TERMINATE,
    by=[Role.BUREAU, Role.PROVIDER],
    says=Terminating,
    unavailable=_no_termination,
)
def terminate(decision: Decision[GrantCase], said: Terminating) -> None:
    """终止共享, once the rectification has failed (拒不整改或者整改不到位); 取消授权, if security is neglected."""
    rules, failure = decision.case.rules, decision.case.failure
    neglected = rules.security if said.ground == "security" else None
    clause = neglected or rules.terminate or rules.security
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    failed = decision.case.stage is Stage.SUSPENDED and failure is not None and rules.terminate is not None
    if not (failed or neglected):
        raise Refused(RefusalCode.RECTIFICATION_MUST_FAIL_FIRST, clause)
    ground = said.ground or "misuse"
    decision.note(EventType.TERMINATED, clause, reason=said.reason, ground=ground, rectification=failure)
    ask_for_disposal(decision, said)
    end(decision, Outcome.TERMINATED)
