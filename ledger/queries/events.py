"""Queries on events."""

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, func, select

from domain.engine.records import RecordedEvent
from domain.words import EventType
from ledger.engine import reading
from ledger.queries.views import event_from
from ledger.tables import events

_OPENINGS = (
    select(events)
    .where(
        events.c.request_id == bindparam("request_id"),
        events.c.type == EventType.CASE_OPENED,
        events.c.seq <= bindparam("until"),
    )
    .order_by(events.c.seq)
)


def events_of(engine: Engine, request_id: str, after: int = 0, limit: int | None = None) -> tuple[RecordedEvent, ...]:
    """The events of a case with a number above ``after``, in order; none for an unknown case."""
    with engine.connect() as connection:
        return events_after(connection, request_id, after, limit)


def events_after(
    connection: Connection, request_id: str, after: int, limit: int | None = None
) -> tuple[RecordedEvent, ...]:
    """The events of a case with a number above ``after``, in order, as the caller's transaction sees them."""
    query = select(events).where(events.c.request_id == request_id, events.c.seq > after).order_by(events.c.seq)
    return tuple(event_from(row) for row in connection.execute(query.limit(limit)).mappings())


def openings_of(engine: Engine, request_id: str, until: int) -> tuple[RecordedEvent, ...]:
    """The events of a case, up to a number, that opened other cases, in order."""
    with reading(engine) as connection:
        rows = connection.execute(_OPENINGS, {"request_id": request_id, "until": until}).mappings()
        return tuple(event_from(row) for row in rows)


def events_by_key(engine: Engine, request_id: str, key: str) -> tuple[RecordedEvent, ...]:
    """All events that the command with the caller's ``key`` caused in a case, in order."""
    with reading(engine) as connection:
        return events_with_key(connection, request_id, key)


def events_with_key(connection: Connection, request_id: str, key: str) -> tuple[RecordedEvent, ...]:
    """All events that the command with the caller's ``key`` caused, in order, as the caller's transaction sees them."""
    query = select(events).where(*_of_caller(request_id, func.caller_part(key)), events.c.key == key)
    query = query.order_by(events.c.seq)
    return tuple(event_from(row) for row in connection.execute(query).mappings())


def events_by_caller_key(engine: Engine, request_id: str, caller_key: str) -> tuple[RecordedEvent, ...]:
    """All events of the command that a caller sent under its own key, in order.

    The recorded key is the caller's and, after a ``~``, the fingerprint of what was sent with it.
    """
    fingerprinted = events.c.key != caller_key
    query = select(events).where(*_of_caller(request_id, caller_key), fingerprinted).order_by(events.c.seq)
    with reading(engine) as connection:
        return tuple(event_from(row) for row in connection.execute(query).mappings())


def _of_caller(request_id: str, caller_key: str | ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
    """Condition on the caller's part of a key, in the form of the expression index."""
    return (
        func.caller_mark(events.c.request_id, func.caller_part(events.c.key))
        == func.caller_mark(request_id, caller_key),
        events.c.request_id == request_id,
        func.caller_part(events.c.key) == caller_key,
        events.c.key.is_not(None),
    )
