"""The query with which a dispatcher checks every second whether there is anything to do."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Dialect, Engine, exists, func, literal_column, select

from background.webhooks.queries.queues import free_at, sent_to
from domain.evidence import instant_text
from ledger.engine import single_calls_of
from ledger.queries.outbox_position import newest_position
from ledger.tables import webhook_queues, webhooks


@dataclass(frozen=True)
class Work:
    """``behind``: a webhook has messages to queue. ``due``: something is due and unclaimed."""

    behind: bool
    due: bool


@cache
def _question(dialect: Dialect) -> str:
    """The compiled SQL: compiling it again would cost more than running it."""
    behind = exists().where(webhooks.c.deleted_at.is_(None), webhooks.c.reached < newest_position())
    due = exists().where(webhook_queues.c.webhook_id == webhooks.c.id, sent_to(), *free_at(literal_column("moment.at")))
    written = select(func.json_build_array(behind, due)).compile(
        dialect=dialect, compile_kwargs={"literal_binds": True}
    )
    return f"{written} FROM (SELECT %s::timestamptz AS at) AS moment"


def work_at(engine: Engine, at: datetime) -> Work:
    """What there is to do at an instant. Raises psycopg2's errors."""
    return Work(*single_calls_of(engine).call(_question(engine.dialect), instant_text(at)))
