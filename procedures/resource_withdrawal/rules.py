"""Resource withdrawal (资源撤销): a provider withdraws a resource that others use.

The users and the bureau are told in advance; the bureau consents, or has it on file; then the grants end, oldest first.
If the text provides for it, disputes with users who did not agree are settled first (``withdrawal_disputes``).
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.codes import code_key
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.evolve import evolve_all
from domain.engine.filed import Filed
from domain.engine.procedure import Digests
from domain.engine.records import Clock
from domain.engine.rules import RuleBook
from domain.field_types import Code, Text
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause, Statute
from domain.statutes.sections import WithdrawalRules
from domain.words import Basis, CommandName, EventType, Outcome, Role, Stage, Unit
from procedures.common.filing import code_and_name, refuse_unless_given, unless_in_the_text
from procedures.common.instances import DISPUTED
from procedures.common.supervision import may_be_urged, may_be_withdrawn
from procedures.resource_withdrawal.case import User, Withdrawal, WithdrawalCase
from procedures.resource_withdrawal.disputes import may_be_disputed

RULES: RuleBook[WithdrawalCase] = RuleBook()
"""The commands of a withdrawal, of its disputes too."""


def begin(decision: Decision[WithdrawalCase], digests: Digests) -> None:
    """提出撤销: the same step tells all users and the bureau; the notice runs from that day."""
    rules, said = decision.case.rules, decision.case.application
    named = code_and_name(provider=said.provider, resource=said.resource)
    refuse_unless_given({**named, "reason": said.reason, **_subscribers(said)}, rules.clause)
    if said.planned_on is not None and said.planned_on <= day_of(decision.at):
        raise Refused(RefusalCode.TERM_NOT_IN_FUTURE, rules.notice or rules.clause)
    users = _all_users(decision.case)
    talks = bool(rules.negotiate and users)
    decision.stage = Stage.WITHDRAWAL_REVIEW if rules.consent or talks else Stage.WITHDRAWAL_NOTICE
    planned = said.planned_on.isoformat() if said.planned_on else None
    decision.file(rules.clause, digests, provider=said.provider.code, planned_on=planned)
    decision.note(
        EventType.SUBSCRIBERS_TOLD,
        rules.notice or rules.clause,
        subscribers=[user.model_dump(exclude_none=True) for user in users],
        bureau=_bureau(decision.case.statute),
        reason=said.reason,
        planned_on=planned,
    )
    if rules.consent:
        decision.start(ClockId.WITHDRAWAL_REVIEW)
    if talks:
        decision.start(ClockId.NEGOTIATION)
    decision.start(ClockId.WITHDRAWAL_NOTICE)
    if decision.stage is Stage.WITHDRAWAL_NOTICE:
        _put_on_file(decision, rules)


def _subscribers(said: Withdrawal) -> Mapping[str, object]:
    """Codes and names of the named subscribers, by field."""
    parties = list(enumerate(said.subscribers))
    return {f"subscribers[{n}].{field}": getattr(party, field) for field in ("code", "name") for n, party in parties}


def _all_users(case: WithdrawalCase) -> Sequence[User]:
    """The holders of open grants, oldest first, then the other named users; each department once."""
    named = [User(code=party.code or "", name=party.name or "") for party in case.application.subscribers]
    found: dict[str, User] = {}
    for user in (*case.holders, *named):
        found.setdefault(code_key(user.code), user)
    return list(found.values())


def _bureau(statute: Statute) -> str | None:
    body = statute.bodies.get(Role.BUREAU)
    return body.name.zh if body else None


def _put_on_file(decision: Decision[WithdrawalCase], rules: WithdrawalRules) -> None:
    """备案: filed with the bureau, including who did not agree."""
    decision.note(
        EventType.FILED_FOR_RECORD,
        rules.record or rules.clause,
        to=Role.BUREAU.value,
        reason=decision.case.application.reason,
        not_agreed=list(decision.case.against) or None,
    )


def _one_or_more(value: Any) -> Any:
    return (value,) if isinstance(value, str | int) and not isinstance(value, bool) else value


class RecordingNegotiation(Filed):
    """With whom (codes; left out: all who were told), how it ended, and what was said."""

    with_whom: Annotated[tuple[Code, ...], Field(max_length=200), BeforeValidator(_one_or_more)] = ()
    result: Literal["agreed", "not_agreed"]
    summary: Text | None = None


@RULES.command(
    CommandName.RECORD_NEGOTIATION,
    by=[Role.PROVIDER],
    says=RecordingNegotiation,
)
def record_negotiation(decision: Decision[WithdrawalCase], said: RecordingNegotiation) -> None:
    """协商: with the users. If the text asks for no consent, it is filed once all were negotiated with."""
    rules, case = decision.case.rules, decision.case
    if said.result == "not_agreed":
        decision.require(said.summary, RefusalCode.REASON_REQUIRED, rules.negotiate)
    told = {code_key(user.code): user.code for user in case.told}
    strangers = [code for code in said.with_whom if code_key(code) not in told]
    if strangers:
        raise Refused(RefusalCode.UNKNOWN_DEPARTMENT, rules.negotiate, unknown=", ".join(strangers))
    with_whom = [told[code_key(code)] for code in said.with_whom] or list(told.values())
    decision.note(
        EventType.NEGOTIATION_RECORDED, rules.negotiate, with_whom=with_whom, result=said.result, summary=said.summary
    )
    if set(case.not_negotiated) - set(with_whom):
        return
    decision.meet(ClockId.NEGOTIATION)
    if rules.consent is None:
        decision.case = evolve_all(case, decision.events)
        _go_ahead(decision, rules.record or rules.clause, lambda: _put_on_file(decision, rules))


def _consent_is_asked_for(case: WithdrawalCase) -> Refused | None:
    rules = case.rules
    return unless_in_the_text(rules.consent, rules.clause, RefusalCode.INSTANCE_NOT_AVAILABLE)


def _negotiated_before(case: WithdrawalCase, _: Role) -> None:
    rules = case.rules
    if rules.negotiate and case.not_negotiated:
        raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate)


@RULES.command(
    CommandName.CONSENT_TO_WITHDRAWAL,
    by=[Role.BUREAU],
    says=Reasoned,
    unavailable=_consent_is_asked_for,
    when=_negotiated_before,
)
def consent_to_withdrawal(decision: Decision[WithdrawalCase], said: Reasoned) -> None:
    """审核同意: the resource may be withdrawn once the notice has run."""
    rules = decision.case.rules
    assert rules.consent is not None

    def consent() -> None:
        decision.note(EventType.WITHDRAWAL_CONSENTED, rules.consent, reason=said.reason)
        decision.meet(ClockId.WITHDRAWAL_REVIEW)
        if rules.record:
            _put_on_file(decision, rules)

    _go_ahead(decision, rules.consent, consent)


@RULES.command(
    CommandName.DENY_WITHDRAWAL,
    by=[Role.BUREAU],
    says=Reasoned,
    unavailable=_consent_is_asked_for,
)
def deny_withdrawal(decision: Decision[WithdrawalCase], said: Reasoned) -> None:
    """审核不同意: the resource stays, and why."""
    consent = decision.case.rules.consent
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, consent)
    decision.note(EventType.WITHDRAWAL_DENIED, consent, reason=said.reason)
    decision.meet(ClockId.WITHDRAWAL_REVIEW)
    decision.close(Outcome.KEPT)


def _go_ahead(decision: Decision[WithdrawalCase], ground: Clause, write: Callable[[], None]) -> None:
    """Clear the withdrawal: it is carried out once the notice has run, or on the planned day, if that is later.

    If a user does not agree, the text asks for no consent and provides for disputes, the notice runs again even if it
    had ended: otherwise the resource would be gone before anybody could refer the dispute.
    """
    running = decision.case.open_clock(ClockId.WITHDRAWAL_NOTICE)
    planned = _planned_beyond_the_notice(decision)
    rules = decision.case.rules
    anew = not running and not planned and bool(rules.dispute and not rules.consent and decision.case.differing)
    decision.stage = Stage.WITHDRAWAL_NOTICE if running or planned or anew else Stage.WITHDRAWING
    write()
    if anew:
        decision.start(ClockId.WITHDRAWAL_NOTICE)
    if planned:
        decision.cancel(ClockId.WITHDRAWAL_NOTICE)
        _run_until(decision, planned, ground)


def _planned_beyond_the_notice(decision: Decision[WithdrawalCase]) -> date | None:
    planned = decision.case.application.planned_on
    notices = [clock.due_date for clock in decision.case.clocks.values() if clock.id is ClockId.WITHDRAWAL_NOTICE]
    if planned is None or not notices or planned <= max(notices) or planned < day_of(decision.at):
        return None
    return planned


def _run_until(decision: Decision[WithdrawalCase], planned: date, ground: Clause) -> None:
    """Make the notice run to the planned day, from the day on which the users were told."""
    told_at = decision.case.told_at
    assert told_at is not None
    days = (planned - day_of(told_at)).days
    decision.order(ClockId.WITHDRAWAL_NOTICE, Basis.DECISION, ground, days, Unit.DATE, told_at)


def on_expiry(decision: Decision[WithdrawalCase], clock: Clock) -> bool:
    """The end of the notice is not a breach: a cleared withdrawal is carried out, unless it is disputed.

    The end of the notice itself decides nothing.
    """
    if clock.id is not ClockId.WITHDRAWAL_NOTICE:
        return False
    planned = _planned_beyond_the_notice(decision) if decision.case.cleared else None
    if decision.case.cleared and planned is None and decision.stage not in DISPUTED:
        decision.stage = Stage.WITHDRAWING
    decision.wait_out(clock)
    if planned is not None:
        rules = decision.case.rules
        _run_until(decision, planned, rules.consent or rules.record or rules.clause)
    return True


# Carried out by the platform once the notice has run


def grant_ended(grant: str, holder: Mapping[str, str], gone: bool) -> Callable[[Decision[WithdrawalCase]], None]:
    """The rule that notes that a grant has ended with the resource; ``gone``: it had ended before."""

    def rule(decision: Decision[WithdrawalCase]) -> None:
        if grant not in decision.case.ended:
            rules = decision.case.rules
            ground = rules.consent or rules.clause
            decision.note(EventType.GRANT_ENDED, ground, grant=grant, holder=dict(holder), gone=gone or None)

    return rule


def resource_withdrawn(decision: Decision[WithdrawalCase]) -> None:
    """撤销发布: withdraw the resource; no grant is left."""
    rules = decision.case.rules
    entry = decision.case.resource.model_dump(mode="json", exclude_none=True)
    decision.note(
        EventType.RESOURCE_WITHDRAWN, rules.consent or rules.clause, resource=entry, grants=list(decision.case.ended)
    )
    decision.close(Outcome.UNPUBLISHED)


may_be_disputed(RULES)
may_be_withdrawn(RULES, by=Role.PROVIDER)
may_be_urged(RULES)
