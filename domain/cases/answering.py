"""From the completeness check to the answer: 规范性审查, 补正, 平台授权, 答复, 延期."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from domain.cases.application import Application
from domain.cases.case import Case, amended
from domain.cases.commands import (
    Granting,
    Nothing,
    Reasoned,
    Refusing,
    ReturnForSupplement,
    Supplement,
    invalid,
)
from domain.cases.completeness import findings, refuse_unless_complete
from domain.cases.extensions import MayBeExtended
from domain.cases.share_rules import RULES, command
from domain.cases.turn import Refused, Turn
from domain.statutes.model import Clause, Extension, Refusal
from domain.words import ClockId, CommandName, EventType, Outcome, ProcedureName, RefusalCode, Role, Stage

ANSWERABLE = (Stage.PROVIDER_ANSWER,)


# Completeness check (规范性审查)


@command(CommandName.ACCEPT, by=[Role.BUREAU], stages=[Stage.COMPLETENESS_CHECK])
def accept(turn: Turn[Case], _: Nothing) -> None:
    """受理: the papers are in order. The file goes to whoever authorises, whose limit starts that day."""
    check = turn.case.statute.limit(ClockId.COMPLETENESS_CHECK, turn.case.sharing_class)
    by_platform = turn.case.route.then == "platform_authorization"
    turn.stage = Stage.PLATFORM_AUTHORIZATION if by_platform else turn.stage
    turn.note(EventType.ACCEPTED, check.clause if check else None)
    turn.keep(ClockId.COMPLETENESS_CHECK)
    if by_platform:
        limit = turn.case.statute.limit(ClockId.PLATFORM_AUTHORIZATION, turn.case.sharing_class)
        if limit is None or not limit.from_filing:
            turn.start(ClockId.PLATFORM_AUTHORIZATION)
        return
    turn.stage = Stage.PROVIDER_ANSWER
    turn.note(EventType.FORWARDED, turn.case.statute.bodies[Role.BUREAU].clause)
    turn.start(ClockId.PROVIDER_ANSWER)


def _decline_forbidden(case: Case) -> Refused | None:
    rule = case.statute.decline
    return Refused(RefusalCode.DECLINE_NOT_ALLOWED, rule.clause) if rule and not rule.allowed else None


@command(CommandName.DECLINE, by=[Role.BUREAU], stages=[Stage.COMPLETENESS_CHECK], unavailable=_decline_forbidden)
def decline(turn: Turn[Case], said: Reasoned) -> None:
    """不予受理, with the reason."""
    rule = turn.case.statute.decline
    clause = rule.clause if rule else None
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    turn.note(EventType.DECLINED, clause, reason=said.reason)
    turn.keep(ClockId.COMPLETENESS_CHECK)
    turn.close(Outcome.DECLINED)


# Supplement (补正)


def _once_and_by_the_right_side(case: Case, role: Role) -> None:
    rule = case.statute.supplement
    during = Stage.COMPLETENESS_CHECK if rule.by == "bureau" else Stage.PROVIDER_ANSWER
    if case.stage is not during:
        raise Refused(RefusalCode.WRONG_STAGE, rule.clause)
    if role != rule.by:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rule.clause)
    if case.supplement_used:
        raise Refused(RefusalCode.SUPPLEMENT_ALREADY_REQUESTED, rule.clause)


@command(
    CommandName.RETURN_FOR_SUPPLEMENT,
    by=[Role.BUREAU, Role.PROVIDER],
    stages=[Stage.COMPLETENESS_CHECK, Stage.PROVIDER_ANSWER],
    when=_once_and_by_the_right_side,
)
def return_for_supplement(turn: Turn[Case], said: ReturnForSupplement) -> None:
    """一次性告知: all that is missing, told once. The provider's own limit runs on."""
    rule = turn.case.statute.supplement
    missing = list(said.missing or ())
    turn.require(missing, RefusalCode.MISSING_LIST_REQUIRED, rule.clause)
    turn.stage = Stage.SUPPLEMENT
    turn.note(
        EventType.SUPPLEMENT_REQUESTED, rule.clause, missing=missing, reason=said.reason, during=turn.case.stage.value
    )
    turn.keep(ClockId.COMPLETENESS_CHECK)
    turn.start(ClockId.SUPPLEMENT)


@command(CommandName.SUPPLEMENT, by=[Role.REQUESTER], stages=[Stage.SUPPLEMENT])
def supplement(turn: Turn[Case], said: Supplement) -> None:
    """补正: papers and fields. A completeness check starts afresh; a provider's limit is not touched."""
    papers = [paper.model_dump(mode="json") for paper in said.documents]
    changed = said.changed()
    # What is written must be an application still: not too many papers, nothing required blanked out.
    try:
        after = amended(turn.case.application, {"documents": papers, "changed": changed})
    except ValidationError as error:
        raise invalid(CommandName.SUPPLEMENT, error) from None
    refuse_unless_complete(after, turn.case.statute)
    turn.stage = turn.case.supplement_of or Stage.PROVIDER_ANSWER
    turn.note(
        EventType.SUPPLEMENTED,
        turn.case.statute.supplement.clause,
        documents=papers,
        changed=changed,
        findings=findings(after, turn.case.statute),
    )
    turn.keep(ClockId.SUPPLEMENT)
    if turn.stage is Stage.COMPLETENESS_CHECK:
        turn.start(ClockId.COMPLETENESS_CHECK)


