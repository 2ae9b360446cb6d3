"""Access grant (共享授权): the rules of opening, use, disuse, renewal and the term."""

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import ChangedFields
from domain.engine.decision import PLATFORM, Decision, Refused
from domain.engine.filed import Filed
from domain.engine.follow_up_cases import open_follow_up
from domain.engine.procedure import Digests
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.field_types import Day, ShortText, Text, UseCount
from domain.refusal_codes import RefusalCode
from domain.words import CommandName, EventType, Outcome, Role, Stage
from procedures.access_grant.case import (
    GrantCase,
    drop_dispute,
    end,
    expire,
    refuse_unless_negotiated,
    watch_disuse,
)
from procedures.access_grant.disposal import Asking, ask_for_disposal
from procedures.access_grant.suspension import limit_of_rectification_ended
from procedures.common.filing import code_and_name, refuse_unless_given, unless_in_the_text
from procedures.common.supervision import may_be_supervised
from procedures.share_request.process import SHARE_REQUEST

RULES: RuleBook[GrantCase] = RuleBook()
"""The commands of use, disuse and renewal."""

# The opening (开通)


def begin(decision: Decision[GrantCase], digests: Digests) -> None:
    """开通授权: use is recorded from now on; the term and, if the text has one, the limit on disuse start."""
    rules, said = decision.case.rules, decision.case.application
    named = code_and_name(requester=said.requester, provider=said.provider, resource=said.resource)
    refuse_unless_given(named, rules.clause)
    decision.refuse_asking_oneself()
    last = said.expires_on
    over = last is not None and last <= day_of(decision.at)
    follows = decision.actor.role is Role.PLATFORM and said.granted_by is not None
    if over and not follows:
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or rules.clause)
    decision.stage = Stage.IN_USE
    until = last.isoformat() if last else None
    decision.file(rules.clause, digests, provider=said.provider.code, granted_by=said.granted_by, expires_on=until)
    if over:
        expire(decision)
        return
    terms = said.terms.model_dump(mode="json", exclude_none=True)
    decision.note(EventType.GRANT_OPENED, rules.clause, actor=PLATFORM, scope=said.scope, terms=terms or None)
    if last is not None:
        decision.start_until(ClockId.GRANT_TERM, last, rules.term or rules.clause)
    watch_disuse(decision)


# Use (使用)


class Using(Filed):
    """How the data was used: how often, how, in what scene and with what effect (使用场景、应用成效).

    A ``count`` of 0 comes with ``seasonal`` alone: the user says why there is no use now (季节性应用需求).
    """

    count: UseCount = 1
    mode: ShortText | None = None
    purpose: Text | None = None
    effect: Text | None = None
    seasonal: Text | None = None


@RULES.command(CommandName.RECORD_USE, by=[Role.PLATFORM, Role.REQUESTER], says=Using)
def record_use(decision: Decision[GrantCase], said: Using) -> None:
    """使用记录: one event. Only a use after long disuse changes a clock; others count when the clock is due."""
    rules = decision.case.rules
    clause = rules.records.clause if rules.records else rules.clause
    if said.count == 0:
        decision.require(said.seasonal, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="seasonal")
        if decision.actor.role is not Role.REQUESTER:
            raise Refused(RefusalCode.NOT_YOUR_TURN, clause)
    decision.note(EventType.USED, clause, **said.model_dump(exclude_none=True))
    if said.count and decision.case.breached(ClockId.UNUSED_ACCESS):
        decision.meet(ClockId.UNUSED_ACCESS)
        decision.start(ClockId.UNUSED_ACCESS)


def _used_meanwhile(decision: Decision[GrantCase], clock: Clock) -> bool:
    """Whether the access was used since the limit began; if so, the limit starts again from the last use."""
    last = decision.case.last_used_at
    if last is None or day_of(last) <= day_of(clock.started_at):
        return False
    decision.replace(clock, "used", None, clock.amount, started_at=last)
    return True


def _no_rule_on_disuse(case: GrantCase) -> Refused | None:
    return unless_in_the_text(case.rules.unused, case.rules.clause)


def _unused_long_enough(case: GrantCase, _: Role) -> None:
    rules = case.rules
    if case.excepted:
        raise Refused(RefusalCode.SEASONAL_USE_EXCEPTED, rules.seasonal or rules.unused)
    if not case.breached(ClockId.UNUSED_ACCESS):
        raise Refused(RefusalCode.NOT_UNUSED_LONG_ENOUGH, rules.unused)
    if rules.end_of_service:
        refuse_unless_negotiated(case, ("end",))


@RULES.command(
    CommandName.REVOKE,
    by=[Role.PROVIDER],
    says=Asking,
    unavailable=_no_rule_on_disuse,
    when=_unused_long_enough,
)
def revoke(decision: Decision[GrantCase], said: Asking) -> None:
    """收回授权: unused for longer than the text allows, without a seasonal reason.

    If the text also regulates ending a service (809 art. 27¶3), it must be negotiated first and filed with the bureau.
    """
    rules = decision.case.rules
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rules.unused)
    decision.note(EventType.REVOKED, rules.unused, reason=said.reason)
    if rules.end_of_service:
        decision.note(EventType.FILED_FOR_RECORD, rules.negotiate_end or rules.end_of_service, to=Role.BUREAU.value)
    ask_for_disposal(decision, said)
    end(decision, Outcome.REVOKED)


# The term (期满)


class Renewing(ChangedFields):
    """Until when access is needed now, and what else has changed."""

    use_until: Day


def _not_renewed_yet(case: GrantCase, _: Role) -> None:
    if case.renewed:
        raise Refused(RefusalCode.WRONG_STAGE, case.rules.term)


@RULES.command(
    CommandName.RENEW,
    by=[Role.REQUESTER],
    says=Renewing,
    when=_not_renewed_yet,
)
def renew(decision: Decision[GrantCase], said: Renewing) -> None:
    """重新申请: a new request prepared from the old one, and answered like any other."""
    clause = decision.case.rules.term or decision.case.rules.clause
    if said.use_until <= day_of(decision.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, clause)
    again = decision.case.application.as_application().model_copy(update=said.model_dump(exclude_none=True))
    application = again.model_dump(mode="json", exclude_none=True)
    open_follow_up(decision, SHARE_REQUEST, application, clause)
    if decision.stage is Stage.EXPIRED:
        decision.meet(ClockId.RENEWAL_WINDOW)
        end(decision, Outcome.RENEWED)


def on_expiry(decision: Decision[GrantCase], clock: Clock) -> bool:
    """The end of the term is not a breach; nor is the end of the limit on disuse, if access was used meanwhile."""
    if clock.id is ClockId.GRANT_TERM:
        decision.wait_out(clock)
        decision.cancel(ClockId.UNUSED_ACCESS)
        drop_dispute(decision)
        expire(decision)
        return True
    if clock.id is ClockId.RECTIFICATION:
        return limit_of_rectification_ended(decision, clock)
    return clock.id is ClockId.UNUSED_ACCESS and _used_meanwhile(decision, clock)


def on_breach(decision: Decision[GrantCase], clock: Clock) -> None:
    """The renewal window closed: nobody applied again."""
    if clock.id is ClockId.RENEWAL_WINDOW:
        end(decision, Outcome.EXPIRED)


may_be_supervised(RULES)
