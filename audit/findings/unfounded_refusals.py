"""Refusals that do not say what the text asks of them (拒绝缺少理由或依据)."""

from collections.abc import Iterator

from audit.findings.finding import Examined, Finding, FindingKind, acting
from domain.engine.records import RecordedEvent
from domain.field_types import VISIBLE
from domain.statutes.model import Clause
from domain.words import EventType, ProcedureName, Role

SAYS_NO = frozenset(
    {
        EventType.DECLINED,
        EventType.REFUSED,
        EventType.EXTENSION_DENIED,
        EventType.DISCLAIMED,
        EventType.IMPOSSIBILITY_REPORTED,
        EventType.COMPLETION_REJECTED,
        EventType.WITHDRAWAL_DENIED,
        EventType.UPDATE_RETURNED,
    }
)
"""What turns somebody down, and always needs a reason."""
DECIDES = frozenset({EventType.ADJUDICATED, EventType.DECIDED})
"""What turns somebody down where its decision is to deny."""


def unfounded_refusals(examined: Examined) -> Iterator[Finding]:
    """Each refusal without the reason that every text asks for (不同意共享的，应当说明理由: 809 art. 21), without the
    legal basis where the text asks for one of whoever refuses to share (提供依据: Yima art. 15, Jiangsu data
    regulation art. 33), or without the article under which the text lets anybody refuse.

    Signs that nobody can see are no reason.
    """
    for event in examined.events:
        if event.type in SAYS_NO or (event.type in DECIDES and event.data.get("decision") == "deny"):
            clause, basis_too = _asked_of(examined, event)
            if not _said(event, "reason"):
                yield _without(examined, event, clause, "no_reason", "reason_given")
            if basis_too and not _said(event, "legal_basis"):
                yield _without(examined, event, clause, "no_basis", "basis_given")
            if clause is not None and event.article is None:
                yield _without(examined, event, clause, "no_article", "article_given")


def _asked_of(examined: Examined, event: RecordedEvent) -> tuple[Clause | None, bool]:
    """The clause that says what this refusal must give, and whether a legal basis is among it."""
    statute = examined.case.statute
    if examined.case.procedure is not ProcedureName.SHARE_REQUEST:
        return None, False
    if event.type is EventType.REFUSED:
        rule = statute.refusal
        if event.actor.role is Role.BUREAU:
            rule = statute.platform_refusal or rule
        return rule.clause, rule.legal_basis
    if event.type in DECIDES and statute.denial is not None:
        return statute.denial.clause, statute.denial.legal_basis
    return None, False


def _said(event: RecordedEvent, field: str) -> bool:
    said = event.data.get(field)
    return isinstance(said, str) and VISIBLE.search(said) is not None


def _without(examined: Examined, event: RecordedEvent, clause: Clause | None, found: str, should: str) -> Finding:
    own = examined.case.statute.id
    return Finding(
        kind=FindingKind.REFUSAL_WITHOUT_BASIS,
        request_id=examined.recorded.request_id,
        seq=event.seq,
        at=event.at,
        statute=(clause.statute or own) if clause else event.statute,
        article=clause.article if clause else event.article,
        who=acting(examined.case, event),
        found=found,
        should=should,
        facts={"event": event.type},
    )
