"""Telling webhooks of checkpoints of the log, so that whoever keeps them need not ask.

A checkpoint is of no case, so that it takes no place in the queues of cases: each webhook that wants it is sent the
newest, at least once, until it has it. What came between is read over HTTP; the newest covers it.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from background.webhooks.dispatcher import LEASE, now
from background.webhooks.payloads import checkpoint_event
from background.webhooks.queries.checkpoints import claim_untold, note_not_told, note_told
from background.webhooks.queries.subscriptions import Webhook
from background.webhooks.schedule import DELAYS, again_after
from background.webhooks.sending import Sender
from ledger.engine import Engine
from ledger.queries.log import KeptCheckpoint

log = logging.getLogger("shareflow.checkpoints")

LOOK_EVERY = timedelta(seconds=30)


async def tell_checkpoint(engine: Engine, sender: Sender, prefix: str = "", now: Callable[[], datetime] = now) -> int:
    """Send the newest checkpoint to every webhook that is to have it now; to how many. Never disables one."""
    at = now()
    claimed = await asyncio.to_thread(claim_untold, engine, at, at + LEASE)
    if claimed is None:
        return 0
    newest, waiting = claimed
    await asyncio.gather(*(_tell(engine, sender, prefix, newest, *each, now()) for each in waiting))
    return len(waiting)


async def _tell(
    engine: Engine, sender: Sender, prefix: str, newest: KeptCheckpoint, webhook: Webhook, failures: int, at: datetime
) -> None:
    result = await sender.send(webhook.url, checkpoint_event(newest, prefix), webhook.secrets_at(at), at)
    if result.attempt.delivered:
        await asyncio.to_thread(note_told, engine, webhook.id, newest.size, result.attempt)
        return
    wait = again_after(failures + 1, result.asked, 0) or DELAYS[-1]
    await asyncio.to_thread(note_not_told, engine, webhook.id, result.attempt, failures + 1, at + wait)


async def keep_telling_checkpoints(engine: Engine, sender: Sender, prefix: str = "") -> None:
    """Do so every half minute, until cancelled. Failures are logged and tried again."""
    while True:
        try:
            await tell_checkpoint(engine, sender, prefix)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever the database does, the next look may go well
            log.warning("telling of a checkpoint postponed", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(LOOK_EVERY.total_seconds())
