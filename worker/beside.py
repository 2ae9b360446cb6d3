"""The background work in the process of a worker.

A module of its own, which is imported only when a worker runs: workers for played cases do without the HTTP client and
all else that it loads.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from temporalio.client import Client

from background.archive.archiving import keep_archiving
from background.checkpoints import keep_checkpointing
from background.notifying.notifier import Notifier
from background.pruning import keep_pruning
from background.publication import keep_publishing
from background.reconciliation import keep_reconciling
from background.stuck import keep_watching
from background.webhooks.checkpoints import keep_telling_checkpoints
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from configuration.archive import archive_of
from configuration.log_key import signer_named
from configuration.notifying import looking_around, mail_server_of
from configuration.settings import Settings
from configuration.timestamps import authority_named
from configuration.values import prefix_of
from ledger.calendar_store import CalendarStore
from ledger.engine import Engine


class BackgroundWork:
    """The loops that run beside the cases: reconciliation, publication, archive, webhooks, notifications, checkpoints.

    Raises StartupError for invalid settings.
    """

    def __init__(self, client: Client, engine: Engine, settings: Settings) -> None:
        self._client = client
        self._engine = engine
        self._settings = settings
        self._signer = signer_named(settings)
        self._authority = authority_named(settings)
        self._archive = archive_of(settings)
        self._calendar = CalendarStore(engine)
        self._mail = mail_server_of(settings)
        self._around = looking_around(settings, self._calendar, mails=self._mail is not None)

    @property
    def signs(self) -> bool:
        """Whether checkpoints of the log are made: the settings name a key."""
        return self._signer is not None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run all loops for the block, and cancel them at its end."""
        async with Sender(AddressGuard(self._settings.webhook_allow)) as sender:
            tasks = [asyncio.create_task(loop) for loop in self._loops(sender)]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    def _loops(self, sender: Sender) -> Iterator[Coroutine[Any, Any, None]]:
        engine, settings = self._engine, self._settings
        prefix = prefix_of(settings.public_url)
        yield keep_reconciling(self._client, engine)
        yield keep_watching(self._client, engine)
        yield keep_publishing(self._client, engine, self._calendar)
        yield keep_archiving(self._client, engine, self._archive)
        yield Dispatcher(engine, sender, prefix=prefix).keep_dispatching()
        yield keep_telling_checkpoints(engine, sender, prefix)
        yield Notifier(engine, sender, self._mail, self._around).keep_notifying()
        if self._signer is not None:
            every = timedelta(hours=settings.checkpoint_hours)
            yield keep_checkpointing(engine, self._signer, every, self._authority)
        if settings.feed_days is not None:
            yield keep_pruning(engine, settings.feed_days)
