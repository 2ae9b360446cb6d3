"""Access grant (共享授权): what was granted is used, for its term and its purpose, until it ends in one of its ways."""

from collections.abc import Mapping

import domain.procedures.grant_disputes
import domain.procedures.grant_endings  # noqa: F401 - importing them enters their rules
import domain.procedures.grant_suspension as suspension
from domain.calendar import day_of
from domain.cases.application import Filed
from domain.cases.commands import ChangedFields
from domain.cases.common import may_be_urged, may_lead_to_rectification
from domain.cases.following import follow_with
from domain.cases.procedure import Digests, Procedure, register
from domain.cases.records import Clock
from domain.cases.turn import PLATFORM, Refused, Turn
from domain.procedures.grant_case import (
    IN_SERVICE,
    OPEN,
    RULES,
    AccessGrant,
    GrantCase,
    drop_dispute,
    end,
    expire,
    refuse_unless_negotiated,
    rules_of,
    watch_disuse,
)
from domain.procedures.grant_disposal import Asking, ask_for_disposal
from domain.texts import Day, ShortText, Text, UseCount
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

# The opening (开通)


def begin(turn: Turn[GrantCase], digests: Digests) -> None:
    """开通授权: use is recorded from now on; the term ends on its day; where the text has it, disuse is watched."""
    rules, said = rules_of(turn.case), turn.case.application
    missing = [name for name, value in _required(said).items() if not value]
    if missing:
        raise Refused(RefusalCode.APPLICATION_INCOMPLETE, rules.clause, fields=", ".join(missing))
    turn.refuse_asking_oneself()
    last = said.expires_on
    over = last is not None and last <= day_of(turn.at)
    follows = turn.actor.role is Role.PLATFORM and said.granted_by is not None
    if over and not follows:
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.term or rules.clause)
    turn.stage = Stage.IN_USE
    until = last.isoformat() if last else None
    turn.file(rules.clause, digests, provider=said.provider.code, granted_by=said.granted_by, expires_on=until)
    if over:
        expire(turn)
        return
    terms = said.terms.model_dump(mode="json", exclude_none=True)
    turn.note(EventType.GRANT_OPENED, rules.clause, actor=PLATFORM, scope=said.scope, terms=terms or None)
    if last is not None:
        turn.start_until(ClockId.GRANT_TERM, last, rules.term or rules.clause)
    watch_disuse(turn)


def _required(said: AccessGrant) -> Mapping[str, object]:
    return {
        "requester.code": said.requester.code,
        "requester.name": said.requester.name,
        "provider.code": said.provider.code,
        "provider.name": said.provider.name,
        "resource.code": said.resource.code,
        "resource.name": said.resource.name,
    }


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


@RULES.command(CommandName.RECORD_USE, by=[Role.PLATFORM, Role.REQUESTER], stages=IN_SERVICE, says=Using)
def record_use(turn: Turn[GrantCase], said: Using) -> None:
    """使用记录: one event. Only a use after long disuse touches a clock: the others are counted when it comes due."""
    rules = rules_of(turn.case)
    clause = rules.records.clause if rules.records else rules.clause
    if said.count == 0:
        turn.require(said.seasonal, RefusalCode.APPLICATION_INCOMPLETE, clause, fields="seasonal")
        if turn.actor.role is not Role.REQUESTER:
            raise Refused(RefusalCode.NOT_YOUR_TURN, clause)
    turn.note(EventType.USED, clause, **said.model_dump(exclude_none=True))
    if said.count and turn.case.breached(ClockId.UNUSED_ACCESS):
        turn.keep(ClockId.UNUSED_ACCESS)
        turn.start(ClockId.UNUSED_ACCESS)


def _used_meanwhile(turn: Turn[GrantCase], clock: Clock) -> bool:
    """Whether the access was used since the limit began; then the limit runs anew from the last use."""
    last = turn.case.last_used_at
    if last is None or day_of(last) <= day_of(clock.started_at):
        return False
    turn.replace(clock, "used", None, clock.amount, started_at=last)
    return True


def _no_rule_on_disuse(case: GrantCase) -> Refused | None:
    return None if rules_of(case).unused else Refused(RefusalCode.PROCEDURE_NOT_AVAILABLE, rules_of(case).clause)


