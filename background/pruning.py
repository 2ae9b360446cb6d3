"""Keeping the outbox short, where the operator wants that: messages of so many days ago go once all have had them."""

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
    """Let go of what is older and has been had by all; how many messages that were."""
    await asyncio.to_thread(_count_and_log, engine)
    before, gone = datetime.now(UTC) - age, 0
    while number := await asyncio.to_thread(prune, engine, before):
        gone += number
    return gone


def _count_and_log(engine: Engine) -> None:
    """What is not counted and not in the log yet would be missed for ever."""
    log_book = LogBook(engine)
    while count_on(engine) or log_book.extend():
        pass


async def keep_pruning(engine: Engine, days: int) -> None:
    """Do so every hour, until cancelled. Failures are logged and tried again."""
    while True:
        try:
            gone = await prune_older_than(engine, timedelta(days=days))
            if gone:
                log.info("old messages pruned", extra={"messages": gone})
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever the database does, the next try may go well
            log.warning("pruning postponed", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(EVERY.total_seconds())
