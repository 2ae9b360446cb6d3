"""From the completeness check to the answer: 规范性审查, 补正, 平台授权, 答复, 延期."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from domain.clocks import ClockId
from domain.engine.commands import Nothing, Reasoned, Refusing, invalid
from domain.engine.decision import Decision, Refused
from domain.engine.rules import RuleBook
from domain.refusal_codes import RefusalCode
from domain.statutes.model import Clause, Extension, Refusal
from domain.words import CommandName, EventType, Outcome, ProcedureName, Role, Stage
from procedures.common.extensions import MayBeExtended
from procedures.share_request.application import Application
from procedures.share_request.case import ShareRequestCase, amended
from procedures.share_request.commands import Granting, ReturnForSupplement, Supplement
from procedures.share_request.completeness import findings, refuse_unless_complete

RULES: RuleBook[ShareRequestCase] = RuleBook()
"""The commands from the completeness check to the answer."""


# Completeness check (规范性审查)


@RULES.command(CommandName.ACCEPT, by=[Role.BUREAU], says=Nothing)
def accept(decision: Decision[ShareRequestCase], _: Nothing) -> None:
    """受理: the papers are in order. The request goes to whoever authorises it, whose limit starts that day."""
    check = decision.case.statute.limit(ClockId.COMPLETENESS_CHECK, decision.case.sharing_class)
    by_platform = decision.case.route.then == "platform_authorization"
    decision.stage = Stage.PLATFORM_AUTHORIZATION if by_platform else decision.stage
    decision.note(EventType.ACCEPTED, check.clause if check else None)
    decision.meet(ClockId.COMPLETENESS_CHECK)
    if by_platform:
        limit = decision.case.statute.limit(ClockId.PLATFORM_AUTHORIZATION, decision.case.sharing_class)
        if limit is None or not limit.from_filing:
            decision.start(ClockId.PLATFORM_AUTHORIZATION)
        return
    decision.stage = Stage.PROVIDER_ANSWER
    decision.note(EventType.FORWARDED, decision.case.statute.bodies[Role.BUREAU].clause)
    decision.start(ClockId.PROVIDER_ANSWER)


def _decline_forbidden(case: ShareRequestCase) -> Refused | None:
    rule = case.statute.decline
    return Refused(RefusalCode.DECLINE_NOT_ALLOWED, rule.clause) if rule and not rule.allowed else None


@RULES.command(CommandName.DECLINE, by=[Role.BUREAU], says=Reasoned, unavailable=_decline_forbidden)
def decline(decision: Decision[ShareRequestCase], said: Reasoned) -> None:
    """不予受理, with the reason."""
    rule = decision.case.statute.decline
    clause = rule.clause if rule else None
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, clause)
    decision.note(EventType.DECLINED, clause, reason=said.reason)
    decision.meet(ClockId.COMPLETENESS_CHECK)
    decision.close(Outcome.DECLINED)


# Supplement (补正)


def _once_and_by_the_right_side(case: ShareRequestCase, role: Role) -> None:
    rule = case.statute.supplement
    during = Stage.COMPLETENESS_CHECK if rule.by == "bureau" else Stage.PROVIDER_ANSWER
    if case.stage is not during:
        raise Refused(RefusalCode.WRONG_STAGE, rule.clause)
    if role != rule.by:
        raise Refused(RefusalCode.NOT_YOUR_TURN, rule.clause)
    if case.supplement_used:
        raise Refused(RefusalCode.SUPPLEMENT_ALREADY_REQUESTED, rule.clause)


@RULES.command(
    CommandName.RETURN_FOR_SUPPLEMENT,
    by=[Role.BUREAU, Role.PROVIDER],
    says=ReturnForSupplement,
    when=_once_and_by_the_right_side,
)
def return_for_supplement(decision: Decision[ShareRequestCase], said: ReturnForSupplement) -> None:
    """一次性告知: everything that is missing, once. The provider's own limit continues to run."""
    rule = decision.case.statute.supplement
    missing = list(said.missing or ())
    decision.require(missing, RefusalCode.MISSING_LIST_REQUIRED, rule.clause)
    decision.stage = Stage.SUPPLEMENT
    decision.note(
        EventType.SUPPLEMENT_REQUESTED,
        rule.clause,
        missing=missing,
        reason=said.reason,
        during=decision.case.stage.value,
    )
    decision.meet(ClockId.COMPLETENESS_CHECK)


@RULES.command(CommandName.SUPPLEMENT, by=[Role.REQUESTER], says=Supplement)
def supplement(decision: Decision[ShareRequestCase], said: Supplement) -> None:
    """补正: papers and fields. The completeness check starts again; the provider's limit is not changed."""
    papers = [paper.model_dump(mode="json") for paper in said.documents]
    changed = said.changed()
    # The result must still be a valid application: not too many papers, no required field emptied.
    try:
        after = amended(decision.case.application, {"documents": papers, "changed": changed})
    except ValidationError as error:
        raise invalid(CommandName.SUPPLEMENT, error) from None
    refuse_unless_complete(after, decision.case.statute)
    decision.stage = decision.case.supplement_of or Stage.PROVIDER_ANSWER
    decision.note(
        EventType.SUPPLEMENTED,
        decision.case.statute.supplement.clause,
        documents=papers,
        changed=changed,
        findings=findings(after, decision.case.statute),
    )
    if decision.stage is Stage.COMPLETENESS_CHECK:
        decision.start(ClockId.COMPLETENESS_CHECK)


