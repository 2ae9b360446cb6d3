"""Queries on cases: single cases, lists, worklists."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import ColumnElement, Engine, Subquery, Text, and_, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from domain.engine.records import ShownClock
from domain.words import ProcedureName, Stage
from ledger.codes import is_code
from ledger.engine import reading, single_calls_of
from ledger.failures import driver_errors_told
from ledger.queries.cursors import cursor_of, read_cursor
from ledger.queries.listing import in_order, page_of_cases, page_of_worklist
from ledger.queries.views import (
    MOST_COUNTED,
    CaseDetail,
    CaseFilter,
    CaseSummary,
    Held,
    ListSize,
    Page,
    WorklistFilter,
    cases_from,
)
from ledger.stuck_tables import parked
from ledger.tables import cases, clocks, events

LARGEST_PAGE = 500


def _named(model: type[BaseModel], values: Mapping[str, ColumnElement[Any]]) -> Iterator[str | ColumnElement[Any]]:
    """The fields of a model as alternating names and columns, for ``jsonb_build_object``."""
    for name in model.model_fields:
        yield from (literal_column(f"'{name}'"), values[name])


_HELD_BY = (
    select(
        func.coalesce(
            func.jsonb_agg(
                aggregate_order_by(
                    func.jsonb_build_object("reason", parked.c.reason, "since", parked.c.since),
                    parked.c.since,
                    parked.c.reason,
                )
            ),
            func.jsonb_build_array(),
        )
    )
    .where(parked.c.request_id == cases.c.request_id)
    .scalar_subquery()
    .label("parked")
)
_STARTED_BY = and_(events.c.request_id == clocks.c.request_id, events.c.seq == clocks.c.seq)

# What lists show, as one JSON document for each case, which the model validates without unpacking rows.
_LIMIT = func.json_build_object(
    *_named(ShownClock, {**{name: events.c.clock[name] for name in ShownClock.model_fields}, **clocks.c})
)
_ITS_LIMITS = (
    select(func.coalesce(func.json_agg(aggregate_order_by(_LIMIT, clocks.c.number)), func.json_build_array()))
    .join_from(clocks, events, _STARTED_BY)
    .where(clocks.c.request_id == cases.c.request_id)
    .scalar_subquery()
)
_SUMMARY = cast(
    func.json_build_object(*_named(CaseSummary, {**cases.c, "parked": _HELD_BY, "clocks": _ITS_LIMITS})), Text
)

# The most frequent queries are database functions that return the JSON of a CaseDetail.
_ONE_CASE = "SELECT one_case(%s)"
_BY_KEY = "SELECT one_case(request_id) FROM cases WHERE filing_key = %s"


def get_case(engine: Engine, request_id: str) -> CaseDetail | None:
    """The case with its clocks and what it was filed with, or None."""
    return _detail(engine, _ONE_CASE, request_id)


def case_by_filing_key(engine: Engine, filing_key: str) -> CaseDetail | None:
    """The case that was filed under the caller's key, or None."""
    return _detail(engine, _BY_KEY, filing_key)


def _detail(engine: Engine, question: str, of: str) -> CaseDetail | None:
    with driver_errors_told():
        found = single_calls_of(engine).call(question, of)
    return None if found is None else CaseDetail.model_validate_json(found)


def abouts(engine: Engine, request_ids: Collection[str]) -> dict[str, str]:
    """The names of cases' resources, by case id; unknown ids are left out."""
    query = select(cases.c.request_id, cases.c.resource_name).where(cases.c.request_id.in_(request_ids))
    with reading(engine) as connection:
        return {row.request_id: row.resource_name for row in connection.execute(query)}


def list_cases(engine: Engine, wanted: CaseFilter | None = None, cursor: str | None = None, limit: int = 50) -> Page:
    """The cases that match ``wanted``, latest filing first.

    Following the cursors shows each case that existed at the start exactly once, whatever is filed meanwhile. ``limit``
    is clamped to 1..500. Raises BadCursor.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    after = None if cursor is None else read_cursor(cursor)
    return shown_page(engine, page_of_cases(wanted or CaseFilter(), after, limit + 1), limit, latest_first=True)


def worklist(
    engine: Engine,
    filters: Sequence[WorklistFilter],
    cursor: str | None = None,
    limit: int = 50,
    held: Held | None = None,
) -> Page:
    """The open cases that match one of ``filters``, earliest deadline first.

    ``held`` restricts them to those that somebody, or nobody, has claimed. The domain decides whose move it is and
    makes the filters; without a filter there are no cases. ``limit`` is clamped to 1..500. Raises BadCursor.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    after = None if cursor is None else read_cursor(cursor)
    return shown_page(engine, page_of_worklist(filters, after, limit + 1, held), limit, latest_first=False)


def size_of_worklist(
    engine: Engine, filters: Sequence[WorklistFilter], held: Held | None, now: datetime, end_of_today: datetime
) -> ListSize:
    """The size of a worklist, counted up to MOST_COUNTED + 1."""
    page = page_of_worklist(filters, None, MOST_COUNTED + 1, held)
    if page is None:
        return ListSize(0)
    late = page.c.position <= now
    today = and_(page.c.position > now, page.c.position <= end_of_today)
    query = select(func.count(), func.count().filter(late), func.count().filter(today)).select_from(page)
    with reading(engine) as connection:
        return ListSize(*connection.execute(query).one())


def size_of_list(engine: Engine, wanted: CaseFilter) -> ListSize:
    """The size of a list, counted up to MOST_COUNTED + 1."""
    page = page_of_cases(wanted, None, MOST_COUNTED + 1)
    with reading(engine) as connection:
        return ListSize(0 if page is None else connection.execute(select(func.count()).select_from(page)).scalar_one())


def grants_of(engine: Engine, provider: str, resource: str, stages: Sequence[Stage]) -> tuple[CaseSummary, ...]:
    """All access grants of a provider's resource in some stages, oldest first."""
    query = select(_SUMMARY).where(
        cases.c.procedure == ProcedureName.ACCESS_GRANT,
        is_code(cases.c.provider_code, provider),
        cases.c.resource_code == resource,
        cases.c.stage.in_(stages),
    )
    with reading(engine) as connection:
        return cases_from(connection.execute(query.order_by(cases.c.filed_at, cases.c.request_id)).scalars())


def shown_page(engine: Engine, page: Subquery | None, limit: int, latest_first: bool) -> Page:
    """The cases of a page; ``page`` has one more than asked for, which shows whether there is a next page."""
    if page is None:
        return Page((), None)
    query = select(page, _SUMMARY).join(cases, cases.c.request_id == page.c.request_id)
    with reading(engine) as connection:
        rows = connection.execute(query.order_by(*in_order(page, latest_first))).all()
    shown = rows[:limit]
    views = cases_from(text for _, _, text in shown)
    return Page(views, cursor_of(*shown[-1][:2]) if len(rows) > limit else None)
