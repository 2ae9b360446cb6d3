"""Disputes (争议): the open cases in which departments disagree, with what each side said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Engine, Subquery, Text, and_, cast, column, func, select, tuple_

from domain.access import Visibility
from domain.engine.records import RecordedEvent
from domain.words import ProcedureName, Stage
from ledger.engine import reading
from ledger.queries.cases import LARGEST_PAGE, shown_page
from ledger.queries.cursors import read_cursor
from ledger.queries.views import CaseSummary, event_from
from ledger.queries.visibility import visible
from ledger.tables import cases, events, filings

_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_DUE: Final = func.coalesce(cases.c.due_at, _NEVER)

DisputePlace = tuple[ProcedureName, str, Stage]
"""A stage of a procedure under a text."""


@dataclass(frozen=True)
class DisputedCase:
    """A case with all of its events; ``provincial``: according to the filing, a provincial department is involved."""

    case: CaseSummary
    events: tuple[RecordedEvent, ...]
    provincial: bool


def disputed_cases(
    engine: Engine, visibility: Visibility, where: Sequence[DisputePlace], cursor: str | None, limit: int
) -> tuple[Sequence[DisputedCase], str | None]:
    """A page of visible open cases in one of these stages, soonest due first. Raises BadCursor.

    Also returns the cursor of the next page, None on the last.
    """
    limit = max(1, min(limit, LARGEST_PAGE))
    page = shown_page(engine, _page(visibility, where, cursor, limit + 1), limit, latest_first=False)
    ids = [case.request_id for case in page.cases]
    provincial = filings.c.application["involves_provincial_department"].astext == "true"
    happened: dict[str, list[RecordedEvent]] = {request_id: [] for request_id in ids}
    with reading(engine) as connection:
        query = select(events).where(events.c.request_id.in_(ids)).order_by(events.c.request_id, events.c.seq)
        for row in connection.execute(query).mappings():
            happened[row["request_id"]].append(event_from(row))
        of_province = select(filings.c.request_id).where(filings.c.request_id.in_(ids), provincial)
        theirs = set(connection.execute(of_province).scalars())
    found = [DisputedCase(c, tuple(happened[c.request_id]), c.request_id in theirs) for c in page.cases]
    return found, page.next


def _page(visibility: Visibility, where: Sequence[DisputePlace], cursor: str | None, limit: int) -> Subquery:
    names = ("procedure", "statute", "stage")
    lists = list(zip(*where, strict=True)) or [()] * len(names)
    place: Any = (
        func.unnest(*(cast([str(value) for value in values], ARRAY(Text)) for values in lists))
        .table_valued(*(column(name, Text) for name in names))
        .render_derived(name="place")
    )
    here = and_(*(place.c[name] == cases.c[name] for name in names))
    found = (
        select(_DUE.label("position"), cases.c.request_id)
        .join_from(place, cases, here)
        .where(cases.c.closed_at.is_(None), visible(visibility))
    )
    if cursor is not None:
        found = found.where(tuple_(_DUE, cases.c.request_id) > tuple_(*read_cursor(cursor)))
    return found.order_by(_DUE, cases.c.request_id).limit(limit).subquery()
