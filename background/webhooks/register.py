"""Webhooks for doors, which know neither tables nor connections.

Every change is recorded as an operator's act, by ``by``.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from background.webhooks.queries import log, queues, subscriptions
from background.webhooks.queries.log import DeliveryLogPage
from background.webhooks.queries.queues import Attempt
from background.webhooks.queries.subscriptions import Webhook, WebhookState
from domain.log.acts import Acting
from ledger.writer import Writer


class WebhookRegister:
    """All webhooks and their deliveries. Methods block."""

    def __init__(self, ledger: Writer) -> None:
        self._engine = ledger.engine

    def of(self, org: str) -> tuple[Webhook, ...]:
        """The webhooks of an organisation, oldest first."""
        return subscriptions.webhooks_of(self._engine, org)

    def get(self, webhook_id: str) -> Webhook | None:
        """One webhook, even if deleted; None if it never existed."""
        return subscriptions.get_webhook(self._engine, webhook_id)

    def add(self, webhook: Webhook, by: Acting, from_start: bool, at_most: int) -> bool:
        """Store a new webhook; False if its organisation has ``at_most`` already.

        It gets what is recorded from now on or, with ``from_start``, everything that it may see.
        """
        return subscriptions.add_webhook(self._engine, webhook, by, from_start, at_most)

    def change(
        self, webhook_id: str, by: Acting, at: datetime, settings: Mapping[str, Any], state: WebhookState | None = None
    ) -> Webhook | None:
        """Change ``settings`` (url, events, payload) or the state; None if there is no such webhook.

        A webhook that becomes active continues where it stopped: everything that waits is due at once.
        """
        return subscriptions.change_webhook(self._engine, webhook_id, by, at, settings, state)

    def rotate_secret(
        self, webhook_id: str, by: Acting, at: datetime, secret: str, previous_until: datetime
    ) -> Webhook | None:
        """Sign with a new secret and, until an instant, also with the old one; None if there is no such webhook."""
        return subscriptions.rotate_secret(self._engine, webhook_id, by, at, secret, previous_until)

    def delete(self, webhook_id: str, by: Acting, at: datetime) -> bool:
        """Delete a webhook and its secrets; the log stays. False if there is no such webhook."""
        return subscriptions.delete_webhook(self._engine, webhook_id, by, at)

    def note_test(self, webhook_id: str, attempt: Attempt) -> None:
        """Log the result of a test event."""
        queues.note_test(self._engine, webhook_id, attempt)

    def deliveries(self, webhook_id: str, delivered: bool | None, cursor: str | None, limit: int) -> DeliveryLogPage:
        """The deliveries of a webhook, latest message first; optionally only (un)delivered ones. Raises BadCursor."""
        return log.deliveries_of(self._engine, webhook_id, delivered, cursor, limit)

    def replay_one(self, webhook_id: str, request_id: str, seq: int, by: Acting, at: datetime) -> bool:
        """Send one message again; False if this webhook never had it."""
        return queues.replay_one(self._engine, webhook_id, request_id, seq, by, at)

    def replay_since(self, webhook_id: str, since: int | datetime, by: Acting, at: datetime) -> int:
        """Send again everything recorded after a message's id, or at or after an instant; returns how many messages.

        Includes messages older than the webhook that it may see and wants; waiting messages are tried at once.
        """
        return queues.replay_since(self._engine, webhook_id, since, by, at)
