"""Letting go of messages that are old and that everybody has had. Events stay: the ledger itself is never pruned."""

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, func, select

from background.webhooks.queries.queues import FAN_OUT_LOCK, sent_to
from ledger.queries.outbox_position import Mark, mark, move_mark, newest_position
from ledger.tables import outbox, webhook_attempts, webhook_deliveries, webhooks

AT_ONCE = 5_000
"""So many messages go in one transaction."""


def prune(engine: Engine, before: datetime, at_once: int = AT_ONCE) -> int:
    """Forget the oldest messages written before an instant, with what is known of their deliveries; how many that is.

    None goes that an active webhook has still to look at or to be sent, none that is not counted or not in the log,
    and the newest stays. Of a webhook that is disabled what it has collected goes too. Call it again until it
    answers 0.
    """
    with engine.begin() as connection:
        # Whoever gives webhooks messages to send would lean on what is about to go.
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
