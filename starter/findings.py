"""Findings in whole ledgers, case by case, a page at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from audit.findings.finding import Finding, FindingKind
from audit.findings.found import findings_in
from audit.replay.case import RecordedCase
from domain.calendar import Calendar
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from starter.looking_back import recorded_page

AT_ONCE = 100
"""Cases kept in memory at once while going through a ledger."""


@dataclass(frozen=True)
class FindingPage:
    """What was found in some cases; ``next`` is the cursor of those that follow, None on the last page."""

    findings: tuple[Finding, ...]
    next: str | None


def all_recorded(reader: Reader, wanted: CaseFilter) -> Iterator[RecordedCase]:
    """Every case that ``wanted`` lets through, latest filing first: memory does not grow with their number.

    Raises as :func:`starter.looking_back.recorded_page`; blocks.
    """
    cursor: str | None = None
    while True:
        page = recorded_page(reader, wanted, cursor, AT_ONCE)
        yield from page.cases
        cursor = page.next
        if cursor is None:
            return


def all_findings(
    reader: Reader, wanted: CaseFilter, now: datetime, kind: FindingKind | None = None
) -> Iterator[Finding]:
    """What there is in all of these cases and lies in the period, of one kind or any, case by case.

    Raises likewise; blocks.
    """
    calendar = reader.calendar()
    for recorded in all_recorded(reader, _with_disposed(wanted)):
        yield from _of_kind(_within(recorded, wanted, calendar, now), kind)


def findings_page(
    reader: Reader, wanted: CaseFilter, now: datetime, cursor: str | None, limit: int, kind: FindingKind | None = None
) -> FindingPage:
    """What there is in the next ``limit`` cases (1..500): perhaps nothing, though more follow. Raises and blocks so."""
    page, calendar = recorded_page(reader, _with_disposed(wanted), cursor, limit), reader.calendar()
    found = (finding for recorded in page.cases for finding in _within(recorded, wanted, calendar, now))
    return FindingPage(tuple(_of_kind(found, kind)), page.next)


def any_chosen(reader: Reader, wanted: CaseFilter) -> bool:
    """Whether there is any case in which findings would be looked for. Blocks."""
    return bool(reader.audited(_with_disposed(wanted), None, 1).cases)


def _with_disposed(wanted: CaseFilter) -> CaseFilter:
    """Also cases that ended before the period, and of which something was disposed of in it."""
    return replace(wanted, or_disposed=True)


def _of_kind(found: Iterable[Finding], kind: FindingKind | None) -> Iterator[Finding]:
    return (finding for finding in found if kind in (None, finding.kind))


def _within(recorded: RecordedCase, wanted: CaseFilter, calendar: Calendar, now: datetime) -> Iterator[Finding]:
    """A finding lies in the period in which what shows it happened."""
    for finding in findings_in(recorded, calendar, now):
        begun = wanted.since is None or finding.at >= wanted.since
        if begun and (wanted.before is None or finding.at < wanted.before):
            yield finding