# Authorization by the platform (平台授权)


@command(CommandName.AUTHORIZE, by=[Role.BUREAU], stages=[Stage.PLATFORM_AUTHORIZATION])
def authorize(turn: Turn[Case], said: Granting) -> None:
    """授权: the bureau opens access on behalf of the platform; the provider is told."""
    limit = turn.case.statute.limit(ClockId.PLATFORM_AUTHORIZATION, turn.case.sharing_class)
    grant_access(turn, limit.clause if limit else None, said.said(), kept=ClockId.PLATFORM_AUTHORIZATION)


@command(CommandName.REFUSE_AUTHORIZATION, by=[Role.BUREAU], stages=[Stage.PLATFORM_AUTHORIZATION])
def refuse_authorization(turn: Turn[Case], said: Refusing) -> None:
    """不予授权, with the specific reason."""
    rule = turn.case.statute.platform_refusal or turn.case.statute.refusal
    _refuse(turn, said, rule, ClockId.PLATFORM_AUTHORIZATION)


# The provider's answer (答复)


@command(CommandName.GRANT, by=[Role.PROVIDER], stages=ANSWERABLE)
def grant(turn: Turn[Case], said: Granting) -> None:
    """同意共享. Where the text sets a limit for delivery, it starts today."""
    limit = turn.case.statute.limit(ClockId.PROVIDER_ANSWER, turn.case.sharing_class)
    consent = _consent(turn.case, said.office_head_consent)
    grant_access(turn, limit.clause if limit else None, said.said(), kept=ClockId.PROVIDER_ANSWER, consent=consent)


@command(CommandName.REFUSE, by=[Role.PROVIDER], stages=ANSWERABLE)
def refuse(turn: Turn[Case], said: Refusing) -> None:
    """不同意共享, with the reason and, where the text asks for it, the legal basis."""
    consent = _consent(turn.case, said.office_head_consent)
    _refuse(turn, said, turn.case.statute.refusal, ClockId.PROVIDER_ANSWER, consent)


def _consent(case: Case, given: bool) -> Mapping[str, Any]:
    """Whether the head of the provider's office consented, and where the text asks for that and it is not said, so."""
    if given:
        return {"office_head_consent": True}
    return {"findings": ["no_office_head_consent"]} if case.statute.answer_consent else {}


# A longer limit (延长答复期限)


def _extension(case: Case) -> Extension | None:
    """What the text says of a longer answer for this class of data."""
    rule = case.statute.extension
    return rule if rule is not None and rule.sharing_class in (None, case.sharing_class) else None


def _answer_clause(case: Case) -> Clause | None:
    limit = case.statute.limit(ClockId.PROVIDER_ANSWER, case.sharing_class)
    return limit.clause if limit else None


MayBeExtended(ClockId.PROVIDER_ANSWER, ANSWERABLE, _extension, _answer_clause).enter(RULES)


# Shared by the answers


def grant_access(
    turn: Turn[Case],
    clause: Clause | None,
    terms: object,
    kept: ClockId | None,
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Sharing is agreed, by whomever: delivery begins where the text sets a limit for it, else the case is done.

    Where it had been agreed before and nothing was delivered, the terms of then stand unless there are new ones.
    """
    terms = terms or turn.case.terms
    delivery = turn.case.statute.limit(ClockId.DELIVERY, turn.case.sharing_class)
    turn.stage = Stage.DELIVERY if delivery else turn.stage
    turn.note(EventType.GRANTED, clause, terms=terms or None, **consent)
    if kept is not None:
        turn.keep(kept)
    if delivery is None:
        close_granted(turn, terms)
        return
    turn.start(ClockId.DELIVERY)


def close_granted(turn: Turn[Case], terms: object) -> None:
    """The data may be used from now on: where the text has rules on that, they begin with a grant of its own."""
    case = turn.case
    access = case.statute.access
    if access is not None:
        turn.open_other(ProcedureName.ACCESS_GRANT, grant_of(case.application, case.request_id, terms), access.clause)
    turn.close(Outcome.GRANTED)


def grant_of(application: Application, request_id: str, terms: object) -> dict[str, object]:
    """The access that a granted request opens: who may use what for what, on which terms, until when."""
    agreed = dict(terms) if isinstance(terms, Mapping) else {}
    left = {"documents", "disputes_grant", "contains_state_secret", "office_head_consent"}
    asked = application.model_dump(mode="json", exclude_none=True, exclude=left)
    return {**asked, "granted_by": request_id, "terms": agreed}


def _refuse(
    turn: Turn[Case],
    said: Refusing,
    rule: Refusal,
    kept: ClockId,
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    turn.require(said.reason, RefusalCode.REASON_REQUIRED, rule.clause)
    if rule.legal_basis:
        turn.require(said.legal_basis, RefusalCode.LEGAL_BASIS_REQUIRED, rule.clause)
    turn.stage = Stage.REFUSED
    turn.note(EventType.REFUSED, rule.clause, reason=said.reason, legal_basis=said.legal_basis, **consent)
    turn.keep(kept)
    turn.start(ClockId.DISPUTE_WINDOW)
