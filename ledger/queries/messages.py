"""Questions about the outbox: the messages that carry every event outside, in one order for all readers."""

from dataclasses import dataclass

from sqlalchemy import Engine, and_, func, or_, select

from domain.access import Visibility
from domain.evidence import COVERED
from domain.words import EventType
from ledger.codes import is_code
from ledger.errors import BadCursor
from ledger.queries.outbox_position import newest_position
from ledger.queries.views import OutboxMessage, message_from
from ledger.queries.visibility import visible
from ledger.tables import cases, events, outbox

# With its event; the outbox may be pruned, events never are.
MESSAGES = (
    select(
        outbox.c.position,
        outbox.c.created_at,
        events.c.request_id,
        events.c.prev,
        events.c.digest,
        *(events.c[name] for name in COVERED),
    )
    .join_from(outbox, events, and_(events.c.request_id == outbox.c.request_id, events.c.seq == outbox.c.seq))
    .order_by(outbox.c.position)
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
        MESSAGES.join(cases, cases.c.request_id == outbox.c.request_id)
        .where(outbox.c.position > after, visible(visibility))
        .limit(limit)
    )
    if wanted.types:
        query = query.where(outbox.c.type.in_(sorted(wanted.types)))
    if wanted.request_id is not None:
        query = query.where(outbox.c.request_id == wanted.request_id)
    with engine.connect() as connection:
        # Asked first: what is written between the two statements is left for the next time.
        newest = connection.execute(select(newest_position())).scalar_one()
        if after > newest:
            raise BadCursor("This cursor is ahead of the ledger, which may have been restored; begin at the start.")
        found = tuple(map(message_from, connection.execute(query.where(outbox.c.position <= newest)).mappings()))
    return Stretch(found, found[-1].id if len(found) == limit else newest)


def messages_after(engine: Engine, after: int, limit: int = 100, party: str | None = None) -> tuple[OutboxMessage, ...]:
    """The messages with an id above ``after``, in order: a reader that keeps the last id misses none.

    With ``party``, an organisation's code, only those of cases in which it is requester or provider.
    """
    query = MESSAGES.where(outbox.c.position > after, outbox.c.position < func.outbox_horizon()).limit(limit)
    if party is not None:
        query = query.join(cases, cases.c.request_id == outbox.c.request_id).where(
            or_(is_code(cases.c.requester_code, party), is_code(cases.c.provider_code, party))
        )
    with engine.connect() as connection:
        return tuple(map(message_from, connection.execute(query).mappings()))