# Authorization by the platform (平台授权)


@RULES.command(CommandName.AUTHORIZE, by=[Role.BUREAU], says=Granting)
def authorize(decision: Decision[ShareRequestCase], said: Granting) -> None:
    """授权: the bureau grants access on behalf of the platform; the provider is told."""
    limit = decision.case.statute.limit(ClockId.PLATFORM_AUTHORIZATION, decision.case.sharing_class)
    grant_access(decision, limit.clause if limit else None, said.said(), kept=ClockId.PLATFORM_AUTHORIZATION)


@RULES.command(CommandName.REFUSE_AUTHORIZATION, by=[Role.BUREAU], says=Refusing)
def refuse_authorization(decision: Decision[ShareRequestCase], said: Refusing) -> None:
    """不予授权, with the specific reason."""
    rule = decision.case.statute.platform_refusal or decision.case.statute.refusal
    _refuse(decision, said, rule, ClockId.PLATFORM_AUTHORIZATION)


# The provider's answer (答复)


@RULES.command(CommandName.GRANT, by=[Role.PROVIDER], says=Granting)
def grant(decision: Decision[ShareRequestCase], said: Granting) -> None:
    """同意共享. Where the text sets a limit for delivery, it starts today."""
    limit = decision.case.statute.limit(ClockId.PROVIDER_ANSWER, decision.case.sharing_class)
    consent = _consent(decision.case, said.office_head_consent)
    grant_access(decision, limit.clause if limit else None, said.said(), kept=ClockId.PROVIDER_ANSWER, consent=consent)


@RULES.command(CommandName.REFUSE, by=[Role.PROVIDER], says=Refusing)
def refuse(decision: Decision[ShareRequestCase], said: Refusing) -> None:
    """不同意共享, with the reason and, where the text asks for it, the legal basis."""
    consent = _consent(decision.case, said.office_head_consent)
    _refuse(decision, said, decision.case.statute.refusal, ClockId.PROVIDER_ANSWER, consent)


def _consent(case: ShareRequestCase, given: bool) -> Mapping[str, Any]:
    """The consent of the head of the provider's office; a finding if the text asks for it and it is missing."""
    if given:
        return {"office_head_consent": True}
    return {"findings": ["no_office_head_consent"]} if case.statute.answer_consent else {}


# A longer limit (延长答复期限)


def _extension(case: ShareRequestCase) -> Extension | None:
    """The text's rule on extending the answer for this sharing class."""
    rule = case.statute.extension
    return rule if rule is not None and rule.sharing_class in (None, case.sharing_class) else None


def _answer_clause(case: ShareRequestCase) -> Clause | None:
    limit = case.statute.limit(ClockId.PROVIDER_ANSWER, case.sharing_class)
    return limit.clause if limit else None


MayBeExtended(ClockId.PROVIDER_ANSWER, _extension, _answer_clause).enter(RULES)


# Shared by the answers


def grant_access(
    decision: Decision[ShareRequestCase],
    clause: Clause | None,
    terms: object,
    kept: ClockId | None,
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Sharing is granted, agreed or decided: enter delivery if the text limits it, otherwise close the case.

    If it had been agreed before and nothing was delivered, the earlier terms stand unless there are new ones.
    """
    terms = terms or decision.case.terms
    delivery = decision.case.statute.limit(ClockId.DELIVERY, decision.case.sharing_class)
    decision.stage = Stage.DELIVERY if delivery else decision.stage
    decision.note(EventType.GRANTED, clause, terms=terms or None, **consent)
    if kept is not None:
        decision.meet(kept)
    if delivery is None:
        close_granted(decision, terms)


def close_granted(decision: Decision[ShareRequestCase], terms: object) -> None:
    """Close the case as granted; if the text has rules on use, an access grant is opened."""
    case = decision.case
    access = case.statute.access
    if access is not None:
        decision.open_other(
            ProcedureName.ACCESS_GRANT, grant_of(case.application, case.request_id, terms), access.clause
        )
    decision.close(Outcome.GRANTED)


def grant_of(application: Application, request_id: str, terms: object) -> dict[str, object]:
    """The filing of the access grant that a granted request opens."""
    agreed = dict(terms) if isinstance(terms, Mapping) else {}
    left = {"documents", "disputes_grant", "contains_state_secret", "office_head_consent"}
    asked = application.model_dump(mode="json", exclude_none=True, exclude=left)
    return {**asked, "granted_by": request_id, "terms": agreed}


def _refuse(
    decision: Decision[ShareRequestCase],
    said: Refusing,
    rule: Refusal,
    kept: ClockId,
    consent: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    decision.require(said.reason, RefusalCode.REASON_REQUIRED, rule.clause)
    if rule.legal_basis:
        decision.require(said.legal_basis, RefusalCode.LEGAL_BASIS_REQUIRED, rule.clause)
    decision.stage = Stage.REFUSED
    decision.note(EventType.REFUSED, rule.clause, reason=said.reason, legal_basis=said.legal_basis, **consent)
    decision.meet(kept)
    decision.start(ClockId.DISPUTE_WINDOW)
