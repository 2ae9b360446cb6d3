"""Webhooks and their deliveries as the HTTP door shows them."""

from typing import Any

from api.context import now
from api.http.prefix import prefixed
from api.webhooks.schemas import AttemptOut, DeliveryOut, WebhookLinks, WebhookOut, WebhookWithSecret
from background.webhooks.queries.log import Delivery
from background.webhooks.queries.queues import Attempt
from background.webhooks.queries.subscriptions import Webhook
from domain.messages import Language, label


def _shown(webhook: Webhook, language: Language) -> dict[str, Any]:
    rotating = webhook.previous_until is not None and webhook.previous_until > now()
    names = ("id", "org", "url", "payload", "checkpoints", "state", "reason", "since")
    people = ("created_by", "created_at", "changed_by", "changed_at")
    path = prefixed(f"/v1/webhooks/{webhook.id}")
    return {
        **{name: getattr(webhook, name) for name in (*names, *people)},
        "events": list(webhook.events),
        "state_label": label("webhook_state", webhook.state, language),
        "reason_label": label("webhook_reason", webhook.reason, language) if webhook.reason else None,
        "previous_secret_until": webhook.previous_until if rotating else None,
        "links": WebhookLinks(self=path, deliveries=f"{path}/deliveries"),
    }


def webhook_out(webhook: Webhook, language: Language) -> WebhookOut:
    """A webhook without its secrets."""
    return WebhookOut.model_validate(_shown(webhook, language))


def with_secret(webhook: Webhook, language: Language) -> WebhookWithSecret:
    """A webhook with the secret that it has just been given."""
    return WebhookWithSecret.model_validate({**_shown(webhook, language), "secret": webhook.secret})


def attempt_out(attempt: Attempt, language: Language) -> AttemptOut:
    """One attempt."""
    return AttemptOut(
        at=attempt.at,
        status=attempt.status,
        error=attempt.error,
        error_label=label("webhook_error", attempt.error, language) if attempt.error else None,
        milliseconds=attempt.milliseconds,
        response=attempt.response,
    )


def delivery_out(delivery: Delivery, language: Language) -> DeliveryOut:
    """One delivery with its attempts."""
    names = ("request_id", "seq", "type", "created_at", "delivered_at")
    return DeliveryOut.model_validate(
        {
            **{name: getattr(delivery, name) for name in names},
            "id": f"{delivery.request_id}/{delivery.seq}",
            "state": "delivered" if delivery.delivered_at else "pending",
            "next_attempt_at": delivery.next_at,
            "attempts": [attempt_out(each, language) for each in delivery.attempts],
        }
    )
