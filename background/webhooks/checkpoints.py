"""Sending checkpoints of the log to webhooks, so that receivers need not poll.

A checkpoint belongs to no case and so to no queue: each webhook that wants checkpoints is sent the newest one, at least
once, until it has it. Those in between can be read over HTTP; the newest covers them.
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
    """Send the newest checkpoint to every webhook that is due for it; returns to how many. Never disables a webhook."""
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
    """Send checkpoints every half minute, until cancelled. Failures are logged and retried."""
    while True:
        try:
            await tell_checkpoint(engine, sender, prefix)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever fails in the database, the next look may succeed
            log.warning("telling of a checkpoint postponed", extra={"error": f"{type(error).__name__}: {error}"})
        await asyncio.sleep(LOOK_EVERY.total_seconds())
