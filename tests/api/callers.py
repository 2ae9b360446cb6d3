"""Who calls in these tests, and what they file."""

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import httpx

from domain.words import Role
from tests.engine.cases import PROVIDER, REQUESTER, application

STRANGER = "113206000140000099"
NOBODY_LISTENS = "127.0.0.1:9"
"""Where webhooks of the patient door may lead."""
Bearer = Callable[..., dict[str, str]]

_numbers = itertools.count(1)


def filing(statute: str = "nantong-2020", **changes: Any) -> dict[str, Any]:
    """The body of a filing that every statute takes."""
    return {"statute": statute, "request": application(**changes).model_dump(mode="json", exclude_none=True)}


def fresh_key() -> dict[str, str]:
    """The header of a key that nobody used."""
    return {"Idempotency-Key": uuid.uuid4().hex}


class People:
    """Everybody who has to do with a case, calling over HTTP."""

    def __init__(self, api: httpx.AsyncClient, bearer: Bearer) -> None:
        self.api = api
        self.headers = {
            "requester": bearer(Role.REQUESTER, REQUESTER),
            "provider": bearer(Role.PROVIDER, PROVIDER),
            "bureau": bearer(Role.BUREAU, "bureau"),
            "leading_group": bearer(Role.LEADING_GROUP, "group"),
            "government": bearer(Role.GOVERNMENT, "government"),
            "platform": bearer(Role.PLATFORM, "platform"),
            "auditor": bearer(Role.AUDITOR, "audit"),
            "operator": bearer(Role.OPERATOR, "operations"),
            "stranger": bearer([Role.REQUESTER, Role.PROVIDER], STRANGER),
        }

    async def file(self, statute: str = "nantong-2020", **changes: Any) -> str:
        """File as the requester; the case's id."""
        answer = await self.post("requester", "/v1/requests", filing(statute, **changes), **fresh_key())
        assert answer.status_code == 201, answer.text
        request_id: str = answer.json()["request_id"]
        return request_id

    async def get(self, who: str, path: str, **headers: str) -> httpx.Response:
        """Read something."""
        return await self.api.get(path, headers={**self.headers[who], **headers})

    async def post(self, who: str, path: str, body: Any, **headers: str) -> httpx.Response:
        """Send something."""
        return await self.api.post(path, json=body, headers={**self.headers[who], **headers})

    async def give(self, who: str, request_id: str, command: str, **fields: Any) -> httpx.Response:
        """Give a command."""
        return await self.post(who, f"/v1/requests/{request_id}/commands", {"command": command, **fields})
