"""Webhooks with undelivered messages, for the watch over what is stuck."""

from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Engine, Text, cast, func, select

from domain.stuck import WEBHOOK, StuckKind, Trouble, cause_of
from ledger.engine import reading
from ledger.tables import webhook_attempts, webhook_deliveries, webhook_queues, webhooks

AT_MOST: Final = 500


def webhooks_failing(engine: Engine) -> list[Trouble]:
    """Webhooks with undelivered messages: failing ones, and those disabled after too many failures."""
    oldest = (
        select(webhook_queues.c.webhook_id, func.min(webhook_deliveries.c.created_at).label("since"))
        .join(
            webhook_deliveries,
            (webhook_deliveries.c.webhook_id == webhook_queues.c.webhook_id)
            & (webhook_deliveries.c.request_id == webhook_queues.c.request_id),
        )
        .where(webhook_queues.c.failures > 0, webhook_deliveries.c.delivered_at.is_(None))
        .group_by(webhook_queues.c.webhook_id)
        .subquery()
    )
    last = (
        select(func.coalesce(webhook_attempts.c.error, cast(webhook_attempts.c.status, Text)))
        .where(webhook_attempts.c.webhook_id == webhooks.c.id)
        .order_by(webhook_attempts.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(webhooks.c.id, webhooks.c.url, webhooks.c.reason, oldest.c.since, last.label("last"))
        .join(oldest, oldest.c.webhook_id == webhooks.c.id)
        .where(webhooks.c.deleted_at.is_(None))
        .order_by(webhooks.c.id)
        .limit(AT_MOST)
    )
    with reading(engine) as connection:
        return [_webhook(row) for row in connection.execute(query)]


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _webhook(row: Any) -> Trouble:
    kind, subject = StuckKind.WEBHOOK_UNDELIVERED, f"{WEBHOOK}{row.id}"
    said = " ".join(dict.fromkeys(word for word in (_host(row.url), row.last, row.reason) if word))
    return Trouble(subject, kind, kind.value, cause_of(kind.value, row.id), said, since=row.since)
