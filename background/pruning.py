"""Pruning the outbox, if the operator wants it: old messages are deleted once all readers have had them."""

import asyncio
import logging
from datetime import UTC, datetime, timedelta

from background.webhooks.queries.pruning import prune
from ledger.engine import Engine
from ledger.log_book import LogBook
from ledger.queries.counting import count_on

log = logging.getLogger("shareflow.pruning")

EVERY = timedelta(hours=1)


async def prune_older_than(engine: Engine, age: timedelta) -> int:
    """Delete older messages that all readers have had; returns how many."""
    await asyncio.to_thread(_count_and_log, engine)
    before, gone = datetime.now(UTC) - age, 0
    while number := await asyncio.to_thread(prune, engine, before):
        gone += number
    return gone


def _count_and_log(engine: Engine) -> None:
    """Count and log all messages first: what is pruned uncounted would be missed for ever."""
    log_book = LogBook(engine)
    while count_on(engine) or log_book.extend():
        pass


async def keep_pruning(engine: Engine, days: int) -> None:
    """Prune every hour, until cancelled. Failures are logged and retried."""
    while True:
        try:
            gone = await prune_older_than(engine, timedelta(days=days))
            if gone:
                log.info("old messages pruned", extra={"messages": gone})
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever fails in the database, the next try may succeed
            log.warning("pruning postponed", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(EVERY.total_seconds())