def _unused_long_enough(case: GrantCase, _: Role) -> None:
    rules = rules_of(case)
    if case.excepted:
        raise Refused(RefusalCode.SEASONAL_USE_EXCEPTED, rules.seasonal or rules.unused)
    if not case.breached(ClockId.UNUSED_ACCESS):
        raise Refused(RefusalCode.NOT_UNUSED_LONG_ENOUGH, rules.unused)
    if rules.end_of_service:
        refuse_unless_negotiated(case, ("end",))


@RULES.command(
    CommandName.REVOKE,
    by=[Role.PROVIDER],
    stages=[Stage.IN_USE, Stage.ENDING],
    says=Asking,
    unavailable=_no_rule_on_disuse,
    when=_unused_long_enough,
)
def revoke(turn: Turn[GrantCase], said: Asking) -> None:
    """收回授权: unused for longer than the text bears, and not for a seasonal reason.

    Where the text also binds whoever ends a service (809 art. 27¶3), negotiated before and filed with the bureau.
    """
    rules = rules_of(turn.case)
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rules.unused)
    turn.note(EventType.REVOKED, rules.unused, reason=said.reason)
    if rules.end_of_service:
        turn.note(EventType.FILED_FOR_RECORD, rules.negotiate_end or rules.end_of_service, to=Role.BUREAU.value)
    ask_for_disposal(turn, said)
    end(turn, Outcome.REVOKED)


# The term (期满)


class Renewing(ChangedFields):
    """Until when it is needed now, and what else is different from before."""

    use_until: Day


def _not_renewed_yet(case: GrantCase, _: Role) -> None:
    if case.renewed:
        raise Refused(RefusalCode.WRONG_STAGE, rules_of(case).term)


@RULES.command(
    CommandName.RENEW,
    by=[Role.REQUESTER],
    stages=[Stage.IN_USE, Stage.EXPIRED],
    says=Renewing,
    when=_not_renewed_yet,
)
def renew(turn: Turn[GrantCase], said: Renewing) -> None:
    """重新申请: a new request, prepared from the old one; it is answered like every other."""
    clause = rules_of(turn.case).term or rules_of(turn.case).clause
    if said.use_until <= day_of(turn.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, clause)
    again = turn.case.application.as_application().model_copy(update=said.model_dump(exclude_none=True))
    application = again.model_dump(mode="json", exclude_none=True)
    follow_with(turn, ProcedureName.SHARE_REQUEST, application, clause)
    if turn.stage is Stage.EXPIRED:
        turn.keep(ClockId.RENEWAL_WINDOW)
        end(turn, Outcome.RENEWED)


def instead_of_breach(turn: Turn[GrantCase], clock: Clock) -> bool:
    """A term that ends is nobody's breach; access that was used meanwhile was not unused."""
    if clock.id is ClockId.GRANT_TERM:
        turn.wait_out(clock)
        turn.drop(ClockId.UNUSED_ACCESS)
        drop_dispute(turn)
        expire(turn)
        return True
    if clock.id is ClockId.RECTIFICATION:
        return suspension.instead_of_breach(turn, clock)
    return clock.id is ClockId.UNUSED_ACCESS and _used_meanwhile(turn, clock)


def lapse(turn: Turn[GrantCase], clock: Clock) -> None:
    """Nobody applied again."""
    if clock.id is ClockId.RENEWAL_WINDOW:
        end(turn, Outcome.EXPIRED)


may_be_urged(RULES, (*OPEN, Stage.DISPOSAL))
may_lead_to_rectification(RULES, (*OPEN, Stage.DISPOSAL))

ACCESS_GRANT = register(
    Procedure(
        name=ProcedureName.ACCESS_GRANT,
        case=GrantCase,
        matter=AccessGrant,
        opened_by=(Role.PROVIDER,),
        begin=begin,
        rules=RULES,
        waits_for={
            Stage.IN_USE: (),
            Stage.SUSPENDED: (Role.REQUESTER,),
            Stage.ENDING: (Role.REQUESTER,),
            Stage.COORDINATION: (Role.BUREAU,),
            Stage.FINAL_INSTANCE: (Role.GOVERNMENT,),
            Stage.EXPIRED: (Role.REQUESTER,),
            Stage.DISPOSAL: (Role.REQUESTER,),
        },
        lapse=lapse,
        instead_of_breach=instead_of_breach,
    )
)
