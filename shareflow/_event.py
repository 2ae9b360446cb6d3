"""Events as other systems get them: CloudEvents 1.0, with the cursor from which to go on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

PREFIX, OF_REQUESTS, VERSION = "cn.gov.shareflow.", "request.", ".v1"
ATTRIBUTES = frozenset({"specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype"})


@dataclass(frozen=True)
class Event:
    """One event (CloudEvents 1.0).

    ``id`` and ``source`` name it once and for all: it may come twice, never changed. ``data`` is the event as the
    ledger holds it; a webhook's may say less (thin payload). ``extensions`` are the other attributes of the envelope.
    ``cursor`` is there in a stream: keep it when the event is done with, and go on after it next time.
    """

    id: str
    source: str
    type: str
    subject: str | None
    time: datetime | None
    data: Mapping[str, Any]
    extensions: Mapping[str, Any] = field(default_factory=dict)
    cursor: str | None = None

    @property
    def name(self) -> str:
        """What happened, in one word: ``granted`` of ``cn.gov.shareflow.request.granted.v1``."""
        return name_of(self.type)

    @property
    def request_id(self) -> str | None:
        """The request that it is about, if any."""
        return self.subject if self.type.startswith(PREFIX + OF_REQUESTS) else None


def name_of(type_: str) -> str:
    """The word of an event type of ours (``webhook.test`` where it is not about a request); others as they are."""
    if not (type_.startswith(PREFIX) and type_.endswith(VERSION)):
        return type_
    return type_.removeprefix(PREFIX).removesuffix(VERSION).removeprefix(OF_REQUESTS)


def event_from(raw: Any, cursor: str | None = None) -> Event:
    """An event from its structured JSON. Raises KeyError, ValueError, TypeError for something that is no CloudEvent."""
    if not isinstance(raw, Mapping):
        raise TypeError("an event is an object")
    time = raw.get("time")
    data = raw.get("data")
    return Event(
        id=str(raw["id"]),
        source=str(raw["source"]),
        type=str(raw["type"]),
        subject=raw.get("subject"),
        time=datetime.fromisoformat(time) if time else None,
        data=data if isinstance(data, Mapping) else {},
        extensions={name: value for name, value in raw.items() if name not in ATTRIBUTES},
        cursor=cursor,
    )
