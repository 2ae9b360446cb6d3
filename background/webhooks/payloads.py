"""The payload of a webhook: a CloudEvent, thin unless its owner asked for more, with signatures."""

import base64
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from standardwebhooks import Webhook as Signer

from background.webhooks.queries.subscriptions import WebhookPayload
from domain.cloud_events import SOURCE, SPEC_VERSION, cloud_event
from domain.evidence import instant_text
from domain.log.checkpoints import checkpoint_in
from domain.log.notes import read_note
from ledger.queries.log import KeptCheckpoint
from ledger.queries.views import OutboxMessage

CONTENT_TYPE = "application/cloudevents+json"
TRIAL_TYPE = "cn.gov.shareflow.webhook.test.v1"
CHECKPOINT_TYPE = "cn.gov.shareflow.checkpoint.made.v1"
SECRET_BYTES = 32


def event_for(payload: WebhookPayload, message: OutboxMessage, prefix: str = "") -> dict[str, Any]:
    """The CloudEvent of a message: thin has the address, below ``prefix``; full has the event itself."""
    event = message.payload
    data = {**event, "request_id": message.request_id} if payload is WebhookPayload.FULL else _thin(message, prefix)
    return cloud_event(message.request_id, event, data)


def _thin(message: OutboxMessage, prefix: str) -> dict[str, Any]:
    return {
        "request_id": message.request_id,
        "seq": message.seq,
        "type": message.type,
        "stage": message.payload["stage"],
        "url": f"{prefix}/v1/requests/{message.request_id}/events?after={message.seq - 1}",
    }


def trial_event(webhook_id: str, at: datetime) -> dict[str, Any]:
    """A test event without content."""
    return {
        "specversion": SPEC_VERSION,
        "id": f"test/{secrets.token_hex(8)}",
        "source": SOURCE,
        "type": TRIAL_TYPE,
        "subject": webhook_id,
        "time": instant_text(at),
        "datacontenttype": "application/json",
        "data": {"webhook_id": webhook_id},
    }


def checkpoint_event(kept: KeptCheckpoint, prefix: str = "") -> dict[str, Any]:
    """The event of a checkpoint: the signed note, its content, and its address."""
    said = checkpoint_in(read_note(kept.note))
    return {
        "specversion": SPEC_VERSION,
        "id": f"checkpoint/{kept.size}",
        "source": SOURCE,
        "type": CHECKPOINT_TYPE,
        "subject": said.origin,
        "time": instant_text(said.at or kept.made_at),
        "datacontenttype": "application/json",
        "data": {
            "log": said.origin,
            "size": kept.size,
            "roots": {"sha256": said.root.hex(), "sm3": (said.sm3_root or b"").hex()},
            "note": kept.note,
            "url": f"{prefix}/v1/checkpoints/{kept.size}",
        },
    }


def new_secret() -> str:
    """A new secret in the format of Standard Webhooks."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def signed(event: Mapping[str, Any], keys: Sequence[str], at: datetime) -> tuple[dict[str, str], bytes]:
    """Headers and body of an event, signed with each of ``keys``. The id is the event's, on each attempt."""
    body = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    # The library reads the local time as UTC, whatever zone the instant has.
    instant = at.astimezone(UTC)
    headers = {
        "content-type": CONTENT_TYPE,
        "webhook-id": event["id"],
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": " ".join(Signer(key).sign(event["id"], instant, body) for key in keys),
    }
    return headers, body.encode()
