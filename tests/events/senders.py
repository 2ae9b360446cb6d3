"""Who tells Shareflow what happened elsewhere, and how it is told."""

import itertools
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
from cloudevents.core.bindings.http import HTTPMessage, to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from domain.calendar import CHINA
from domain.words import Role
from tests.api.callers import STRANGER, Bearer, filing
from tests.engine.cases import PROVIDER, REQUESTER

PREFIX = "cn.gov.shareflow.platform."
SOURCE = "/platform/nantong"
AT = "2025-09-01T09:00:00+08:00"
"""When something happened that is about no case."""

_numbers = itertools.count(1)


def fresh_id() -> str:
    """An id that no event had."""
    return f"e-{next(_numbers)}-{uuid.uuid4().hex[:8]}"


def event(kind: str, data: Any, **attributes: Any) -> dict[str, Any]:
    """An event as its structured JSON; its id is new unless one is given."""
    named = {"specversion": "1.0", "id": fresh_id(), "source": SOURCE, "type": f"{PREFIX}{kind}.v1"}
    return {**named, **attributes, "data": data}


def submitted(subject: str | None = None, statute: str = "nantong-2020", **attributes: Any) -> dict[str, Any]:
    """A request that was submitted elsewhere; of a subject of its own unless one is given. The purpose names it."""
    subject = subject or f"apply/{fresh_id()}"
    return event("request_submitted", filing(statute, purpose=f"核验 {subject}"), subject=subject, **attributes)


def soon(seconds: float = 0, zone: timezone = CHINA) -> str:
    """An instant so long after now, to the second; senders' clocks may be some minutes ahead."""
    return (datetime.now(zone) + timedelta(seconds=seconds)).isoformat(timespec="seconds")


def access(kind: str, request_id: str, at: str | None = None, **data: Any) -> dict[str, Any]:
    """Access that was opened or used, now unless it is said when."""
    return event(kind, {"request_id": request_id, "at": at or soon(), **data})


def catalogue(code: str, change: str = "published", **attributes: Any) -> dict[str, Any]:
    """A catalogue entry that was published, changed or withdrawn."""
    entry = {"code": code, "name": "常住人口基本信息", "sharing_class": "conditional", "update_cycle": "每日"}
    return event("catalogue_changed", {"resource": entry, "change": change, "at": AT}, **attributes)


def _made(said: dict[str, Any]) -> CloudEvent:
    return CloudEvent({key: value for key, value in said.items() if key != "data"}, said["data"])


class Senders:
    """Those who may tell something, and one who may not; an independent library writes their messages."""

    def __init__(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        self.api = api
        self.headers = {
            "platform": bearer(Role.PLATFORM, "platform"),
            "nantong": bearer(Role.PLATFORM, "platform-nantong", places=["nantong"], subject="网关甲"),
            "changshu": bearer(Role.PLATFORM, "platform-changshu", places=["changshu"]),
            "requester": bearer(Role.REQUESTER, REQUESTER),
            "provider": bearer(Role.PROVIDER, PROVIDER),
            "bureau": bearer(Role.BUREAU, "bureau"),
            "nantong bureau": bearer(Role.BUREAU, "bureau", places=["nantong"]),
            "changshu bureau": bearer(Role.BUREAU, "bureau", places=["changshu"]),
            "auditor": bearer(Role.AUDITOR, "audit"),
            "operator": bearer(Role.OPERATOR, "operations"),
            "stranger": bearer([Role.REQUESTER, Role.PROVIDER], STRANGER),
        }

    async def tell(self, who: str, said: dict[str, Any]) -> httpx.Response:
        """Send an event as structured JSON."""
        return await self._send(who, to_structured_event(_made({**said})))

    async def tell_in_binary(self, who: str, said: dict[str, Any]) -> httpx.Response:
        """Send an event with its attributes in headers."""
        return await self._send(who, to_binary_event(_made({**said, "datacontenttype": "application/json"})))

    async def tell_batch(self, who: str, batch: list[Any]) -> httpx.Response:
        """Send events together."""
        headers = {**self.headers[who], "Content-Type": "application/cloudevents-batch+json"}
        return await self.api.post("/v1/events", json=batch, headers=headers)

    async def raw(self, who: str, content: bytes | str, **headers: str) -> httpx.Response:
        """Send whatever it is."""
        return await self.api.post("/v1/events", content=content, headers={**self.headers[who], **headers})

    async def received(self, who: str, **asked: Any) -> list[dict[str, Any]]:
        """All events that came in, as somebody sees them, the latest first."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.api.get("/v1/events/received", params=asked, headers=self.headers[who])
            assert page.status_code == 200, page.text
            found += page.json()["items"]
            if page.json()["next"] is None:
                return found
            asked["cursor"] = page.json()["next"]

    async def _send(self, who: str, message: HTTPMessage) -> httpx.Response:
        return await self.api.post("/v1/events", content=message.body, headers={**self.headers[who], **message.headers})
