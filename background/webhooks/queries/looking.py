"""Whether there is anything to do: the one question that a dispatcher asks every second."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, exists, select

from background.webhooks.queries.queues import free_at, sent_to
from ledger.engine import reading
from ledger.queries.outbox_position import newest_position
from ledger.tables import webhook_queues, webhooks


@dataclass(frozen=True)
class Work:
    """``behind``: a webhook has messages to look at. ``due``: something is to be sent now and nobody is at it."""

    behind: bool
    due: bool


def work_at(engine: Engine, at: datetime) -> Work:
    """What there is to do at an instant."""
    behind = exists().where(webhooks.c.deleted_at.is_(None), webhooks.c.reached < newest_position())
    due = exists().where(webhook_queues.c.webhook_id == webhooks.c.id, sent_to(), *free_at(at))
    with reading(engine) as connection:
        return Work(*connection.execute(select(behind, due)).one())
