"""What tests of webhooks through the HTTP door share: somebody who has one, and a way to have what is due sent."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.context import AppContext
from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from tests.api.callers import Bearer, filing, fresh_key
from tests.engine.cases import REQUESTER
from tests.webhooks.receiver import WebhookReceiver

STRANGER = "113206000140000099"


@pytest.fixture(autouse=True)
def loopback_allowed(context: AppContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHAREFLOW_WEBHOOK_ALLOW", "127.0.0.0/8")  # for workers
    monkeypatch.setattr(context, "settings", replace(context.settings, webhooks=allowed_from("127.0.0.0/8")))


@pytest.fixture
def me(bearer: Bearer) -> dict[str, str]:
    return bearer(Role.REQUESTER, REQUESTER, subject="zhang", accept_language="en")


@pytest.fixture
async def hook(api: httpx.AsyncClient, me: dict[str, str], receiver: WebhookReceiver) -> AsyncIterator[dict[str, Any]]:
    """A webhook of the requester's, deleted in the end."""
    answer = await api.post("/v1/webhooks", headers=me, json={"url": receiver.url})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    yield made
    await api.delete(f"/v1/webhooks/{made['id']}", headers=me)


@pytest.fixture
async def dispatch(ground: Sandbox) -> AsyncIterator[Callable[[], Awaitable[int]]]:
    """Sends all that is due now."""
    async with Sender(AddressGuard(allowed_from("127.0.0.0/8")), patience=timedelta(seconds=2)) as sender:
        yield Dispatcher(ground.engine, sender).once


async def file(api: httpx.AsyncClient, me: dict[str, str]) -> str:
    """File a request as the requester; its id."""
    answer = await api.post("/v1/requests", headers={**me, **fresh_key()}, json=filing())
    assert answer.status_code == 201, answer.text
    request_id: str = answer.json()["request_id"]
    return request_id
