"""The state of one access grant (共享授权), and the rules that close access."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from domain.calendar import day_of
from domain.clocks import ClockId
from domain.engine.commands import Terms
from domain.engine.decision import PLATFORM, Decision, Refused
from domain.engine.filed import Party
from domain.engine.records import Event, NumberedEvent
from domain.engine.ruled_case import RuledCase
from domain.field_types import Code, Text
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause
from domain.statutes.sections import AccessRules, Retention
from domain.words import Basis, EventType, Outcome, ProcedureName, Role, Stage, Unit
from procedures.common.instances import DISPUTED, Disputable
from procedures.common.parties import AboutResource
from procedures.common.sharing import Sharing
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase

Failure = Literal["overdue", "insufficient", "refused"]
"""How a rectification fails: its limit has passed, it was rejected after that, or the user refuses it (拒不整改)."""
_ENDS: Mapping[EventType, Outcome] = {
    EventType.TERMINATED: Outcome.TERMINATED,
    EventType.REVOKED: Outcome.REVOKED,
    EventType.SERVICE_ENDED: Outcome.ENDED,
    EventType.EXPIRED: Outcome.EXPIRED,
}
"""The outcome with which each end of a grant closes it, once the data has been disposed of."""
_UNANSWERED: Mapping[str, Any] = {"end_answered": False, "end_agreed": False, "end_allowed": False, "not_agreed": False}
_NOTHING_PROPOSED: Mapping[str, Any] = {"end_proposed": None, "proposed_terms": {}, **_UNANSWERED}


class AccessGrant(Sharing):
    """What was granted (授权内容): to whom, of what, for what, on which terms, until when.

    ``granted_by`` is the request that granted it. ``seasonal``: why the data is used only at certain times.
    """

    justification: Text | None = None
    terms: Terms = Terms()
    granted_by: Code | None = None
    seasonal: Text | None = None

    @property
    def expires_on(self) -> date | None:
        """The last day of the term: as granted, otherwise as applied for."""
        return self.terms.expires_on or self.use_until

    def as_application(self) -> Application:
        """The application for a renewal (续期) of this grant, in its scope."""
        kept = self.model_dump(exclude={"terms", "granted_by", "seasonal"})
        return Application.model_validate({**kept, "scope": self.scope or self.terms.scope})


@dataclass(frozen=True)
class GrantCase(AboutResource, Disputable, RuledCase[AccessRules]):
    """One grant, from the opening of access to its end. It may run for years, so it keeps little about its use."""

    procedure: ClassVar[ProcedureName] = ProcedureName.ACCESS_GRANT

    application: AccessGrant
    uses: int = 0
    last_used_at: datetime | None = None
    seasonal: bool = False
    end_proposed: Literal["end", "change"] | None = None
    proposed_terms: Mapping[str, Any] = field(default_factory=dict)
    end_answered: bool = False
    end_agreed: bool = False
    end_allowed: bool = False
    """Whether the last instance decided that the provider may do what it proposed."""
    renewed: bool = False
    rectification: str | None = None
    """The rectification that was ordered with the suspension."""
    clocks_before: int = 0
    """The number of the last clock before the suspension: those after it are its own."""
    failure: Failure | None = None
    """How that rectification has failed, if it has."""
    disposal_required: bool = False
    disposal_reported: bool = False
    ended_as: Outcome | None = None
    """The outcome with which the grant ended, or would close now; it stays open until the data is disposed of."""

    @property
    def excepted(self) -> bool:
        """Whether the use is seasonal, as the user has stated (季节性应用需求)."""
        return self.seasonal or bool(self.application.seasonal)

    @property
    def disposal_is_due(self) -> bool:
        """Whether the provider has asked for disposal and nothing has been reported since (妥善处置)."""
        return self.disposal_required and not self.disposal_reported

    def answerable(self, clock: ClockId) -> Party:
        """The user, for every limit: no clock here measures an act of the provider."""
        return self.requester if clock is ClockId.DISPOSAL else self.provider

    @property
    def dispute_clause(self) -> Clause | None:
        """The clause on disputes over ending or changing the service, if the text has one."""
        return self.rules.dispute

    @property
    def end_settled(self) -> bool:
        """Whether the user agreed to the proposal, or it was decided that the provider may carry it out."""
        return self.end_agreed or self.end_allowed

    def terms_negotiated(self, told: Mapping[str, Any]) -> dict[str, Any]:
        """The terms that the negotiation led to: the proposal's, which its author cannot change once it is settled."""
        return {**told, **self.proposed_terms} if self.end_settled else {**self.proposed_terms, **told}

    def apply_event(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Updates the use counters, the proposal to end it, the renewal, and the suspension."""
        data = event.data
        match event.type:
            case EventType.USED:
                stated = {"seasonal": True} if data.get("seasonal") else {}
                last = event.at if data["count"] else self.last_used_at
                return {"uses": self.uses + data["count"], "last_used_at": last, **stated}
            case EventType.END_PROPOSED:
                proposed = dict(data.get("terms") or {})
                return {"end_proposed": data["change"], "proposed_terms": proposed, **_UNANSWERED}
            case EventType.END_ANSWERED:
                return {"end_answered": True, "end_agreed": data["agrees"]}
            case EventType.SERVICE_CHANGED:
                changed = self._changed(data.get("terms"))
                return {"application": changed, **_NOTHING_PROPOSED}
            case EventType.COORDINATION_CONCLUDED if data["result"] == "agreed":
                return dict(_NOTHING_PROPOSED)
            case EventType.DECIDED if data["decision"] == "grant":
                return dict(_NOTHING_PROPOSED)
            case EventType.DECIDED if data["decision"] == "deny":
                decided = {**self.proposed_terms, **(data.get("terms") or {})}
                return {"end_allowed": True, "proposed_terms": decided}
            case EventType.COORDINATION_CONCLUDED | EventType.DECIDED:
                return self.dispute_after(event)
            case EventType.SUSPENDED:
                return {**_NOTHING_PROPOSED, **self._suspension_after(event)}
            case EventType.CASE_OPENED if data["procedure"] == ShareRequestCase.procedure:
                ended = {"ended_as": Outcome.RENEWED} if self.stage is Stage.EXPIRED else {}
                return {"renewed": True, **ended}
        return {**self._suspension_after(event), **self._end_after(event)}

    def _suspension_after(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Changes about the rectification that was ordered with the suspension."""
        data = event.data
        match event.type:
            case EventType.SUSPENDED:
                return {"clocks_before": max(self.clocks, default=0)}
            case EventType.CASE_OPENED if data["procedure"] == ProcedureName.RECTIFICATION:
                return {"rectification": data["request_id"], "failure": None}
            case EventType.CLOCK_BREACHED if data["clock"] == ClockId.RECTIFICATION:
                return {"failure": "overdue"}
            case EventType.RECTIFICATION_REFUSED:
                return {"failure": self.failure or "refused"}
            case EventType.RECTIFICATION_NOTED:
                return {"failure": data.get("failure")}
            case EventType.RESTORED:
                return {"rectification": None, "failure": None}
        return {}

    def _end_after(self, event: Event | NumberedEvent) -> dict[str, Any]:
        """Changes about the end of the grant and the disposal of the data."""
        match event.type:
            case EventType.DISPOSAL_REQUIRED:
                return {"disposal_required": True, "disposal_reported": False}
            case EventType.DISPOSAL_REPORTED:
                return {"disposal_reported": True}
            case _ if event.type in _ENDS:
                return {"ended_as": _ENDS[event.type]}
        return {}

    def _changed(self, terms: Mapping[str, Any] | None) -> AccessGrant:
        told = {**self.application.terms.model_dump(mode="json", exclude_none=True), **(terms or {})}
        return self.application.model_copy(update={"terms": Terms.model_validate(told)})


def heard(case: GrantCase) -> bool:
    """Whether the user answered the proposal or let the time for it pass, or the last instance decided."""
    return case.end_answered or case.end_allowed or case.breached(ClockId.NEGOTIATION)


def refuse_unless_negotiated(case: GrantCase, what: Collection[str] = ("end", "change")) -> None:
    """The provider may change or end a service only after the user's answer, or after the time for it has passed.

    While a dispute about it runs, the provider must wait for its end. Raises Refused.
    """
    if case.stage in DISPUTED:
        raise Refused(RefusalCode.WRONG_STAGE, case.coordination_clause, why="dispute_runs")
    if case.stage is not Stage.ENDING or case.end_proposed not in what or not heard(case):
        rules = case.rules
        raise Refused(RefusalCode.NEGOTIATION_MUST_COME_FIRST, rules.negotiate_end or rules.end_of_service)


def drop_dispute(decision: Decision[GrantCase]) -> None:
    """Access ends or is suspended: drop the proposal to end the service, and the dispute about it."""
    for clock_id in (ClockId.NEGOTIATION, ClockId.COORDINATION, ClockId.FINAL_INSTANCE):
        decision.cancel(clock_id)


# Disuse (长期未使用) and the term (期限)


def watch_disuse(decision: Decision[GrantCase]) -> None:
    """Start the limit on disuse, if the text has one: time under suspension does not count as disuse."""
    if decision.case.rules.unused is not None:
        decision.start(ClockId.UNUSED_ACCESS)


def move_term(decision: Decision[GrantCase], day: date) -> None:
    """Move the end of the term to another day; if that day has already passed, the grant ends now."""
    rules = decision.case.rules
    clause = rules.term or rules.clause
    clock = decision.case.open_clock(ClockId.GRANT_TERM)
    if day < day_of(decision.at):
        decision.cancel(ClockId.GRANT_TERM)
        decision.cancel(ClockId.UNUSED_ACCESS)
        expire(decision)
    elif clock is None:
        left = (day - day_of(decision.at)).days
        decision.order(ClockId.GRANT_TERM, Basis.DECISION, clause, left, Unit.DATE, decision.at)
    else:
        decision.replace(clock, "service_changed", clause, (day - day_of(clock.started_at)).days)


def change_service(decision: Decision[GrantCase], terms: Mapping[str, Any], reason: str | None) -> None:
    """变更服务: these terms apply from now on and are filed with the bureau; a new last day moves the term."""
    rules = decision.case.rules
    on_record = rules.negotiate_end or rules.end_of_service
    decision.stage = Stage.IN_USE
    decision.note(EventType.SERVICE_CHANGED, on_record, reason=reason, terms=dict(terms) or None)
    decision.note(EventType.FILED_FOR_RECORD, on_record, to=Role.BUREAU.value)
    if "expires_on" in terms:
        move_term(decision, date.fromisoformat(terms["expires_on"]))


# The end of access (关闭授权)


def expire(decision: Decision[GrantCase]) -> None:
    """期满: access ends with the term, whatever else is pending; the user may apply again."""
    rules = decision.case.rules
    decision.stage = Stage.EXPIRED
    decision.cancel(ClockId.RECTIFICATION)
    decision.note(EventType.EXPIRED, rules.term or rules.clause, actor=PLATFORM)
    close_access(decision)
    decision.start(ClockId.RENEWAL_WINDOW)


def end(decision: Decision[GrantCase], outcome: Outcome) -> None:
    """End the grant: close access, unless the end of its term closed it before.

    If the provider has asked for disposal (妥善处置), the case waits for the user's report.
    """
    waits = _disposal_is_due(decision)
    if waits:
        decision.stage = Stage.DISPOSAL
    if decision.case.stage is not Stage.EXPIRED:
        close_access(decision)
    if not waits:
        decision.close(outcome)
        return
    for clock in decision.case.clocks.values():
        if clock.open and clock.id is not ClockId.DISPOSAL:
            decision.cancel(clock.id)


def _disposal_is_due(decision: Decision[GrantCase]) -> bool:
    """Whether disposal is due after this act; an act that gives access back already reports it."""
    said = {event.type for event in decision.events}
    if said & {EventType.DISPOSAL_REPORTED, EventType.RELINQUISHED}:
        return False
    return decision.case.disposal_is_due or EventType.DISPOSAL_REQUIRED in said


def close_access(decision: Decision[GrantCase]) -> None:
    """关闭授权, with the day until which records of use must be kept, if the text says so."""
    records = decision.case.rules.records
    clause: Clause | None = records.clause if records else decision.case.rules.clause
    until = kept_until(day_of(decision.at), records).isoformat() if records else None
    decision.note(EventType.ACCESS_CLOSED, clause, actor=PLATFORM, uses=decision.case.uses, records_until=until)


def kept_until(day: date, records: Retention) -> date:
    """The last day of retention of records of a use that ended on ``day`` (保存期限)."""
    months = day.month - 1 + records.amount * (12 if records.unit == "year" else 1)
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
