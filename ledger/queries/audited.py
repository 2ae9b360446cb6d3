"""Queries of auditors: whole cases with all of their events, a page at a time."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, RowMapping, Select, select

from domain.engine.records import RecordedEvent
from domain.log.acts import OperatorAct
from ledger.engine import reading
from ledger.queries.acts import disposals_of
from ledger.queries.cursors import cursor_of, read_cursor
from ledger.queries.listing import in_order, page_of_cases
from ledger.queries.views import CaseFilter, event_from
from ledger.tables import cases, events, filings

LARGEST_PAGE = 500


@dataclass(frozen=True)
class AuditedCase:
    """A case as it was filed, with the digests of its texts, all of its events, and the acts that disposed of parts of
    it."""

    request_id: str
    statute_digest: str
    policy_digest: str
    application: Mapping[str, Any]
    events: tuple[RecordedEvent, ...]
    disposals: tuple[OperatorAct, ...]


@dataclass(frozen=True)
class AuditedPage:
    """A page of cases; ``next`` is the cursor of the next page, None on the last."""

    cases: tuple[AuditedCase, ...]
    next: str | None


_FILED = (cases.c.request_id, cases.c.statute_digest, cases.c.policy_digest, filings.c.application)


def audited_case(engine: Engine, request_id: str) -> AuditedCase | None:
    """One case, or None."""
    query = select(*_FILED).join_from(cases, filings).where(cases.c.request_id == request_id)
    with reading(engine) as connection:
        found = _with_events(connection, query)
    return found[0] if found else None


def audited_cases(engine: Engine, wanted: CaseFilter, cursor: str | None, limit: int) -> AuditedPage:
    """The cases that match ``wanted``, latest filing first; ``limit`` is clamped to 1..500. Raises BadCursor.

    Following the cursors shows each case that existed at the start exactly once.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    page = page_of_cases(wanted, None if cursor is None else read_cursor(cursor), limit + 1)
    if page is None:
        return AuditedPage((), None)
    places = select(page.c.position, page.c.request_id).order_by(*in_order(page, latest_first=True))
    with reading(engine) as connection:
        found = connection.execute(places).all()
        shown = [request_id for _, request_id in found[:limit]]
        query = select(*_FILED).join_from(cases, filings).where(cases.c.request_id.in_(shown))
        whole = {case.request_id: case for case in _with_events(connection, query)}
    following = cursor_of(*found[limit - 1]) if len(found) > limit else None
    return AuditedPage(tuple(whole[request_id] for request_id in shown), following)


def _with_events(connection: Connection, query: Select[Any]) -> Sequence[AuditedCase]:
    """Three queries, however many cases there are."""
    filed = connection.execute(query).mappings().all()
    of_these = [row["request_id"] for row in filed]
    all_events = select(events).where(events.c.request_id.in_(of_these)).order_by(events.c.request_id, events.c.seq)
    theirs = _by_case(connection.execute(all_events).mappings())
    gone = disposals_of(connection, of_these)
    return [
        AuditedCase(**row, events=theirs.get(row["request_id"], ()), disposals=gone.get(row["request_id"], ()))
        for row in filed
    ]


def _by_case(rows: Iterable[RowMapping]) -> Mapping[str, tuple[RecordedEvent, ...]]:
    return {
        request_id: tuple(event_from(row) for row in of_one)
        for request_id, of_one in groupby(rows, key=lambda row: str(row["request_id"]))
    }
