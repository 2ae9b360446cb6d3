"""Who may have webhooks, and whose they are."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from domain.words import Role
from tests.api.callers import Bearer
from tests.engine.cases import PROVIDER, REQUESTER
from tests.webhooks.api.conftest import STRANGER, file
from tests.webhooks.receiver import WebhookReceiver


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.REQUESTER, 200),
        (Role.PROVIDER, 200),
        (Role.BUREAU, 200),
        (Role.PLATFORM, 200),
        (Role.AUDITOR, 200),
        (Role.LEADING_GROUP, 403),
        (Role.GOVERNMENT, 403),
        (Role.OPERATOR, 403),
    ],
)
async def test_who_may_have_webhooks(api: httpx.AsyncClient, bearer: Bearer, role: Role, status: int) -> None:
    assert (await api.get("/v1/webhooks", headers=bearer(role, "someone"))).status_code == status
    assert (await api.get("/v1/webhooks")).status_code == 401


async def test_an_organisation_must_be_named(api: httpx.AsyncClient, bearer: Bearer, receiver: WebhookReceiver) -> None:
    nobody = bearer(Role.AUDITOR, None)
    for answer in (
        await api.get("/v1/webhooks", headers=nobody),
        await api.post("/v1/webhooks", headers=nobody, json={"url": receiver.url}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "organisation_required")


async def test_a_webhook_is_nobody_elses_and_not_for_colleagues_who_see_less(
    api: httpx.AsyncClient, bearer: Bearer, hook: dict[str, Any], receiver: WebhookReceiver
) -> None:
    both = bearer([Role.REQUESTER, Role.BUREAU], REQUESTER)
    wide = (await api.post("/v1/webhooks", headers=both, json={"url": receiver.url})).json()
    cases = [
        (hook, bearer(Role.REQUESTER, STRANGER), False),
        (hook, bearer(Role.AUDITOR, "audit"), False),
        (hook, bearer(Role.PROVIDER, REQUESTER), False),
        (hook, both, True),
        (wide, both, True),
        (wide, bearer(Role.REQUESTER, REQUESTER), False),
    ]
    for each, headers, may in cases:
        here = f"/v1/webhooks/{each['id']}"
        calls = [
            api.get(here, headers=headers),
            api.get(f"{here}/deliveries", headers=headers),
            api.patch(here, headers=headers, json={}),
            api.post(f"{here}/test", headers=headers),
            api.post(f"{here}/replay", headers=headers, json={"from": "2026-01-01T00:00:00+08:00"}),
        ]
        found = {(await call).status_code for call in calls}
        assert found == ({200, 202} if may else {404}), headers
        if not may:
            assert (await api.post(f"{here}/rotate", headers=headers)).status_code == 404
            assert (await api.delete(here, headers=headers)).status_code == 404
        listed = (await api.get("/v1/webhooks", headers=headers)).json()["items"]
        assert (each["id"] in {one["id"] for one in listed}) == may
    await api.delete(wide["links"]["self"], headers=both)


async def test_only_what_its_maker_sees_is_sent(
    api: httpx.AsyncClient,
    me: dict[str, str],
    bearer: Bearer,
    receiver: WebhookReceiver,
    dispatch: Callable[[], Awaitable[int]],
) -> None:
    callers = {
        "/requester": me,
        "/provider": bearer(Role.PROVIDER, PROVIDER),
        "/stranger": bearer([Role.REQUESTER, Role.PROVIDER], STRANGER),
        "/as-provider": bearer(Role.PROVIDER, REQUESTER),
        "/bureau": bearer(Role.BUREAU, "bureau", places=["nantong"]),
        "/elsewhere": bearer(Role.BUREAU, "bureau", places=["yima"]),
        # An operator sees every case, but not by webhook.
        "/operator": bearer([Role.OPERATOR, Role.REQUESTER], STRANGER),
        "/audit": bearer(Role.AUDITOR, "audit"),
    }
    made = {}
    for path, headers in callers.items():
        answer = await api.post(
            "/v1/webhooks", headers=headers, json={"url": f"http://{receiver.place}{path}", "events": ["filed"]}
        )
        made[path] = answer.json()["links"]["self"]
    request_id = await file(api, me)
    await dispatch()
    told = {each.path for each in receiver.accepted if each.id.startswith(request_id)}
    assert told == {"/requester", "/provider", "/bureau", "/audit"}
    for path, headers in callers.items():
        await api.delete(made[path], headers=headers)
