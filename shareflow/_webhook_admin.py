"""The webhooks of one's organisation, managed: ``client.webhooks``."""

from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal

from shareflow import _webhook_calls
from shareflow._drivers import AsyncDriver, Driver
from shareflow._models import Delivery, Trial, Webhook
from shareflow._talk import Patience, ask, pages


class Webhooks:
    """Webhooks, for a client that blocks."""

    def __init__(self, driver: Driver, patience: Patience) -> None:
        self._driver = driver
        self._patience = patience

    def create(
        self,
        url: str,
        *,
        events: Collection[str] = (),
        payload: Literal["thin", "full"] = "thin",
        begin: Literal["now", "start"] = "now",
        checkpoints: bool = False,
    ) -> Webhook:
        """Be told at ``url`` of these events (none named: all). Keep the answer's ``secret``: it is shown this once.

        A ``thin`` message says which event it was, a ``full`` one holds the event. With ``begin="start"`` you are
        also told of all that happened before. With ``checkpoints`` you are also sent each checkpoint of the log.
        """
        return self._driver.run(ask(_webhook_calls.create(url, events, payload, begin, checkpoints), self._patience))

    def list(self) -> Sequence[Webhook]:
        """All of your organisation."""
        return self._driver.run(ask(_webhook_calls.list_all(), self._patience))

    def get(self, webhook_id: str) -> Webhook:
        """One of them. Raises NotFound."""
        return self._driver.run(ask(_webhook_calls.get(webhook_id), self._patience))

    def change(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change what is named: ``url``, ``events``, ``payload``, ``checkpoints``, ``state``.

        A ``disabled`` webhook collects; once ``active`` again it goes on where it stopped.
        """
        return self._driver.run(ask(_webhook_calls.change(webhook_id, changes), self._patience))

    def delete(self, webhook_id: str) -> None:
        """Be told no more."""
        self._driver.run(ask(_webhook_calls.delete(webhook_id), self._patience))

    def rotate(self, webhook_id: str) -> Webhook:
        """A new secret, shown this once. Until ``previous_secret_until`` messages are signed with both."""
        return self._driver.run(ask(_webhook_calls.rotate(webhook_id), self._patience))

    def test(self, webhook_id: str) -> Trial:
        """Send a test event now and see what the receiver answers."""
        return self._driver.run(ask(_webhook_calls.test(webhook_id), self._patience))

    def deliveries(
        self, webhook_id: str, *, state: Literal["pending", "delivered"] | None = None
    ) -> Iterator[Delivery]:
        """What was sent or is to be, the latest event first, with each attempt."""
        return self._driver.each(
            pages(lambda cursor: _webhook_calls.deliveries(webhook_id, state, cursor), self._patience)
        )

    def replay(self, webhook_id: str, since: datetime | str) -> int:
        """Be told again of all since an instant, after a cursor of ``feed``, or from the ``start``; says how many."""
        return self._driver.run(ask(_webhook_calls.replay(webhook_id, since), self._patience))

    def replay_one(self, webhook_id: str, event_id: str) -> int:
        """Be told again of one event, by its id."""
        return self._driver.run(ask(_webhook_calls.replay_one(webhook_id, event_id), self._patience))


class AsyncWebhooks:
    """Webhooks, for a client that awaits."""

    def __init__(self, driver: AsyncDriver, patience: Patience) -> None:
        self._driver = driver
        self._patience = patience

    async def create(
        self,
        url: str,
        *,
        events: Collection[str] = (),
        payload: Literal["thin", "full"] = "thin",
        begin: Literal["now", "start"] = "now",
        checkpoints: bool = False,
    ) -> Webhook:
        """Be told at ``url`` of these events (none named: all). Keep the answer's ``secret``: it is shown this once.

        A ``thin`` message says which event it was, a ``full`` one holds the event. With ``begin="start"`` you are
        also told of all that happened before. With ``checkpoints`` you are also sent each checkpoint of the log.
        """
        return await self._driver.run(
            ask(_webhook_calls.create(url, events, payload, begin, checkpoints), self._patience)
        )

    async def list(self) -> Sequence[Webhook]:
        """All of your organisation."""
        return await self._driver.run(ask(_webhook_calls.list_all(), self._patience))

    async def get(self, webhook_id: str) -> Webhook:
        """One of them. Raises NotFound."""
        return await self._driver.run(ask(_webhook_calls.get(webhook_id), self._patience))

    async def change(self, webhook_id: str, **changes: Any) -> Webhook:
        """Change what is named: ``url``, ``events``, ``payload``, ``checkpoints``, ``state``.

        A ``disabled`` webhook collects; once ``active`` again it goes on where it stopped.
        """
        return await self._driver.run(ask(_webhook_calls.change(webhook_id, changes), self._patience))

    async def delete(self, webhook_id: str) -> None:
        """Be told no more."""
        await self._driver.run(ask(_webhook_calls.delete(webhook_id), self._patience))

    async def rotate(self, webhook_id: str) -> Webhook:
        """A new secret, shown this once. Until ``previous_secret_until`` messages are signed with both."""
        return await self._driver.run(ask(_webhook_calls.rotate(webhook_id), self._patience))

    async def test(self, webhook_id: str) -> Trial:
        """Send a test event now and see what the receiver answers."""
        return await self._driver.run(ask(_webhook_calls.test(webhook_id), self._patience))

    def deliveries(
        self, webhook_id: str, *, state: Literal["pending", "delivered"] | None = None
    ) -> AsyncGenerator[Delivery, None]:
        """What was sent or is to be, the latest event first, with each attempt."""
        return self._driver.each(
            pages(lambda cursor: _webhook_calls.deliveries(webhook_id, state, cursor), self._patience)
        )

    async def replay(self, webhook_id: str, since: datetime | str) -> int:
        """Be told again of all since an instant, after a cursor of ``feed``, or from the ``start``; says how many."""
        return await self._driver.run(ask(_webhook_calls.replay(webhook_id, since), self._patience))

    async def replay_one(self, webhook_id: str, event_id: str) -> int:
        """Be told again of one event, by its id."""
        return await self._driver.run(ask(_webhook_calls.replay_one(webhook_id, event_id), self._patience))
