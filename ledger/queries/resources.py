"""Resources (目录) known from cases about them and from changes of the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Engine, Select, column, exists, func, select, true, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from domain.access import Visibility
from domain.words import EventType, ProcedureName
from ledger.engine import reading
from ledger.queries.cursors import cursor_of, read_cursor
from ledger.queries.listing import in_order, page_of_cases
from ledger.queries.views import CaseFilter
from ledger.queries.visibility import visible
from ledger.tables import cases, events

WINDOW: Final = 500
"""Cases scanned for a page of resources."""
CHANGES: Final = 50
"""Changes of the catalogue looked at, latest first."""
ENTRIES: Final = 200


@dataclass(frozen=True)
class KnownResource:
    """A resource, according to the newest case that names it; ``sharing_class`` is None if that case has none."""

    resource_code: str
    resource_name: str
    provider_code: str
    provider_name: str
    sharing_class: str | None
    statute: str
    procedure: str
    request_id: str
    filed_at: datetime


@dataclass(frozen=True)
class SubmittedEntry:
    """A catalogue entry as a department last submitted it; ``outcome`` is None until it is published."""

    code: str | None
    name: str | None
    sharing_class: str | None
    provider_code: str
    provider_name: str
    statute: str
    request_id: str
    at: datetime
    outcome: str | None


def known_resources(
    engine: Engine, visibility: Visibility, code: str | None, cursor: str | None
) -> tuple[Sequence[KnownResource], str | None]:
    """Resources, each by its newest visible case, latest filing first, and the next cursor.

    A page scans a fixed number of cases, so it may have few resources, or none, although more follow. ``code``
    restricts it to one resource. Raises BadCursor.
    """
    after = None if cursor is None else read_cursor(cursor)
    page = page_of_cases(CaseFilter(resource=code, visibility=visibility), after, WINDOW + 1)
    if page is None:
        return (), None
    order = in_order(page, latest_first=True)
    with reading(engine) as connection:
        walked = connection.execute(select(page.c.position, page.c.request_id).order_by(*order)).all()
        ids = [request_id for _, request_id in walked[:WINDOW]]
        rows = connection.execute(_newest_of_its_resource(ids, visibility)).mappings()
        found = [KnownResource(**row) for row in rows]
    return found, cursor_of(*walked[WINDOW - 1]) if len(walked) > WINDOW else None


def _newest_of_its_resource(request_ids: Sequence[str], visibility: Visibility) -> Select[Any]:
    """Those of these cases that are the newest visible ones about their resource (uses the index by resource)."""
    this = cases.alias("this")
    later = tuple_(cases.c.filed_at, cases.c.request_id) > tuple_(this.c.filed_at, this.c.request_id)
    newer = exists().where(cases.c.resource_code == this.c.resource_code, later, visible(visibility))
    return (
        select(*(this.c[name] for name in KnownResource.__dataclass_fields__))
        .where(this.c.request_id.in_(request_ids), this.c.resource_code != "", ~newer.correlate(this))
        .order_by(this.c.filed_at.desc(), this.c.request_id.desc())
    )


def submitted_entries(engine: Engine, visibility: Visibility) -> Sequence[SubmittedEntry]:
    """The entries last submitted by the newest visible changes of the catalogue; at most ENTRIES."""
    wanted = CaseFilter(procedure=ProcedureName.CATALOGUE_CHANGE, visibility=visibility)
    page = page_of_cases(wanted, None, CHANGES)
    if page is None:
        return ()
    last = (
        select(events.c.at, events.c.data)
        .where(events.c.request_id == page.c.request_id, events.c.type == EventType.UPDATE_SUBMITTED)
        .order_by(events.c.seq.desc())
        .limit(1)
        .lateral("last")
    )
    entry = func.jsonb_array_elements(last.c.data["entries"]).table_valued(column("value", JSONB)).lateral("entry")
    said = {name: entry.c.value[name].astext.label(name) for name in ("code", "name", "sharing_class")}
    of_case = ("provider_code", "provider_name", "statute", "request_id", "outcome")
    query = (
        select(*said.values(), last.c.at, *(cases.c[name] for name in of_case))
        .select_from(page.join(cases, cases.c.request_id == page.c.request_id).join(last, true()).join(entry, true()))
        .order_by(*in_order(page, latest_first=True))
        .limit(ENTRIES)
    )
    with reading(engine) as connection:
        return [SubmittedEntry(**row) for row in connection.execute(query).mappings()]
