"""The delivery log of a webhook, with every attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, select

from background.webhooks.queries.queues import Attempt
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.tables import outbox, webhook_attempts, webhook_deliveries, webhook_queues

LIST = "deliveries"
"""The name of this list in cursors."""


@dataclass(frozen=True)
class Delivery:
    """The delivery of one message to one webhook.

    ``created_at``: when its event was recorded; a replay from then on sends it again. ``next_at``: when its queue is
    tried next.
    """

    request_id: str
    seq: int
    type: str
    created_at: datetime
    delivered_at: datetime | None
    next_at: datetime | None
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True)
class DeliveryLogPage:
    """A page of deliveries; ``next`` is the cursor of the next page, None on the last."""

    deliveries: tuple[Delivery, ...]
    next: str | None


def deliveries_of(
    engine: Engine, webhook_id: str, delivered: bool | None, cursor: str | None, limit: int
) -> DeliveryLogPage:
    """The deliveries of a webhook, latest message first; optionally only (un)delivered ones. Raises BadCursor."""
    mine = webhook_deliveries.c
    queue = and_(
        webhook_queues.c.webhook_id == mine.webhook_id,
        webhook_queues.c.request_id == mine.request_id,
        mine.delivered_at.is_(None),
    )
    query = (
        select(
            mine.message_id,
            mine.request_id,
            mine.delivered_at,
            outbox.c.seq,
            outbox.c.type,
            outbox.c.created_at,
            webhook_queues.c.due_at.label("next_at"),
        )
        .join(outbox, outbox.c.position == mine.message_id)
        .outerjoin(webhook_queues, queue)
        .where(mine.webhook_id == webhook_id)
        .order_by(mine.message_id.desc())
        .limit(limit + 1)
    )
    if delivered is not None:
        query = query.where(mine.delivered_at.is_not(None) if delivered else mine.delivered_at.is_(None))
    if cursor is not None:
        query = query.where(mine.message_id < read_numbered_cursor(LIST, cursor))
    with engine.connect() as connection:
        # One more than asked for shows whether there is another page.
        rows = connection.execute(query).mappings().all()
        shown = rows[:limit]
        attempts = _attempts(connection, webhook_id, [row["message_id"] for row in shown])
    more = len(rows) > limit
    found = tuple(_delivery(row, attempts.get(row["message_id"], ())) for row in shown)
    return DeliveryLogPage(found, numbered_cursor(LIST, shown[-1]["message_id"]) if more else None)


def _delivery(row: Any, attempts: Sequence[Attempt]) -> Delivery:
    names = ("request_id", "seq", "type", "created_at", "delivered_at", "next_at")
    return Delivery(**{name: row[name] for name in names}, attempts=tuple(attempts))


def _attempts(connection: Connection, webhook_id: str, message_ids: Sequence[int]) -> dict[int, list[Attempt]]:
    log = webhook_attempts.c
    names = ("at", "status", "error", "milliseconds", "response")
    query = (
        select(webhook_attempts)
        .where(log.webhook_id == webhook_id, log.message_id.in_(message_ids))
        .order_by(log.message_id, log.id)
    )
    found: dict[int, list[Attempt]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["message_id"], []).append(Attempt(**{name: row[name] for name in names}))
    return found
