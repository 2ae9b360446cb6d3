"""Ledger events as CloudEvents 1.0 (云事件): the envelope in which other systems are told what happened.

The feed and the webhooks wrap the same event in the same envelope, so a receiver of both can recognise an event it has
already seen by ``source`` and ``id``.
"""

from collections.abc import Mapping
from typing import Any

SPEC_VERSION = "1.0"
SOURCE = "/shareflow"
"""The source of outgoing events; together with the id it identifies an event."""

REQUEST_PREFIX = "cn.gov.shareflow.request."
PLATFORM_PREFIX = "cn.gov.shareflow.platform."
VERSION = ".v1"

_SEQUENCE_DIGITS = 10


def type_of(event_type: str) -> str:
    """The CloudEvents type of a ledger event: ``granted`` is ``cn.gov.shareflow.request.granted.v1``."""
    return f"{REQUEST_PREFIX}{event_type}{VERSION}"


def platform_type(word: str) -> str:
    """The CloudEvents type of an incoming event: ``access_used`` is ``cn.gov.shareflow.platform.access_used.v1``."""
    return f"{PLATFORM_PREFIX}{word}{VERSION}"


def event_id(request_id: str, seq: int) -> str:
    """The id of a ledger event, unique within SOURCE."""
    return f"{request_id}/{seq}"


def cloud_event(request_id: str, event: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """The CloudEvent of a ledger event, as its structured JSON.

    ``event`` is the ledger event's JSON as the outbox holds it; ``data`` is what the receiver is told about it.
    ``sequence`` orders the events of a case; its leading zeros make it sort correctly as text.
    """
    return {
        "specversion": SPEC_VERSION,
        "id": event_id(request_id, event["seq"]),
        "source": SOURCE,
        "type": type_of(event["type"]),
        "subject": request_id,
        "time": event["at"],
        "datacontenttype": "application/json",
        "sequence": f"{event['seq']:0{_SEQUENCE_DIGITS}d}",
        "partitionkey": request_id,
        "statute": event["statute"],
        "data": dict(data),
    }
