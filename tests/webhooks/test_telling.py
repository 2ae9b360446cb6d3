"""Who is told what: everything that is theirs, in order a case, and nothing else."""

from functools import partial

import pytest
from sqlalchemy import Engine

from background.webhooks import dispatcher as dispatching
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.queries.queues import fan_out
from background.webhooks.queries.subscriptions import (
    DisabledFor,
    WebhookPayload,
    WebhookState,
    change_webhook,
    delete_webhook,
)
from background.webhooks.sending import Sender
from configuration.values import prefix_of
from domain.access import Visibility
from domain.log.acts import Acting
from domain.words import EventType
from ledger.queries.counting import counts
from tests.webhooks.conftest import ME, Cases, Look, ManualClock, Subscribe, log_of
from tests.webhooks.receiver import WebhookReceiver


async def test_every_event_is_told_once_and_in_order(
    ledger: Engine, cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe()
    told = [cases.file() for _ in range(5)]
    for request_id in told:
        cases.add(request_id, EventType.URGED, EventType.URGED)
    assert await dispatcher.once() == 20
    assert await dispatcher.once() == 0
    assert [receiver.of(request_id) for request_id in told] == [[1, 2, 3, 4]] * 5
    assert len(receiver.accepted) == 20
    assert counts(ledger).pending == 0


@pytest.mark.parametrize(
    ("visibility", "sees"),
    [
        (Visibility(requester="R1"), {"both", "r1"}),
        (Visibility(provider="P1"), {"both", "p1"}),
        (Visibility(requester="R1", provider="P1"), {"both", "r1", "p1"}),
        (Visibility(requester="P1"), set()),
        (Visibility(places=frozenset({"yima"})), {"yima"}),
        (Visibility(), set()),
        (Visibility(everything=True), {"both", "r1", "p1", "neither", "yima"}),
    ],
    ids=lambda it: " ".join(sorted(it)) if isinstance(it, set) else str(it),
)
async def test_only_cases_that_the_owner_may_see_are_told(
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    visibility: Visibility,
    sees: set[str],
) -> None:
    subscribe(visibility=visibility)
    names = {
        cases.file(requester_code="R1", provider_code="P1"): "both",
        cases.file(requester_code="R1"): "r1",
        cases.file(provider_code="P1"): "p1",
        cases.file(): "neither",
        cases.file(statute="yima-2021"): "yima",
    }
    await dispatcher.once()
    assert {names[each.event["subject"]] for each in receiver.accepted} == sees


async def test_only_the_wanted_types_are_told(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe(events=(EventType.FILED, EventType.GRANTED))
    request_id = cases.file()
    cases.add(request_id, EventType.URGED, EventType.GRANTED)
    await dispatcher.once()
    assert receiver.of(request_id) == [1, 4]


async def test_a_new_webhook_is_told_from_now_or_from_the_start(
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    ledger: Engine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Small steps, so that the one who begins at the start needs several to come up with the others.
    monkeypatch.setattr(dispatching, "fan_out", partial(fan_out, at_once=3))
    old = [cases.file() for _ in range(4)]
    await dispatcher.once()
    now, start = subscribe(url=receiver.url + "/now"), subscribe(from_start=True, url=receiver.url + "/start")
    new = cases.file()
    cases.add(old[0])
    await dispatcher.once()
    told = {path: [each.id for each in receiver.accepted if each.path == path] for path in ("/hook/now", "/hook/start")}
    assert sorted(told["/hook/now"]) == sorted([f"{old[0]}/3", f"{new}/1", f"{new}/2"])
    assert len(told["/hook/start"]) == len(set(told["/hook/start"])) == 11
    assert [each for each in told["/hook/start"] if each.startswith(old[0])] == [f"{old[0]}/{n}" for n in (1, 2, 3)]
    assert len(log_of(ledger, now)) == 3
    assert len(log_of(ledger, start)) == 11


async def test_thin_tells_where_to_look_and_full_tells_the_event(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe()
    subscribe(url=receiver.url + "/full", payload=WebhookPayload.FULL)
    request_id = cases.file()
    await dispatcher.once()
    by_path = {path: next(x.event for x in receiver.accepted if x.path == path) for path in ("/hook", "/hook/full")}
    thin, full = by_path["/hook"], by_path["/hook/full"]
    assert thin["data"] == {
        "request_id": request_id,
        "seq": 1,
        "type": "filed",
        "stage": "provider_answer",
        "url": f"/v1/requests/{request_id}/events?after=0",
    }
    assert full["data"]["data"]["purpose"] == "低保资格核验"
    assert full["data"]["request_id"] == request_id
    assert {"seq", "at", "actor", "prev", "digest", "statute"} < set(full["data"])
    assert {**full, "data": None} == {**thin, "data": None}
    assert (thin["id"], thin["type"]) == (f"{request_id}/1", "cn.gov.shareflow.request.filed.v1")
    assert (thin["source"], thin["specversion"]) == ("/shareflow", "1.0")


async def test_behind_a_path_prefix_thin_tells_where_people_look(
    ledger: Engine, cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, sender: Sender, clock: ManualClock
) -> None:
    subscribe()
    request_id = cases.file()
    prefix = prefix_of("https://share.example.gov.cn/platform/shareflow/")
    await Dispatcher(ledger, sender, clock, prefix=prefix).once()
    (first, *_) = receiver.accepted
    assert first.event["data"]["url"] == f"/platform/shareflow/v1/requests/{request_id}/events?after=0"


async def test_a_disabled_webhook_collects_and_a_deleted_one_does_not(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
    look: Look,
) -> None:
    sleeping, deleted = subscribe(), subscribe(url=receiver.url + "/deleted")
    first = cases.file()
    await dispatcher.once()
    change_webhook(ledger, sleeping.id, Acting(subject="somebody"), clock(), {}, WebhookState.DISABLED)
    assert delete_webhook(ledger, deleted.id, ME, clock())
    second = cases.file()
    cases.add(first)
    assert await dispatcher.once() == 0
    assert [each.delivered_at for each in log_of(ledger, sleeping)].count(None) == 3
    assert (look(sleeping).reason, look(sleeping).changed_by) == (DisabledFor.BY_OWNER, "somebody")
    change_webhook(ledger, sleeping.id, ME, clock(), {}, WebhookState.ACTIVE)
    assert await dispatcher.once() == 3
    assert (receiver.of(second), receiver.of(first)[-1]) == ([1, 2], 3)
    assert len(log_of(ledger, deleted)) == 2
    assert look(deleted).secret == ""
