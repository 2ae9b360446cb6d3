"""Pruning of old messages that all readers have had. Events are never pruned."""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, select

from background.webhooks.queries.queues import FAN_OUT_LOCK, sent_to
from ledger.queries.outbox_position import Mark, mark, move_mark, newest_position
from ledger.tables import outbox, webhook_attempts, webhook_deliveries, webhooks

AT_ONCE = 5_000
"""Messages deleted in one transaction."""


def prune(engine: Engine, before: datetime, at_once: int = AT_ONCE) -> int:
    """Delete the oldest messages written before an instant, with their deliveries; returns how many.

    Keeps messages that an active webhook has yet to look at or send, those not yet counted or logged, and the newest.
    What a disabled webhook has collected is deleted. Call it again until it returns 0.
    """
    with engine.begin() as connection:
        # Excludes fan-outs, which would refer to messages about to be deleted.
        connection.execute(select(func.pg_advisory_xact_lock(FAN_OUT_LOCK)))
        oldest = select(outbox.c.position, outbox.c.created_at).where(outbox.c.position < _needed_from(connection))
        gone = []
        for row in connection.execute(oldest.order_by(outbox.c.position).limit(at_once)):
            if row.created_at >= before:
                break
            gone.append(row.position)
        if gone:
            _forget(connection, gone[-1])
        return len(gone)


def _needed_from(connection: Connection) -> int:
    """The first position that somebody still needs."""
    active = select(webhooks.c.id).where(sent_to())
    waiting = webhook_deliveries.c.delivered_at.is_(None) & webhook_deliveries.c.webhook_id.in_(active)
    needs = (
        select(newest_position()),
        select(mark(Mark.COUNTED) + 1),
        select(mark(Mark.LOGGED) + 1),
        select(func.min(webhooks.c.reached) + 1).where(sent_to()),
        select(func.min(webhook_deliveries.c.message_id)).where(waiting),
    )
    found: list[int | None] = [connection.execute(each).scalar() for each in needs]
    return min(each for each in found if each is not None)


def _forget(connection: Connection, upto: int) -> None:
    for column in (webhook_attempts.c.message_id, webhook_deliveries.c.message_id, outbox.c.position):
        connection.execute(delete(column.table).where(column <= upto))
    move_mark(connection, Mark.PRUNED, upto)
