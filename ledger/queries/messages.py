"""Questions about the outbox: the messages that carry every event outside, in one order for all readers."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Engine, func, or_, select, update

from domain.access import Visibility
from domain.words import EventType
from ledger.codes import is_code
from ledger.errors import BadCursor
from ledger.queries.views import OutboxMessage
from ledger.queries.visibility import visible
from ledger.tables import cases, outbox

_MESSAGE = (
    outbox.c.id,
    outbox.c.request_id,
    outbox.c.seq,
    outbox.c.type,
    outbox.c.payload,
    outbox.c.created_at,
    outbox.c.published_at,
)


@dataclass(frozen=True)
class Stretch:
    """What a reader found between two positions of the outbox; ``upto`` is the last position looked at."""

    messages: tuple[OutboxMessage, ...]
    upto: int


@dataclass(frozen=True)
class MessageFilter:
    """Which messages a reader asks for: of these types (none named: all), of one request (None: of all)."""

    types: frozenset[EventType] = frozenset()
    request_id: str | None = None


def visible_messages(engine: Engine, visibility: Visibility, after: int, limit: int, wanted: MessageFilter) -> Stretch:
    """The first ``limit`` messages after a position that ``visibility`` covers, in order.

    ``upto`` is where to go on: whoever sees little does not look again at what is not for them. Raises BadCursor
    for a position that the outbox has not reached.
    """
    query = (
        select(*_MESSAGE)
        .join(cases, cases.c.request_id == outbox.c.request_id)
        .where(outbox.c.id > after, visible(visibility))
        .order_by(outbox.c.id)
        .limit(limit)
    )
    if wanted.types:
        query = query.where(outbox.c.type.in_(sorted(wanted.types)))
    if wanted.request_id is not None:
        query = query.where(outbox.c.request_id == wanted.request_id)
    with engine.connect() as connection:
        # Asked first: what is written between the two statements is left for the next time.
        newest = connection.execute(select(func.coalesce(func.max(outbox.c.id), 0))).scalar_one()
        if after > newest:
            raise BadCursor("This cursor is ahead of the ledger, which may have been restored; begin at the start.")
        found = tuple(OutboxMessage(**row) for row in connection.execute(query.where(outbox.c.id <= newest)).mappings())
    return Stretch(found, found[-1].id if len(found) == limit else newest)


def messages_after(engine: Engine, after: int, limit: int = 100, party: str | None = None) -> tuple[OutboxMessage, ...]:
    """The messages with an id above ``after``, in order: a reader that keeps the last id misses none.

    With ``party``, an organisation's code, only those of cases in which it is requester or provider.
    """
    query = select(*_MESSAGE).where(outbox.c.id > after).order_by(outbox.c.id).limit(limit)
    if party is not None:
        query = query.join(cases, cases.c.request_id == outbox.c.request_id).where(
            or_(is_code(cases.c.requester_code, party), is_code(cases.c.provider_code, party))
        )
    with engine.connect() as connection:
        return tuple(OutboxMessage(**row) for row in connection.execute(query).mappings())


def pending_messages(engine: Engine, limit: int = 100) -> tuple[OutboxMessage, ...]:
    """The oldest messages that were not published yet."""
    query = select(*_MESSAGE).where(outbox.c.published_at.is_(None)).order_by(outbox.c.id).limit(limit)
    with engine.connect() as connection:
        return tuple(OutboxMessage(**row) for row in connection.execute(query).mappings())


def mark_published(engine: Engine, ids: Collection[int]) -> int:
    """Note that these messages went out; how many of them had not before."""
    change = (
        update(outbox)
        .where(outbox.c.id.in_(ids), outbox.c.published_at.is_(None))
        .values(published_at=func.clock_timestamp())
    )
    with engine.begin() as connection:
        return connection.execute(change).rowcount
