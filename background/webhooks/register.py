"""What owners of webhooks ask and change, as one object: doors know neither tables nor connections.

Whatever is changed stands among the acts of those who run the engine, in the name of ``by``.
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
    """Every webhook and what was sent to it. Methods block."""

    def __init__(self, ledger: Writer) -> None:
        self._engine = ledger.engine

    def of(self, org: str) -> tuple[Webhook, ...]:
        """The webhooks of an organisation, oldest first."""
        return subscriptions.webhooks_of(self._engine, org)

    def get(self, webhook_id: str) -> Webhook | None:
        """One webhook, also one that was deleted; None when there never was such."""
        return subscriptions.get_webhook(self._engine, webhook_id)

    def add(self, webhook: Webhook, by: Acting, from_start: bool, at_most: int) -> bool:
        """Store a new webhook; False when its organisation has ``at_most`` already.

        It is told of what is recorded from now on, or ``from_start`` of everything that it may see.
        """
        return subscriptions.add_webhook(self._engine, webhook, by, from_start, at_most)

    def change(
        self, webhook_id: str, by: Acting, at: datetime, settings: Mapping[str, Any], state: WebhookState | None = None
    ) -> Webhook | None:
        """Change ``settings`` (url, events, payload) or the state; None when there is no such webhook.

        One that becomes active goes on where it stopped: everything that waits is due at once, with a fresh schedule.
        """
        return subscriptions.change_webhook(self._engine, webhook_id, by, at, settings, state)

    def rotate_secret(
        self, webhook_id: str, by: Acting, at: datetime, secret: str, previous_until: datetime
    ) -> Webhook | None:
        """Sign with a new secret, and until an instant with the one before too; None when there is no such webhook."""
        return subscriptions.rotate_secret(self._engine, webhook_id, by, at, secret, previous_until)

    def delete(self, webhook_id: str, by: Acting, at: datetime) -> bool:
        """Tell it no more and forget its secrets; what was sent stays in the log. False when there is none."""
        return subscriptions.delete_webhook(self._engine, webhook_id, by, at)

    def note_test(self, webhook_id: str, attempt: Attempt) -> None:
        """Keep how the sending of a test event went."""
        queues.note_test(self._engine, webhook_id, attempt)

    def deliveries(self, webhook_id: str, delivered: bool | None, cursor: str | None, limit: int) -> DeliveryLogPage:
        """The deliveries of a webhook, latest message first; only (un)delivered ones if so asked. Raises BadCursor."""
        return log.deliveries_of(self._engine, webhook_id, delivered, cursor, limit)

    def replay_one(self, webhook_id: str, request_id: str, seq: int, by: Acting, at: datetime) -> bool:
        """Send one message once more; False when this webhook never had it."""
        return queues.replay_one(self._engine, webhook_id, request_id, seq, by, at)

    def replay_since(self, webhook_id: str, since: int | datetime, by: Acting, at: datetime) -> int:
        """Send everything once more that was recorded after a message's id, or at or after an instant; how much it is.

        Also what is older than the webhook, where it may see and wants it; and what waits is tried at once.
        """
        return queues.replay_since(self._engine, webhook_id, since, by, at)
