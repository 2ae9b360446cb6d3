"""Periodic duty (定期工作): what a department or an organ must do in every period.

One case is one duty of one body in one period. It is opened when the period begins, with reminders, and is either
fulfilled or, after its limit, closed as unfulfilled by an organ that is not itself bound by the duty.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Annotated, Any, ClassVar

from pydantic import Field

from domain.access import place_of
from domain.calendar import CHINA, day_of
from domain.clocks import ClockId
from domain.codes import code_key
from domain.engine.commands import Reasoned
from domain.engine.decision import Decision, Refused
from domain.engine.filed import Document, Filed, Party, Resource
from domain.engine.procedure import Digests, OneCase
from domain.engine.records import Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.engine.rules import RuleBook
from domain.field_types import Day, Given, ShortText, Text
from domain.periods import FIRST_YEAR, LAST_YEAR, Period, Recurrence, period_named, period_of
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Statute
from domain.statutes.sections import Duty
from domain.words import Basis, ClockState, CommandName, EventType, Outcome, ProcedureName, Role, Stage, Unit
from procedures.common.filing import code_and_name, refuse_unless_given
from procedures.common.supervision import may_be_supervised, take_back

ORGANS = (Role.BUREAU, Role.LEADING_GROUP, Role.GOVERNMENT)
NATIONWIDE = "cn"
"""The place of a national text."""


class DutyItem(Filed):
    """One item of a duty (事项), such as a data set; ``due_on``: an earlier day of its own."""

    name: Given
    code: ShortText | None = None
    due_on: Day | None = None


class DutyOfPeriod(Filed):
    """Which duty of which department, in which period.

    ``duty`` is its id in the statute. ``produced_on`` replaces the period if the duty is due after each event.
    ``department`` is left out if the duty is an organ's.
    """

    duty: ShortText | None = None
    department: Party = Party()
    period: ShortText | None = None
    produced_on: Day | None = None
    resource: Resource = Resource()
    items: Annotated[tuple[DutyItem, ...], Field(max_length=200)] = ()


@dataclass(frozen=True)
class DutyCase(RuledCase[tuple[Duty, ...]]):
    """One duty of one body in one period."""

    procedure: ClassVar[ProcedureName] = ProcedureName.PERIODIC_DUTY

    application: DutyOfPeriod

    @property
    def duty(self) -> Duty | None:
        """The named duty, if the text has it."""
        return duty_named(self.statute, self.application.duty)

    @property
    def requester(self) -> Party:
        """The organ to which the duty is accounted for."""
        to = organ(self.statute, self.duty.to if self.duty else Role.BUREAU)
        named = self.duty.addressee if self.duty else None
        return Party(code=to.code, name=named.zh) if named else to

    @property
    def provider(self) -> Party:
        """Who must fulfil the duty: the department, or the organ that the text binds."""
        given, duty = self.application.department, self.duty
        if duty is None or duty.by in (None, Role.PROVIDER):
            return given
        own = organ(self.statute, duty.by)
        name = duty.body.zh if duty.body else own.name
        return Party(code=given.code or own.code, name=given.name or name)

    @property
    def resource(self) -> Resource:
        """The subject: the named data, otherwise the duty and its period."""
        said, duty = self.application, self.duty
        about = said.period or (said.produced_on.isoformat() if said.produced_on else "")
        own = Resource(code=duty.id, name=f"{duty.name.zh}（{about}）") if duty else Resource()
        return Resource(code=said.resource.code or own.code, name=said.resource.name or own.name)

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:  # noqa: ARG002 - nothing beyond its clocks
        """Nothing: events of a duty change only stage, clocks and outcome."""
        return {}


def duty_named(statute: Statute, name: str | None) -> Duty | None:
    """The duty of a text with this id."""
    return next((duty for duty in statute.duties or () if duty.id == name), None)


def organ(statute: Statute, role: Role | None) -> Party:
    """An organ of a text as a party; its code is made of place and role, unless a filing gives its own."""
    body = statute.bodies.get(role) if role else None
    return Party(code=f"{place_of(statute.id)}:{role}", name=body.name.zh if body else None)


def one_case(statute: Statute, said: DutyOfPeriod) -> OneCase | None:
    """One duty of one body in one period is one case. Where it is due after each event, the day and the data count.

    Names of departments may change and codes be written in either case; what else is said must be the same.
    """
    duty = duty_named(statute, said.duty)
    when = said.produced_on if duty and duty.every == "event" else said.period
    if duty is None or duty.by is None or not when:
        return None
    code = code_key(said.department.code) if said.department.code else None
    theirs = duty.by is Role.PROVIDER
    body = code if theirs else duty.by.value
    if place_of(statute.id) == NATIONWIDE and code:  # each place has organs of its own
        body = code
    if body is None:
        return None
    about = (said.resource.code or said.resource.name) if duty.every == "event" else None
    parts = [duty.id, body, when.isoformat() if isinstance(when, date) else when, *([about] if about else [])]
    own = theirs or code == code_key(organ(statute, duty.by).code or "")
    return OneCase("/".join(parts), (said.items, said.resource, None if own else code))


RULES: RuleBook[DutyCase] = RuleBook()


def begin(decision: Decision[DutyCase], digests: Digests) -> None:
    """开始: the limit runs from the first day of the period, also when the case is opened later."""
    said, duty = decision.case.application, _known_duty(decision)
    _refuse_unless_complete(decision, duty)
    decision.stage = Stage.DUTY
    limit = _limit(decision, duty)
    about = str(limit.period.first.year - 1) if duty.about_previous and limit.period else None
    decision.file(
        duty.clause,
        digests,
        duty=duty.id,
        period=limit.period.name if limit.period else None,
        about=about,
        produced_on=said.produced_on.isoformat() if said.produced_on else None,
        provider=decision.case.provider.code,
        items=[item.model_dump(mode="json", exclude_none=True) for item in said.items] or None,
    )
    clause = duty.clause if limit.basis is Basis.STATUTE else None
    decision.order(ClockId.DUTY, limit.basis, clause, limit.amount, limit.unit, limit.starts_at)


def _known_duty(decision: Decision[DutyCase]) -> Duty:
    case = decision.case
    duties = case.rules
    refuse_unless_given({"duty": case.application.duty}, None)
    if case.duty is None:
        known = ", ".join(duty.id for duty in duties)
        raise Refused(RefusalCode.UNKNOWN_DUTY, duty=case.application.duty or "", known=known)
    return case.duty


def _refuse_unless_complete(decision: Decision[DutyCase], duty: Duty) -> None:
    """Raises Refused for a filing without a bound body, or with missing fields (all of them named)."""
    said = decision.case.application
    theirs = duty.by is Role.PROVIDER
    if duty.by is None or (theirs and not said.department.code and not said.department.name):
        raise Refused(RefusalCode.DUTY_WITHOUT_BODY, duty.clause)
    if decision.actor.role is Role.PROVIDER and not theirs:
        raise Refused(RefusalCode.NOT_YOUR_TURN, duty.clause)
    body = code_and_name(department=said.department) if theirs else {}
    when = {"produced_on": said.produced_on} if duty.every == "event" else {"period": said.period}
    refuse_unless_given({**body, **when}, duty.clause)


@dataclass(frozen=True)
class _Limit:
    basis: Basis
    amount: int
    unit: Unit
    starts_at: datetime
    period: Period | None = None


def _limit(decision: Decision[DutyCase], duty: Duty) -> _Limit:
    """The limit of the duty in the named period. Raises Refused for an impossible period."""
    regular = decision.case.policy.regular_duties
    recurrence = duty.recurrence(regular)
    if recurrence is None:
        return _after_the_event(decision, duty)
    period = _period(decision, duty, recurrence)
    last = duty.last_day(period)
    for item in decision.case.application.items:
        if item.due_on is not None and not period.first <= item.due_on <= last:
            raise _wrong(duty, item.due_on.isoformat(), last.isoformat())
    basis = Basis.POLICY if duty.every == "regular" else Basis.STATUTE
    # In the period in which the text came into force, nobody was bound before that day.
    first = max(period.first, in_force_from(decision.case.statute, duty))
    return _Limit(basis, (last - first).days, Unit.DATE, _at_the_start_of(first), period)


def _period(decision: Decision[DutyCase], duty: Duty, recurrence: Recurrence) -> Period:
    name, today = decision.case.application.period or "", day_of(decision.at)
    period = period_named(recurrence, name)
    if period is None:
        raise _wrong(duty, name, period_of(recurrence, today).name)
    if period.first > today:
        raise _wrong(duty, name, period_of(recurrence, today).name, why="period_not_begun")
    if duty.last_day(period) < in_force_from(decision.case.statute, duty):
        raise _wrong(duty, name, period_of(recurrence, today).name, why="text_not_in_force")
    return period


def _after_the_event(decision: Decision[DutyCase], duty: Duty) -> _Limit:
    produced, today = decision.case.application.produced_on, day_of(decision.at)
    assert produced is not None
    if not FIRST_YEAR <= produced.year <= LAST_YEAR:
        raise _wrong(duty, produced.isoformat(), today.isoformat())
    if produced > today:
        raise _wrong(duty, produced.isoformat(), today.isoformat(), why="period_not_begun")
    if produced < in_force_from(decision.case.statute, duty):
        raise _wrong(duty, produced.isoformat(), today.isoformat(), why="text_not_in_force")
    # The day of the event is day 0, whenever it was reported.
    since = min(decision.at, _at_the_start_of(produced))
    if duty.amount is not None and duty.unit is not None:
        return _Limit(Basis.STATUTE, duty.amount, duty.unit, since)
    own = decision.case.policy.event_duties
    return _Limit(Basis.POLICY, own.at_once if duty.how_soon == "at_once" else own.in_time, Unit.WORKING_DAY, since)


def in_force_from(statute: Statute, duty: Duty) -> date:
    """The day from which a duty binds: that of its own text, even if it was later merged into another."""
    local = statute.earlier[0].first_day if statute.earlier and duty.clause.statute is None else statute.first_day
    return duty.in_force_from or local or date.min


def _wrong(duty: Duty, period: str, example: str, **why: str) -> Refused:
    return Refused(RefusalCode.WRONG_PERIOD, duty.clause, period=period, example=example, **why)


def _at_the_start_of(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _bound(case: DutyCase) -> Duty:
    duty = case.duty
    assert duty is not None  # it has begun, so its notice is known
    return duty


def _whoever_is_bound(case: DutyCase, role: Role) -> None:
    """Raises Refused unless the actor is the bound body: the department, or the organ named by the text."""
    if role is not _bound(case).by:
        raise Refused(RefusalCode.NOT_YOUR_TURN, _bound(case).clause)


def _nobody_for_himself(case: DutyCase, role: Role) -> None:
    """Raises Refused for an organ that would release itself from its own duty."""
    if role is _bound(case).by:
        raise Refused(RefusalCode.NOT_YOUR_TURN, _bound(case).clause)


def _only_after_the_limit(case: DutyCase, role: Role) -> None:
    _nobody_for_himself(case, role)
    if not any(clock.state is ClockState.BREACHED for clock in case.clocks.values()):
        raise Refused(RefusalCode.WRONG_STAGE, _bound(case).clause, why="duty_still_runs")


def whose_duty(case: DutyCase) -> Sequence[Role]:
    """Whoever is bound; once the limit was missed also the organs that may close it as unfulfilled."""
    by = case.duty.by if case.duty else None
    bound = (by or Role.PROVIDER,)
    missed = any(clock.state is ClockState.BREACHED for clock in case.clocks.values())
    return tuple(dict.fromkeys([*bound, *ORGANS])) if missed else bound


class Fulfilling(Filed):
    """What was done, and where it was made public."""

    report: Text | None = None
    published_at: Day | None = None
    where: ShortText | None = None
    documents: Annotated[tuple[Document, ...], Field(max_length=100)] = ()

    def said(self) -> Mapping[str, Any]:
        """The fields as JSON values, without those left out."""
        return {name: value for name, value in self.model_dump(mode="json", exclude_none=True).items() if value}


@RULES.command(CommandName.FULFIL, by=[Role.PROVIDER, *ORGANS], says=Fulfilling, when=_whoever_is_bound)
def fulfil(decision: Decision[DutyCase], said: Fulfilling) -> None:
    """履行: the duty is fulfilled, with a record. Missing publication, if the text requires it, is a finding."""
    duty = _bound(decision.case)
    decision.require(said.report, RefusalCode.APPLICATION_INCOMPLETE, duty.clause, fields="report")
    unpublished = duty.publish is not None and said.published_at is None
    findings = ["not_published"] if unpublished else None
    decision.note(EventType.DUTY_FULFILLED, duty.clause, **said.said(), findings=findings)
    decision.meet(ClockId.DUTY)
    decision.close(Outcome.FULFILLED)


@RULES.command(CommandName.CLOSE_UNFULFILLED, by=ORGANS, says=Reasoned, when=_only_after_the_limit)
def close_unfulfilled(decision: Decision[DutyCase], said: Reasoned) -> None:
    """以未履行办结: the duty was not fulfilled and will not be; the missed limit stays missed."""
    duty = _bound(decision.case)
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, duty.clause)
    decision.note(EventType.DUTY_UNFULFILLED, duty.clause, reason=said.reason)
    decision.close(Outcome.UNFULFILLED)


@RULES.command(CommandName.WITHDRAW, by=ORGANS, says=Reasoned, when=_nobody_for_himself)
def withdraw(decision: Decision[DutyCase], said: Reasoned) -> None:
    """撤回: the case was opened in error, or the bound body no longer exists."""
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, _bound(decision.case).clause)
    take_back(decision, said)


may_be_supervised(RULES)
_ORDERED = RULES[CommandName.ORDER_RECTIFICATION]


def _another_missed_it(case: DutyCase, role: Role) -> None:
    """Raises Refused for an organ that would order rectification of its own omission."""
    _nobody_for_himself(case, role)
    _ORDERED.when(case, role)


RULES[CommandName.ORDER_RECTIFICATION] = replace(_ORDERED, when=_another_missed_it)
