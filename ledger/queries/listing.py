"""Where the pages of lists begin and end, found at a cost that does not grow with the number of closed cases.

A condition with an "or" in it leaves the database no index to walk in the list's order. So a page is put together of
branches: each walks one index in that order and stops at the page's length, and what several find is kept once.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, func, literal_column, or_, select, tuple_, union

from domain.access import Visibility, place_of
from domain.words import Stage
from ledger.codes import is_code
from ledger.queries.views import CaseFilter, WorklistFilter
from ledger.tables import cases, parked

Conditions = tuple[ColumnElement[bool], ...]
"""What all must hold in one branch."""
Position = tuple[datetime, str]
"""Where a reader stands: the instant that a list is ordered by, and the case."""

PLACES_APART = 4
"""Of so many places at most each gets a branch of its own; whoever waits for more walks along all open cases."""

_OPEN = cases.c.closed_at.is_(None)
# Cases without an open clock come last, in the words of the index; for readers and cursors that is a day to be named.
_DUE: ColumnElement[datetime] = literal_column("coalesce(cases.due_at, 'infinity')")
_AT_LAST: ColumnElement[datetime] = literal_column("timestamptz 'infinity'")
_NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def page_of_cases(wanted: CaseFilter, after: Position | None, limit: int) -> Subquery | None:
    """The ``position`` and ``request_id`` of so many cases after a position, latest filing first; None: of no case."""
    fixed = [*_holds(wanted)]
    place = tuple_(cases.c.filed_at, cases.c.request_id)
    if after is not None:
        fixed.append(place < tuple_(*after))
    ways = product(seen_by(wanted.visibility), _having(wanted.party), _stuck(wanted.stuck))
    order = (cases.c.filed_at.desc(), cases.c.request_id.desc())
    found = select(cases.c.filed_at.label("position"), cases.c.request_id).where(*fixed).order_by(*order).limit(limit)
    return _together([found.where(*one, *two, *three) for one, two, three in ways], limit, latest_first=True)


def page_of_worklist(filters: Sequence[WorklistFilter], after: Position | None, limit: int) -> Subquery | None:
    """The ``position`` and ``request_id`` of so many open cases after a position, soonest due first; None: of none."""
    due = func.coalesce(cases.c.due_at, _NEVER)
    found = select(due.label("position"), cases.c.request_id).where(_OPEN)
    if after is not None:
        at, request_id = after
        found = found.where(tuple_(_DUE, cases.c.request_id) > tuple_(at if at < _NEVER else _AT_LAST, request_id))
    found = found.order_by(_DUE, cases.c.request_id).limit(limit)
    return _together([found.where(*way) for way in _waiting(filters)], limit, latest_first=False)


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
    if wanted.breached:
        yield cases.c.breached
    if wanted.open or wanted.stage not in (None, Stage.CLOSED):
        yield _OPEN
    if wanted.open is False or wanted.stage is Stage.CLOSED:
        yield cases.c.closed_at.is_not(None)


def seen_by(visibility: Visibility | None) -> Iterator[Conditions]:
    """The ways in which a case may be somebody's to see, as :func:`ledger.queries.visibility.visible` has them."""
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


def _stuck(stuck: bool) -> Sequence[Conditions]:
    return [(cases.c.breached,), (cases.c.request_id.in_(select(parked.c.request_id)),)] if stuck else [()]


# Worklists

_Turns = set[tuple[str | None, Stage]]
"""Under which statute (None: any) cases in which stage wait for somebody."""


def _waiting(filters: Sequence[WorklistFilter]) -> Iterator[Conditions]:
    """The branches of a worklist: filters that differ in nothing but statutes and stages are one walk."""
    groups: dict[WorklistFilter, _Turns] = {}
    for each in filters:
        alike = WorklistFilter(frozenset(), each.party, each.org, None, each.extension_asked, each.superiors)
        statutes: Collection[str | None] = (None,) if each.statutes is None else each.statutes
        groups.setdefault(alike, set()).update(product(statutes, each.stages))
    for alike, turns in groups.items():
        if turns:
            yield from _walks(alike, turns)


def _walks(alike: WorklistFilter, turns: _Turns) -> Iterator[Conditions]:
    here: Conditions = (cases.c.extension_asked,) if alike.extension_asked else ()
    if alike.party is not None:
        column = cases.c.requester_code if alike.party == "requester" else cases.c.provider_code
        if alike.org is not None:
            yield (*here, _turn(turns), is_code(column, alike.org), *_below(alike.superiors))
    elif alike.superiors:
        yield from ((*here, _turn(turns), cases.c.superior == place) for place in sorted(alike.superiors))
    elif alike.extension_asked:
        yield (*here, _turn(turns), *_below(alike.superiors))
    else:
        for place, its in _by_place(turns).items():
            yield (_turn(its), *_below(alike.superiors), *([] if place is None else [_of_place(place)]))


def _below(superiors: frozenset[str] | None) -> Conditions:
    if superiors is None:
        return ()
    return (cases.c.superior.in_(sorted(superiors)) if superiors else cases.c.superior.is_(None),)


def _by_place(turns: _Turns) -> Mapping[str | None, _Turns]:
    """The turns of each place; all of them together where they are of any statute, or of many places."""
    found: dict[str | None, _Turns] = {}
    for statute, stage in turns:
        found.setdefault(None if statute is None else place_of(statute), set()).add((statute, stage))
    return {None: turns} if None in found or len(found) > PLACES_APART else found


def _turn(turns: _Turns) -> ColumnElement[bool]:
    """Whether a case is in one of these stages under its statute: one comparison, however many there are."""
    anywhere = sorted({stage for statute, stage in turns if statute is None})
    under = sorted(f"{statute} {stage}" for statute, stage in turns if statute is not None)
    lets: list[ColumnElement[bool]] = [cases.c.stage.in_(anywhere)] if anywhere else []
    if under:
        lets.append((cases.c.statute + " " + cases.c.stage).in_(under))
    return or_(*lets)
