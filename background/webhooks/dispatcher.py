"""The dispatcher: queues new messages of the outbox for webhooks, and sends what is due.

Any number of dispatchers may run, and may be stopped at any time: what one has begun and not finished, another sends
again once the lease has expired. The order within a case is always kept.
"""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from background.webhooks.payloads import event_for
from background.webhooks.queries.looking import work_at
from background.webhooks.queries.queues import (
    Claim,
    DueDelivery,
    claim,
    due_webhooks,
    fan_out,
    next_due,
    note_delivered,
    note_failed,
    release,
)
from background.webhooks.queries.subscriptions import DisabledFor
from background.webhooks.schedule import again_after
from background.webhooks.sending import Result, Sender
from ledger.engine import Engine

log = logging.getLogger("shareflow.webhooks")

EVERY_SECONDS = 1.0
BREATH_SECONDS = 0.05
LEASE = timedelta(seconds=60)
"""Duration of a claim; far longer than a sending may take."""
AT_ONCE = 64
AT_ONCE_EACH = 4
"""Concurrent sendings, in all and to one webhook; one that has just failed gets a single one, to delay no others."""
LAST_SECONDS = 5.0
"""How long a stopping dispatcher waits for sendings in progress."""


def now() -> datetime:
    """The current instant."""
    return datetime.now(UTC)


class Dispatcher:
    """The dispatcher of one ledger. ``now`` is its clock, ``chance`` (0 to 1) spreads the retries.

    ``prefix`` is the path below which receivers reach the API.
    """

    def __init__(
        self,
        engine: Engine,
        sender: Sender,
        now: Callable[[], datetime] = now,
        chance: Callable[[], float] = random.random,
        prefix: str = "",
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._now = now
        self._chance = chance
        self._prefix = prefix
        self._running: dict[asyncio.Task[None], str] = {}
        self._failing: set[str] = set()
        self._stopping = False
        self._attempts = 0

    async def once(self) -> int:
        """Queue and send until nothing is due; returns the number of attempts. Raises OperationalError."""
        before = self._attempts
        await self._fan_out()
        while await self._start() or self._running:
            await asyncio.wait(self._running)
        return self._attempts - before

    async def keep_dispatching(self) -> None:
        """Queue and send until cancelled. Failures of the database are logged and retried."""
        self._stopping = False
        try:
            while True:
                try:
                    work = await asyncio.to_thread(work_at, self._engine, self._now())
                    if work.behind:
                        await self._fan_out()
                    if work.behind or work.due:
                        await self._start()
                except Exception as error:  # the dispatcher must survive any failure of the database
                    log.warning("webhooks postponed", extra={"error": f"{type(error).__name__}: {error}"})
                    await asyncio.sleep(EVERY_SECONDS)
                await self._pause()
        finally:
            await self._finish()

    async def _fan_out(self) -> None:
        while await asyncio.to_thread(fan_out, self._engine, self._now()):
            pass

    async def _start(self) -> bool:
        """Start sending what is due, within the limits; returns whether anything was started."""
        begun = False
        busy = Counter(self._running.values())
        for webhook_id in await asyncio.to_thread(due_webhooks, self._engine, self._now()):
            each = 1 if webhook_id in self._failing else AT_ONCE_EACH
            room = min(each - busy[webhook_id], AT_ONCE - len(self._running))
            if room < 1:
                continue
            at = self._now()
            for claimed in await asyncio.to_thread(claim, self._engine, webhook_id, at, at + LEASE, room):
                task = asyncio.create_task(self._carry(claimed))
                self._running[task] = webhook_id
                task.add_done_callback(self._ended)
                begun = True
        return begun

    async def _pause(self) -> None:
        """Wait until a sending has ended or it is time to look again."""
        if self._running:
            await asyncio.wait(self._running, timeout=EVERY_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(BREATH_SECONDS)
        else:
            await asyncio.sleep(EVERY_SECONDS)

    async def _finish(self) -> None:
        """Wait for sendings in progress, but not for long."""
        self._stopping = True
        if self._running:
            await asyncio.wait(self._running, timeout=LAST_SECONDS)
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        webhook_id = self._running.pop(task)
        if not task.cancelled() and task.exception() is not None:
            error = task.exception()
            log.warning(
                "delivery postponed", extra={"webhook": webhook_id, "error": f"{type(error).__name__}: {error}"}
            )

    async def _carry(self, claimed: Claim) -> None:
        """Send the messages of one queue in order, until it is empty or one is not accepted."""
        while not self._stopping:
            due = await asyncio.to_thread(next_due, self._engine, claimed, self._now() + LEASE)
            if due is None or not await self._deliver(claimed, due):
                return
        await asyncio.to_thread(release, self._engine, claimed)

    async def _deliver(self, claimed: Claim, due: DueDelivery) -> bool:
        """Send one message and record the result; returns whether the receiver has it."""
        at, webhook = self._now(), due.webhook
        self._attempts += 1
        event = event_for(webhook.payload, due.message, self._prefix)
        result = await self._sender.send(webhook.url, event, webhook.secrets_at(at), at)
        if result.attempt.delivered:
            self._failing.discard(webhook.id)
            await asyncio.to_thread(note_delivered, self._engine, claimed, due.message.id, result.attempt)
            return True
        self._failing.add(webhook.id)
        then = self._after(due, result)
        await asyncio.to_thread(note_failed, self._engine, claimed, due.message.id, result.attempt, then)
        if isinstance(then, DisabledFor):
            log.warning("webhook disabled", extra={"webhook": webhook.id, "reason": then.value})
        return False

    def _after(self, due: DueDelivery, failed: Result) -> datetime | DisabledFor:
        """When to retry, or why not."""
        if failed.gone:
            return DisabledFor.GONE
        wait = again_after(due.failures + 1, failed.asked, self._chance())
        return DisabledFor.EXHAUSTED if wait is None else self._now() + wait
