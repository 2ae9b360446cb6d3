"""Checkpoints for webhooks: up to which size each webhook has had one."""

from datetime import datetime

from sqlalchemy import Engine, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_skip

from background.webhooks.queries.queues import Attempt, sent_to
from background.webhooks.queries.subscriptions import Webhook, webhook_from
from ledger.log_tables import webhook_checkpoints
from ledger.queries.log import KeptCheckpoint, newest_checkpoint
from ledger.tables import webhook_attempts, webhooks

_told = webhook_checkpoints.c


def claim_untold(
    engine: Engine, at: datetime, until: datetime
) -> tuple[KeptCheckpoint, list[tuple[Webhook, int]]] | None:
    """The newest checkpoint and the webhooks due for it, each with the number of failures in a row.

    Nobody else gets them before ``until``. None if no webhook is due.
    """
    wanting = select(webhooks.c.id).where(sent_to(), webhooks.c.checkpoints)
    with engine.begin() as connection:
        newest = newest_checkpoint(connection)
        if newest is None or not connection.execute(select(exists(wanting))).scalar_one():
            return None
        fresh = insert_or_skip(webhook_checkpoints).from_select(["webhook_id"], wanting)
        connection.execute(fresh.on_conflict_do_nothing())
        claim = (
            update(webhook_checkpoints)
            .where(_told.webhook_id.in_(wanting), _told.size < newest.size, _told.due_at <= at)
            .values(due_at=until)
            .returning(_told.webhook_id, _told.failures)
        )
        failures = {row.webhook_id: row.failures for row in connection.execute(claim)}
        rows = connection.execute(select(webhooks).where(webhooks.c.id.in_(failures)).order_by(webhooks.c.id))
        found = [(webhook_from(row), failures[row["id"]]) for row in rows.mappings()]
    return (newest, found) if found else None


def note_told(engine: Engine, webhook_id: str, size: int, attempt: Attempt) -> None:
    """Record that the receiver has the checkpoint of this size, and log the attempt."""
    _note(engine, webhook_id, attempt, size=size, failures=0, due_at=attempt.at)


def note_not_told(engine: Engine, webhook_id: str, attempt: Attempt, failures: int, again: datetime) -> None:
    """Record a failure, the n-th in a row, and when to retry."""
    _note(engine, webhook_id, attempt, failures=failures, due_at=again)


def _note(engine: Engine, webhook_id: str, attempt: Attempt, **values: int | datetime) -> None:
    with engine.begin() as connection:
        connection.execute(update(webhook_checkpoints).where(_told.webhook_id == webhook_id).values(**values))
        connection.execute(
            insert(webhook_attempts).values(
                webhook_id=webhook_id,
                at=attempt.at,
                status=attempt.status,
                error=attempt.error,
                milliseconds=attempt.milliseconds,
                response=attempt.response,
            )
        )
