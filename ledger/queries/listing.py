"""Pages of lists, found at a cost that does not grow with the number of closed cases.

With an OR in its condition, a query cannot scan a single index in the order of the list. So a page is a UNION of
branches: each scans one index in that order up to the length of the page, and duplicates are removed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    Text,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union,
)

from domain.access import Visibility
from domain.log.acts import ActKind
from domain.words import Stage
from ledger.codes import is_code
from ledger.desk_tables import desk_claims
from ledger.log_tables import operator_acts
from ledger.queries.views import CaseFilter, Held, WorklistFilter
from ledger.stuck_tables import parked
from ledger.tables import cases

Conditions = tuple[ColumnElement[bool], ...]
"""Conditions of one branch, all of which must hold."""
Position = tuple[datetime, str]
"""A position in a list: the instant by which it is ordered, and the case."""

_OPEN = cases.c.closed_at.is_(None)
# Cases without an open clock come last: infinity in the index, a fixed day for readers and cursors.
_DUE: ColumnElement[datetime] = literal_column("coalesce(cases.due_at, 'infinity')")
_AT_LAST: ColumnElement[datetime] = literal_column("timestamptz 'infinity'")
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def page_of_cases(wanted: CaseFilter, after: Position | None, limit: int) -> Subquery | None:
    """``position`` and ``request_id`` of the next cases after a position, latest filing first; None: there are none."""
    fixed = (*_holds(wanted),)
    ways = [(*fixed, *one, *two) for one, two in product(seen_by(wanted.visibility), _having(wanted.party))]
    every = _Walk(cases.c.filed_at, cases.c.request_id, cases)
    branches = _of_stuck(ways, after, limit) if wanted.stuck else (every.page(way, after, limit) for way in ways)
    return _together([*branches], limit, latest_first=True)


def page_of_worklist(
    filters: Sequence[WorklistFilter], after: Position | None, limit: int, held: Held | None = None
) -> Subquery | None:
    """``position`` and ``request_id`` of the next open cases, soonest due first; None: there are none."""
    also = () if held is None else (_is_held(held),)
    branches = [_of_turns((*way, *also), turns, after, limit) for way, turns in _waiting(filters)]
    return _together(branches, limit, latest_first=False)


def in_order(page: Subquery, latest_first: bool) -> Iterable[ColumnElement[Any]]:
    """The order of a page."""
    return [each.desc() if latest_first else each.asc() for each in (page.c.position, page.c.request_id)]


def _together(branches: Sequence[Select[Any]], limit: int, latest_first: bool) -> Subquery | None:
    if len(branches) < 2:
        return branches[0].subquery() if branches else None
    found = union(*(select(branch.subquery()) for branch in branches)).subquery()
    return select(found).order_by(*in_order(found, latest_first)).limit(limit).subquery()


def _of_place(place: str) -> ColumnElement[bool]:
    return func.split_part(cases.c.statute, "-", 1) == place


# Lists of cases


def _holds(wanted: CaseFilter) -> Iterator[ColumnElement[bool]]:
    equal = {
        cases.c.stage: wanted.stage,
        cases.c.outcome: wanted.outcome,
        cases.c.statute: wanted.statute,
        cases.c.procedure: wanted.procedure,
        cases.c.opened_by: wanted.opened_by,
        cases.c.resource_code: wanted.resource,
    }
    yield from (column == value for column, value in equal.items() if value is not None)
    if wanted.requester is not None:
        yield is_code(cases.c.requester_code, wanted.requester)
    if wanted.provider is not None:
        yield is_code(cases.c.provider_code, wanted.provider)
    if wanted.between_two:
        yield func.upper(cases.c.requester_code) != func.upper(cases.c.provider_code)
    if wanted.breached:
        yield cases.c.breached
    if wanted.before is not None:
        yield cases.c.filed_at < wanted.before
    if wanted.since is not None:
        disposed = [_disposed_since(wanted.since)] if wanted.or_disposed else []
        yield or_(_OPEN, cases.c.closed_at >= wanted.since, *disposed)
    if wanted.open or wanted.stage not in (None, Stage.CLOSED):
        yield _OPEN
    if wanted.open is False or wanted.stage is Stage.CLOSED:
        yield cases.c.closed_at.is_not(None)


def _disposed_since(since: datetime) -> ColumnElement[bool]:
    """Condition: an act has disposed of something of the case since then."""
    told = operator_acts.c.kind == ActKind.DISPOSE, operator_acts.c.at >= since
    return cases.c.request_id.in_(select(operator_acts.c.request_id).where(*told))


def seen_by(visibility: Visibility | None) -> Iterator[Conditions]:
    """The branches of visibility, equivalent to :func:`ledger.queries.visibility.visible`."""
    if visibility is None or visibility.everything:
        yield ()
        return
    yield from ((_of_place(place),) for place in sorted(visibility.places))
    yield from ((cases.c.superior == place,) for place in sorted(visibility.superiors))
    if visibility.requester is not None:
        yield (is_code(cases.c.requester_code, visibility.requester),)
    if visibility.provider is not None:
        yield (is_code(cases.c.provider_code, visibility.provider),)


def _having(party: str | None) -> Sequence[Conditions]:
    if party is None:
        return [()]
    return [(is_code(column, party),) for column in (cases.c.requester_code, cases.c.provider_code)]


@dataclass(frozen=True)
class _Walk:
    """A scan of an index that has cases in the order of their filing."""

    filed_at: ColumnElement[datetime]
    request_id: ColumnElement[str]
    along: FromClause
    only: Conditions = ()

    def page(self, conditions: Conditions, after: Position | None, limit: int) -> Select[Any]:
        """The next cases that meet these conditions, after a position."""
        place: Sequence[ColumnElement[Any]] = (self.filed_at.label("position"), self.request_id)
        found = select(*place).select_from(self.along)
        if after is not None:
            found = found.where(tuple_(self.filed_at, self.request_id) < tuple_(*after))
        order = (self.filed_at.desc(), self.request_id.desc())
        return found.where(*self.only, *conditions).order_by(*order).limit(limit)


def _of_stuck(ways: Iterable[Conditions], after: Position | None, limit: int) -> Iterator[Select[Any]]:
    """Scans of the cases with a breached clock, and of the parked cases, which are ordered in their own table.

    Visibility of parked cases has to be looked up case by case. So the scan stops at the last breached case of a full
    page, since no earlier case is on that page.
    """
    late = _Walk(cases.c.filed_at, cases.c.request_id, cases, (cases.c.breached,))
    of_cases = select(parked.c.filed_at, parked.c.request_id).where(parked.c.filed_at.is_not(None))
    held = of_cases.distinct().order_by(parked.c.filed_at.desc(), parked.c.request_id.desc()).subquery()
    joined = held.join(cases, cases.c.request_id == held.c.request_id)
    for way in ways:
        first = late.page(way, after, limit)
        yield first
        walk = _Walk(held.c.filed_at, held.c.request_id, joined, (held.c.filed_at >= _end_of(first, limit),))
        yield walk.page(way, after, limit)


def _end_of(page: Select[Any], limit: int) -> ColumnElement[datetime]:
    """The position at which a page of latest filings ends; before everything if the page is not full."""
    shown = page.subquery()
    last = select(func.min(shown.c.position)).having(func.count() >= limit).scalar_subquery()
    return func.coalesce(last, literal_column("timestamptz '-infinity'"))


# Worklists

_Turns = set[tuple[str, Stage]]
"""By statute, the stages in which cases wait for somebody."""


def _of_turns(way: Conditions, turns: _Turns, after: Position | None, limit: int) -> Select[Any]:
    """The first open cases of one branch, soonest due first: the first ones of each turn, merged.

    The index has the cases of one turn in order, but not those of several turns: in one query, all of these would be
    sorted, or all other cases scanned.
    """
    statutes, stages = zip(*sorted(turns), strict=True)
    turn = (
        func.unnest(_texts(statutes), _texts(stages))
        .table_valued(column("statute", Text), column("stage", Text))
        .render_derived(name="turn")
    )
    due = func.coalesce(cases.c.due_at, _NEVER)
    of_one = (
        select(due.label("position"), cases.c.request_id)
        .where(_OPEN, cases.c.statute == turn.c.statute, cases.c.stage == turn.c.stage, *way)
        .order_by(_DUE, cases.c.request_id)
        .limit(limit)
    )
    if after is not None:
        at, request_id = after
        of_one = of_one.where(tuple_(_DUE, cases.c.request_id) > tuple_(at if at < _NEVER else _AT_LAST, request_id))
    each = of_one.correlate(turn).lateral("each")
    order = (each.c.position, each.c.request_id)
    return select(*order).select_from(turn.join(each, true())).order_by(*order).limit(limit)


def _is_held(held: Held) -> ColumnElement[bool]:
    """Condition: the case is claimed by one of some officers, or unclaimed; only open cases have claims."""
    theirs = select(desk_claims.c.request_id).where(desk_claims.c.unit == held.unit)
    if held.officers:
        return cases.c.request_id.in_(theirs.where(desk_claims.c.officer.in_(sorted(held.officers))))
    return ~theirs.where(desk_claims.c.request_id == cases.c.request_id).correlate(cases).exists()


def _texts(values: Iterable[str]) -> ColumnElement[Any]:
    return cast([str(value) for value in values], ARRAY(Text))


def _waiting(filters: Sequence[WorklistFilter]) -> Iterator[tuple[Conditions, _Turns]]:
    """The branches of a worklist, each with its turns: filters that differ only in their turns are one branch."""
    groups: dict[WorklistFilter, _Turns] = {}
    for each in filters:
        alike = replace(each, stages=frozenset(), statutes=frozenset())
        groups.setdefault(alike, set()).update(product(each.statutes, each.stages))
    for alike, turns in groups.items():
        if turns:
            yield from ((way, turns) for way in _ways(alike))


def _ways(alike: WorklistFilter) -> Iterator[Conditions]:
    here: Conditions = (cases.c.extension_asked,) if alike.extension_asked else ()
    if alike.role is not None:
        here = (*here, or_(cases.c.awaits.is_(None), cases.c.awaits.contains([alike.role.value])))
    if alike.party is not None:
        code = cases.c.requester_code if alike.party == "requester" else cases.c.provider_code
        if alike.org is not None:
            yield (*here, is_code(code, alike.org), *_below(alike.superiors))
    elif alike.superiors:
        yield from ((*here, cases.c.superior == place) for place in sorted(alike.superiors))
    else:
        yield (*here, *_below(alike.superiors))


def _below(superiors: frozenset[str] | None) -> Conditions:
    if superiors is None:
        return ()
    return (cases.c.superior.in_(sorted(superiors)) if superiors else cases.c.superior.is_(None),)
