"""Calls about webhooks: where events are sent, with which secret, and what came of each attempt."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from shareflow._call import Call, items_reader, json_body, nothing, path, query, reader
from shareflow._calls import JSON, PAGE
from shareflow._models import Delivery, Page, Queued, Trial, Webhook


def create(url: str, events: Collection[str], payload: str, begin: str, checkpoints: bool) -> Call[Webhook]:
    """Make one. Not repeatable: made twice, it is told of everything twice."""
    more = {"checkpoints": True} if checkpoints else {}  # servers of before do not know it
    body = json_body({"url": url, "events": list(events), "payload": payload, "from": begin, **more})
    return Call("POST", path("webhooks"), reader(Webhook), headers=JSON, body=body, repeatable=False)


def list_all() -> Call[list[Webhook]]:
    """All of the caller's organisation."""
    return Call("GET", path("webhooks"), items_reader(Webhook))


def get(webhook_id: str) -> Call[Webhook]:
    """One."""
    return Call("GET", path("webhooks", webhook_id), reader(Webhook))


def change(webhook_id: str, changes: Mapping[str, Any]) -> Call[Webhook]:
    """Change what is named."""
    return Call("PATCH", path("webhooks", webhook_id), reader(Webhook), headers=JSON, body=json_body(dict(changes)))


def delete(webhook_id: str) -> Call[None]:
    """Tell it no more. Not repeatable: the second answer would be that it is not there."""
    return Call("DELETE", path("webhooks", webhook_id), nothing, repeatable=False)


def rotate(webhook_id: str) -> Call[Webhook]:
    """A new secret. Not repeatable: a second rotation would take the first one's place."""
    return Call("POST", path("webhooks", webhook_id, "rotate"), reader(Webhook), repeatable=False)


def test(webhook_id: str) -> Call[Trial]:
    """Send it something now."""
    return Call("POST", path("webhooks", webhook_id, "test"), reader(Trial), repeatable=False)


def deliveries(webhook_id: str, state: str | None, cursor: str | None) -> Call[Page[Delivery]]:
    """One page of what was sent to it, or is to be."""
    params = query(state=state, limit=PAGE, cursor=cursor)
    return Call("GET", path("webhooks", webhook_id, "deliveries"), reader(Page[Delivery]), params=params)


def replay(webhook_id: str, since: datetime | str) -> Call[int]:
    """Send it again what happened since an instant, after a cursor, or from the ``start``."""
    body = json_body({"from": since.isoformat() if isinstance(since, datetime) else since})
    return Call("POST", path("webhooks", webhook_id, "replay"), _queued, headers=JSON, body=body, repeatable=False)


def replay_one(webhook_id: str, event_id: str) -> Call[int]:
    """Send it one event again."""
    request_id, _, seq = event_id.rpartition("/")
    return Call(
        "POST", path("webhooks", webhook_id, "deliveries", request_id, seq, "replay"), _queued, repeatable=False
    )


def _queued(response: Any) -> int:
    return _read_queued(response).queued


_read_queued = reader(Queued)
