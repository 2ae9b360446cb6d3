"""Queries on the outbox: one message for each event, in one order for all readers."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Engine,
    FromClause,
    ScalarSelect,
    Select,
    and_,
    func,
    or_,
    select,
    true,
    union,
    union_all,
)

from domain.access import Visibility
from domain.words import EventType
from ledger.codes import is_code
from ledger.engine import reading
from ledger.errors import BadCursor, CursorExpired
from ledger.queries.listing import seen_by
from ledger.queries.outbox_position import Mark, mark, newest_position
from ledger.queries.views import OF_AN_EVENT, OutboxMessage, message_from
from ledger.queries.visibility import visible
from ledger.tables import cases, events, outbox

BEGINNING = -1
"""The position before all messages that are still there; 0 is before all that ever were."""
AT_FIRST, ONE_BY_ONE = 200, 4_000
"""Messages checked one by one, each with its case: first for everybody, then again for readers who see much."""
SEES_MUCH = 10
"""A reader sees much who may see this many of the first."""
IN_A_ROW = 50_000
"""Messages compared with the reader's cases, before the reader's cases are asked for their messages instead."""


def _with_events(places: FromClause) -> Select[Any]:
    """Messages with their events, in order; the outbox is pruned, events never are."""
    names = ("request_id", *OF_AN_EVENT)
    return (
        select(places.c.position, places.c.created_at, *(events.c[name] for name in names))
        .join_from(places, events, and_(events.c.request_id == places.c.request_id, events.c.seq == places.c.seq))
        .order_by(places.c.position)
    )


MESSAGES = _with_events(outbox)


@dataclass(frozen=True)
class Stretch:
    """A stretch of the outbox that a reader has read; ``upto`` is the last position looked at."""

    messages: tuple[OutboxMessage, ...]
    upto: int


@dataclass(frozen=True)
class MessageFilter:
    """The messages that a reader wants: of these types (empty: all), of one request (None: all)."""

    types: frozenset[EventType] = frozenset()
    request_id: str | None = None


def visible_messages(engine: Engine, visibility: Visibility, after: int, limit: int, wanted: MessageFilter) -> Stretch:
    """The first ``limit`` visible messages after a position, in order.

    Continue from ``upto``, so that a reader who sees little does not scan the same messages again. Raises BadCursor for
    a position that the outbox has not reached, CursorExpired for one after which messages were pruned.
    """
    with reading(engine) as connection:
        # Read first, so that what is written between the statements is left for the next call.
        newest: int = connection.execute(select(newest_position())).scalar_one()
        if after > newest:
            raise BadCursor("This cursor is ahead of the ledger, which may have been restored; begin at the start.")
        found = _search(connection, visibility, after, newest, limit, wanted)
        # Read last: nothing may have been pruned while it was being read.
        if BEGINNING < after < connection.execute(select(mark(Mark.PRUNED))).scalar_one():
            raise CursorExpired("Messages after this cursor are not kept any more; begin at the start.")
        return found


def _search(
    connection: Connection,
    visibility: Visibility,
    after: int,
    newest: int,
    limit: int,
    wanted: MessageFilter,
) -> Stretch:
    """Search in three ways, each if the one before has not filled the page."""
    between = _between(after, newest, wanted)
    walk = _type_by_type(after, newest, wanted)
    if visibility.everything:
        return _found(connection, walk, newest, limit)
    if wanted.request_id is not None:
        return _found(connection, between.where(_covered(visibility, outbox.c.request_id)), newest, limit)
    mine = [select(cases.c.request_id).where(*way) for way in seen_by(visibility)]
    found = Stretch((), newest)
    if not mine:
        return found
    for looked_at, chosen in (
        (AT_FIRST, _one_by_one(walk, visibility, AT_FIRST)),
        (ONE_BY_ONE, _one_by_one(walk, visibility, ONE_BY_ONE)),
        (IN_A_ROW, _in_a_row(walk, union_all(*mine))),
    ):
        if looked_at == ONE_BY_ONE and len(found.messages) < SEES_MUCH:
            continue
        found = _found(connection, chosen, newest, limit)
        if len(found.messages) == limit or connection.execute(walk.offset(looked_at).limit(1)).first() is None:
            return found
    each = union(*mine).subquery()
    theirs = between.order_by(None).where(outbox.c.request_id == each.c.request_id).offset(0).lateral()
    return _found(connection, select(theirs).join_from(each, theirs, true()).order_by("position"), newest, limit)


def _between(after: int, upto: int, wanted: MessageFilter) -> Select[Any]:
    query = (
        select(outbox.c.position, outbox.c.request_id, outbox.c.seq, outbox.c.created_at)
        .where(outbox.c.position > after, outbox.c.position <= upto)
        .order_by(outbox.c.position)
    )
    if wanted.types:
        query = query.where(outbox.c.type.in_(sorted(wanted.types)))
    if wanted.request_id is not None:
        query = query.where(outbox.c.request_id == wanted.request_id)
    return query


def _type_by_type(after: int, upto: int, wanted: MessageFilter) -> Select[Any]:
    """Messages of wanted types, one index scan for each type, merged in order.

    In a single query for several types, all of them would be sorted first, or all other messages scanned.
    """
    if wanted.request_id is not None or len(wanted.types) < 2:
        return _between(after, upto, wanted)
    of_each = (_between(after, upto, replace(wanted, types=frozenset({each}))) for each in sorted(wanted.types))
    merged = union_all(*(each.order_by(None) for each in of_each)).subquery()
    return select(merged).order_by(merged.c.position)


def _one_by_one(between: Select[Any], visibility: Visibility, looked_at: int) -> Select[Any]:
    next_ones = between.limit(looked_at).subquery()
    covered = _covered(visibility, next_ones.c.request_id)
    return select(next_ones).where(covered).order_by(next_ones.c.position)


def _in_a_row(between: Select[Any], mine: CompoundSelect[Any]) -> Select[Any]:
    next_ones = between.limit(IN_A_ROW).subquery()
    # MATERIALIZED: otherwise each message may be compared with all cases, or each case looked up for each message.
    own = mine.cte("own").prefix_with("MATERIALIZED")
    return select(next_ones).where(next_ones.c.request_id.in_(select(own.c.request_id))).order_by(next_ones.c.position)


def _covered(visibility: Visibility, request_id: ColumnElement[str]) -> ScalarSelect[Any]:
    """A correlated condition on each message, so that no plan begins with all cases."""
    return select(visible(visibility)).where(cases.c.request_id == request_id).scalar_subquery()


def _found(connection: Connection, places: Select[Any], newest: int, limit: int) -> Stretch:
    rows = connection.execute(_with_events(places.limit(limit).subquery())).mappings()
    found = tuple(map(message_from, rows))
    return Stretch(found, found[-1].id if len(found) == limit else newest)


def messages_after(engine: Engine, after: int, limit: int = 100, party: str | None = None) -> tuple[OutboxMessage, ...]:
    """The messages with an id above ``after``, in order; a reader that remembers the last id misses none.

    ``party``: only those of cases in which the organisation with this code is requester or provider.
    """
    query = MESSAGES.where(outbox.c.position > after, outbox.c.position < func.outbox_horizon()).limit(limit)
    if party is not None:
        query = query.join(cases, cases.c.request_id == outbox.c.request_id).where(
            or_(is_code(cases.c.requester_code, party), is_code(cases.c.provider_code, party))
        )
    with engine.connect() as connection:
        return tuple(map(message_from, connection.execute(query).mappings()))
