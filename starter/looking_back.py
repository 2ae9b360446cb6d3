"""Cases of the ledger for audits: each with its rules as they were, its filing, and its events."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from audit.replay.case import RecordedCase
from domain.rule_texts import KNOWN
from ledger.queries.audited import AuditedCase
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from starter.errors import NotFound


@dataclass(frozen=True)
class RecordedPage:
    """A page of cases, latest filing first; ``next`` is the cursor of the next page, None on the last."""

    cases: tuple[RecordedCase, ...]
    next: str | None


def recorded_case(reader: Reader, request_id: str) -> RecordedCase:
    """One case. Raises NotFound for one that is not there, RuleTextMissing where the ledger has lost a text; blocks."""
    found = reader.audited_case(request_id)
    if found is None:
        raise NotFound(f"There is no case {request_id}.")
    return _recorded(found)


def recorded_page(reader: Reader, wanted: CaseFilter, cursor: str | None, limit: int) -> RecordedPage:
    """One page of the cases that ``wanted`` lets through. Raises BadCursor, and as :func:`recorded_case`; blocks."""
    page = reader.audited(wanted, cursor, limit)
    return RecordedPage(tuple(_recorded(case) for case in page.cases), page.next)


def page_as_of(reader: Reader, wanted: CaseFilter, at: datetime, cursor: str | None, limit: int) -> RecordedPage:
    """One page of those that had been filed at an instant, full where there are so many. Raises likewise; blocks."""
    after = at + timedelta(microseconds=1)
    there = wanted if wanted.before is not None and wanted.before <= after else replace(wanted, before=after)
    page = recorded_page(reader, there, cursor, limit)
    return RecordedPage(tuple(case for case in page.cases if case.events[0].at <= at), page.next)


def _recorded(case: AuditedCase) -> RecordedCase:
    return RecordedCase(
        case.request_id,
        KNOWN.statute(case.statute_digest),
        KNOWN.policy(case.policy_digest),
        case.application,
        case.events,
        case.disposals,
    )
