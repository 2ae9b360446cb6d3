"""Webhooks through the HTTP door: made, tested, rotated, replayed, and nobody else's."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from api.app import create_app
from api.context import AppContext
from api.webhooks import endpoints as door_module
from background.webhooks.addresses import NOTHING
from configuration.settings import Settings
from domain.words import Role
from embedded.simulate.sandbox import Sandbox
from protocol.connecting import connect_to
from tests.api.callers import Bearer
from tests.engine.cases import REQUESTER
from tests.webhooks.api.conftest import file
from tests.webhooks.receiver import WebhookReceiver
from worker.running import running_worker

# Making, showing, changing


async def test_a_webhook_is_made_and_its_secret_shown_once(
    api: httpx.AsyncClient, me: dict[str, str], receiver: WebhookReceiver
) -> None:
    body = {"url": receiver.url, "events": ["granted", "refused", "granted"]}
    answer = await api.post("/v1/webhooks", headers=me, json=body)
    assert answer.status_code == 201
    made = answer.json()
    secret = made.pop("secret")
    assert secret.startswith("whsec_")
    assert len(secret) > 30
    assert answer.headers["location"] == made["links"]["self"] == f"/v1/webhooks/{made['id']}"
    assert (made["events"], made["payload"], made["state"]) == (["granted", "refused"], "thin", "active")
    assert (made["org"], made["created_by"], made["reason"]) == (REQUESTER, "zhang", None)
    shown = await api.get(f"/v1/webhooks/{made['id']}", headers=me)
    listed = await api.get("/v1/webhooks", headers=me)
    assert shown.json() == made
    assert [each for each in listed.json()["items"] if each["id"] == made["id"]] == [made]
    assert secret not in shown.text + listed.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://127.0.0.1/in", None),
        ("http://10.0.0.1/in", "is not public"),
        ("https://169.254.169.254/latest/meta-data", "is not public"),
        ("https://[::ffff:10.0.0.1]/", "is not public"),
        ("https://metadata.google.internal/", "is not public"),
        ("http://93.184.216.34/", "https"),
        ("https://user:pass@127.0.0.1/", "password"),
        ("https://nowhere.invalid/", "cannot be found"),
        ("gopher://127.0.0.1/", "https"),
    ],
)
async def test_an_address_that_may_not_be_is_refused_when_it_is_given(
    api: httpx.AsyncClient, me: dict[str, str], hook: dict[str, Any], url: str, says: str | None
) -> None:
    made = await api.post("/v1/webhooks", headers=me, json={"url": url})
    changed = await api.patch(f"/v1/webhooks/{hook['id']}", headers=me, json={"url": url})
    if says is None:
        assert (made.status_code, changed.status_code) == (201, 200)
        await api.delete(made.json()["links"]["self"], headers=me)
        return
    for answer in (made, changed):
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["errors"][0]["path"]) == (422, "invalid", "url")
        assert says in problem["errors"][0]["reason"]
    assert (await api.get(f"/v1/webhooks/{hook['id']}", headers=me)).json()["url"] == hook["url"]


async def test_loopback_is_refused_where_the_operator_allows_nothing(
    api: httpx.AsyncClient,
    me: dict[str, str],
    receiver: WebhookReceiver,
    context: AppContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(context, "settings", replace(context.settings, webhooks=NOTHING))
    for url in (receiver.url, receiver.url.replace("http:", "https:"), "https://localhost/"):
        answer = await api.post("/v1/webhooks", headers={**me, "accept-language": "zh"}, json={"url": url})
        assert answer.status_code == 422
        assert "非公网地址" in answer.json()["errors"][0]["reason"]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "url"),
        ({"url": 7}, "url"),
        ({"url": ""}, "url"),
        ({"url": "https://127.0.0.1/", "events": ["granted", "finished"]}, "events[1]"),
        ({"url": "https://127.0.0.1/", "payload": "fat"}, "payload"),
        ({"url": "https://127.0.0.1/", "from": "yesterday"}, "from"),
        ({"url": "https://127.0.0.1/", "secret": "whsec_mine"}, "secret"),
        ({"url": "https://127.0.0.1/", "visibility": {"everything": True}}, "visibility"),
    ],
)
async def test_fields_that_cannot_be_are_named(
    api: httpx.AsyncClient, me: dict[str, str], body: dict[str, Any], path: str
) -> None:
    answer = await api.post("/v1/webhooks", headers=me, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, path)


async def test_a_webhook_is_changed_disabled_enabled_and_deleted(
    api: httpx.AsyncClient,
    me: dict[str, str],
    bearer: Bearer,
    hook: dict[str, Any],
    receiver: WebhookReceiver,
    dispatch: Callable[[], Awaitable[int]],
) -> None:
    here = f"/v1/webhooks/{hook['id']}"
    colleague = bearer(Role.REQUESTER, REQUESTER, subject="li", accept_language="en")
    body = {"events": ["filed"], "payload": "full", "state": "disabled"}
    changed = (await api.patch(here, headers=colleague, json=body)).json()
    assert {name: changed[name] for name in body} == body
    assert (changed["reason"], changed["reason_label"]) == ("by_owner", "disabled by its owner")
    assert (changed["created_by"], changed["changed_by"], changed["url"]) == ("zhang", "li", hook["url"])
    assert (await api.patch(here, headers=me, json={})).json()["changed_by"] == "li"
    assert (await api.patch(here, headers=me, json={"url": None})).status_code == 422

    request_id = await file(api, me)
    await dispatch()
    assert receiver.of(request_id) == []
    pending = (await api.get(f"{here}/deliveries?state=pending", headers=me)).json()["items"]
    assert [(each["id"], each["state"], each["attempts"]) for each in pending] == [(f"{request_id}/1", "pending", [])]
    assert (await api.patch(here, headers=me, json={"state": "active"})).json()["reason"] is None
    await dispatch()
    assert receiver.of(request_id) == [1]
    assert receiver.accepted[0].event["data"]["data"] is not None

    assert (await api.delete(here, headers=me)).status_code == 204
    for call in (api.get(here, headers=me), api.delete(here, headers=me), api.post(f"{here}/rotate", headers=me)):
        assert (await call).status_code == 404
    kept = (await api.get(f"{here}/deliveries", headers=me)).json()["items"]
    assert [(each["id"], len(each["attempts"])) for each in kept] == [(f"{request_id}/1", 1)]


async def test_an_organisation_has_so_many_and_no_more(
    api: httpx.AsyncClient, bearer: Bearer, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "AT_MOST", 2)
    headers = bearer(Role.PROVIDER, "113206000140000777")
    answers = [await api.post("/v1/webhooks", headers=headers, json={"url": receiver.url}) for _ in range(3)]
    assert [each.status_code for each in answers] == [201, 201, 409]
    assert answers[2].json()["code"] == "too_many_webhooks"
    for each in answers[:2]:
        await api.delete(each.json()["links"]["self"], headers=headers)


# Sending, rotating, replaying


async def test_the_worker_sends_what_is_filed(
    ground: Sandbox, api: httpx.AsyncClient, me: dict[str, str], hook: dict[str, Any], receiver: WebhookReceiver
) -> None:
    # A second worker beside the sandbox's, which has no dispatcher: on a connection of its own.
    address = ground.temporal.service_client.config.target_host
    temporal = await connect_to(address)
    async with running_worker(temporal, ground.engine, Settings(), None):
        request_id = await file(api, me)
        await receiver.until(lambda: len(receiver.of(request_id)) >= 2)
    assert receiver.of(request_id)[:2] == [1, 2]
    event = Verifier(hook["secret"]).verify(receiver.accepted[0].body, dict(receiver.accepted[0].headers))
    followed = await api.get(event["data"]["url"], headers=me)
    assert followed.json()["items"][0]["seq"] == event["data"]["seq"] == 1


async def test_a_test_event_is_sent_once_and_its_fate_told(
    api: httpx.AsyncClient, me: dict[str, str], hook: dict[str, Any], receiver: WebhookReceiver
) -> None:
    here = f"/v1/webhooks/{hook['id']}"
    receiver.answer = lambda _: (202, {}, "收到".encode())
    told = (await api.post(f"{here}/test", headers=me)).json()
    assert (told["state"], told["status"], told["error"], told["response"]) == ("delivered", 202, None, "收到")
    sent = receiver.accepted[0]
    event = Verifier(hook["secret"]).verify(sent.body, dict(sent.headers))
    assert (event["type"], event["id"], sent.id) == ("cn.gov.shareflow.webhook.test.v1", told["id"], told["id"])

    receiver.answer = lambda _: (410, {}, b"")
    told = (await api.post(f"{here}/test", headers=me)).json()
    assert (told["state"], told["status"], told["error"]) == ("failed", 410, "gone")
    await receiver.stop()
    told = (await api.post(f"{here}/test", headers=me)).json()
    assert (told["state"], told["status"], told["error"]) == ("failed", None, "connection_failed")
    assert told["error_label"] == "could not be connected to"
    # A test is no delivery: it changes nothing and is not tried again.
    assert (await api.get(here, headers=me)).json()["state"] == "active"
    assert (await api.get(f"{here}/deliveries", headers=me)).json()["items"] == []


async def test_after_a_rotation_either_secret_verifies_for_a_day(
    api: httpx.AsyncClient,
    me: dict[str, str],
    hook: dict[str, Any],
    receiver: WebhookReceiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = f"/v1/webhooks/{hook['id']}"
    assert hook["previous_secret_until"] is None
    rotated = (await api.post(f"{here}/rotate", headers=me)).json()
    assert rotated["secret"] != hook["secret"]
    assert rotated["previous_secret_until"] > rotated["changed_at"]
    await api.post(f"{here}/test", headers=me)
    for secret in (hook["secret"], rotated["secret"]):
        Verifier(secret).verify(receiver.accepted[-1].body, dict(receiver.accepted[-1].headers))

    monkeypatch.setattr(door_module, "ROTATION", timedelta())
    again = (await api.post(f"{here}/rotate", headers=me)).json()
    await api.post(f"{here}/test", headers=me)
    last = receiver.accepted[-1]
    Verifier(again["secret"]).verify(last.body, dict(last.headers))
    for secret in (hook["secret"], rotated["secret"]):
        with pytest.raises(WebhookVerificationError):
            Verifier(secret).verify(last.body, dict(last.headers))
    assert "secret" not in (await api.get(here, headers=me)).json()


async def test_the_log_is_walked_by_cursors_and_events_are_sent_again(
    api: httpx.AsyncClient,
    me: dict[str, str],
    hook: dict[str, Any],
    receiver: WebhookReceiver,
    dispatch: Callable[[], Awaitable[int]],
) -> None:
    here = f"/v1/webhooks/{hook['id']}"
    feed = (await api.get("/v1/events?limit=500", headers=me)).json()
    while feed["items"]:
        feed = (await api.get(f"/v1/events?limit=500&after={feed['next']}", headers=me)).json()
    request_id = await file(api, me)
    await dispatch()
    received = receiver.ids()
    assert len(received) >= 2

    walked, link = [], f"{here}/deliveries?limit=1&state=delivered"
    while link:
        page = await api.get(link, headers=me)
        walked += page.json()["items"]
        link = page.links["next"]["url"] if page.json()["next"] else ""
    assert [each["id"] for each in walked] == received[::-1]
    assert {(each["state"], len(each["attempts"]), each["attempts"][0]["status"]) for each in walked} == {
        ("delivered", 1, 204)
    }

    one = await api.post(f"{here}/deliveries/{request_id}/2/replay", headers=me)
    assert (one.status_code, one.json()) == (202, {"queued": 1})
    await dispatch()
    assert receiver.ids() == [*received, f"{request_id}/2"]
    again = await api.post(f"{here}/deliveries/{request_id}%2F2/replay", headers=me)
    assert again.status_code == 202
    for unknown in (f"{request_id}/999", "NANTONG-NOBODY/1"):
        assert (await api.post(f"{here}/deliveries/{unknown}/replay", headers=me)).status_code == 404
    for impossible in (f"{request_id}/0", f"{request_id}/99999999999", f"{request_id}/x"):
        assert (await api.post(f"{here}/deliveries/{impossible}/replay", headers=me)).status_code == 422

    for since in (feed["next"], walked[-1]["created_at"]):
        everything = await api.post(f"{here}/replay", headers=me, json={"from": since})
        assert everything.json()["queued"] >= len(received)
        receiver.accepted.clear()
        await dispatch()
        assert receiver.ids()[-len(received) :] == received


@pytest.mark.parametrize(
    "since",
    [
        *("", "yesterday", "2026-09-18", "2026-09-18T10:00:00", "eyJvdGhlciI6MX0", None, 7),
        *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-09-18T10:00:00+08:01", "20260918T100000Z"),
    ],
)
async def test_a_replay_from_nowhere_is_refused(
    api: httpx.AsyncClient, me: dict[str, str], hook: dict[str, Any], since: object
) -> None:
    answer = await api.post(f"/v1/webhooks/{hook['id']}/replay", headers=me, json={"from": since})
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "from")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("wh_nobody", 404),
        ("..%2f", 404),
        ("%00", 404),
        ("wh_nobody/deliveries?cursor=x", 404),
        ("wh_nobody/deliveries?state=lost", 422),
    ],
)
async def test_ids_that_cannot_be(api: httpx.AsyncClient, me: dict[str, str], path: str, status: int) -> None:
    assert (await api.get(f"/v1/webhooks/{path}", headers=me)).status_code == status


async def test_cursors_that_cannot_be(api: httpx.AsyncClient, me: dict[str, str], hook: dict[str, Any]) -> None:
    answer = await api.get(f"/v1/webhooks/{hook['id']}/deliveries?cursor=x", headers=me)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


async def test_a_secret_is_in_no_log_not_even_when_the_database_fails(
    api: httpx.AsyncClient,
    me: dict[str, str],
    receiver: WebhookReceiver,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(door_module, "new_secret", lambda: "whsec_c2VjcmV0IHRoYXQgbm9ib2R5IG1heSBzZWU=")
    # An id that is too long for the database makes the very statement fail that carries the secret.
    monkeypatch.setattr(door_module.secrets, "token_hex", lambda _: "x" * 3_000_000)
    answer = await api.post("/v1/webhooks", headers=me, json={"url": receiver.url})
    said = capsys.readouterr()
    assert answer.status_code == 503
    assert "whsec_" not in said.out + said.err + caplog.text + answer.text
    assert "webhooks" in said.out + said.err + caplog.text


def test_the_description_names_every_answer(context: AppContext) -> None:
    document = json.dumps(create_app(context).openapi())
    for path in ("/v1/webhooks/{webhook_id}/deliveries/{request_id}/{seq}/replay", "/v1/webhooks/{webhook_id}/rotate"):
        assert f'"{path}"' in document
