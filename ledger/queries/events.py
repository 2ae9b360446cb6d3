"""Questions about events, and the messages that carry them outside."""

from collections.abc import Collection

from sqlalchemy import Connection, Engine, func, or_, select, update

from domain.cases.records import RecordedEvent
from ledger.queries.views import Message, event_from
from ledger.tables import cases, events, outbox

_MESSAGE = (
    outbox.c.id,
    outbox.c.request_id,
    outbox.c.seq,
    outbox.c.type,
    outbox.c.payload,
    outbox.c.created_at,
    outbox.c.published_at,
)


def events_of(engine: Engine, request_id: str, after: int = 0, limit: int | None = None) -> tuple[RecordedEvent, ...]:
    """The events of a case with a number above ``after``, in order; none for an unknown case."""
    with engine.connect() as connection:
        return events_after(connection, request_id, after, limit)


def events_after(
    connection: Connection, request_id: str, after: int, limit: int | None = None
) -> tuple[RecordedEvent, ...]:
    """The same within the caller's transaction."""
    query = select(events).where(events.c.request_id == request_id, events.c.seq > after).order_by(events.c.seq)
    return tuple(event_from(row) for row in connection.execute(query.limit(limit)).mappings())


def events_by_key(engine: Engine, request_id: str, key: str) -> tuple[RecordedEvent, ...]:
    """All events that the command with the caller's ``key`` caused in a case, in order."""
    query = select(events).where(events.c.request_id == request_id, events.c.key == key).order_by(events.c.seq)
    with engine.connect() as connection:
        return tuple(event_from(row) for row in connection.execute(query).mappings())


def events_by_caller_key(engine: Engine, request_id: str, caller_key: str) -> tuple[RecordedEvent, ...]:
    """All events of the command that a caller sent under its own key, in order.

    The recorded key is the caller's and, after a ``~``, the fingerprint of what was sent with it.
    """
    mine = events.c.key.startswith(f"{caller_key}~", autoescape=True)
    query = select(events).where(events.c.request_id == request_id, mine).order_by(events.c.seq)
    with engine.connect() as connection:
        return tuple(event_from(row) for row in connection.execute(query).mappings())


def messages_after(engine: Engine, after: int, limit: int = 100, party: str | None = None) -> tuple[Message, ...]:
    """The messages with an id above ``after``, in order: a reader that keeps the last id misses none.

    With ``party``, an organisation's code, only those of cases in which it is requester or provider.
    """
    query = select(*_MESSAGE).where(outbox.c.id > after).order_by(outbox.c.id).limit(limit)
    if party is not None:
        query = query.join(cases, cases.c.request_id == outbox.c.request_id).where(
            or_(cases.c.requester_code == party, cases.c.provider_code == party)
        )
    with engine.connect() as connection:
        return tuple(Message(**row) for row in connection.execute(query).mappings())


def pending_messages(engine: Engine, limit: int = 100) -> tuple[Message, ...]:
    """The oldest messages that were not published yet."""
    query = select(*_MESSAGE).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(limit)
    with engine.connect() as connection:
        return tuple(Message(**row) for row in connection.execute(query).mappings())


def mark_published(engine: Engine, ids: Collection[int]) -> int:
    """Note that these messages went out; how many of them had not before."""
    change = (
        update(outbox)
        .where(outbox.c.id.in_(ids), outbox.c.published_at.is_(None))
        .values(published_at=func.clock_timestamp())
    )
    with engine.begin() as connection:
        return connection.execute(change).rowcount
