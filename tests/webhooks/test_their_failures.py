"""Receivers that fail: nothing is missing when they are back, and they hold up nobody else."""

import asyncio

import pytest
from sqlalchemy import Engine

from background.webhooks import dispatcher as dispatching
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.queries.failing import webhooks_failing
from background.webhooks.queries.subscriptions import DisabledFor, WebhookPayload, WebhookState, change_webhook
from background.webhooks.schedule import DELAYS, SPREAD
from domain.stuck import StuckKind
from tests.webhooks.conftest import ME, Cases, Look, ManualClock, Subscribe, log_of
from tests.webhooks.receiver import Answer, Sent, WebhookReceiver


async def test_down_for_a_day_and_back_nothing_is_missing_and_the_order_holds(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
    look: Look,
) -> None:
    webhook = subscribe()
    told = [cases.file() for _ in range(3)]
    await dispatcher.once()
    await receiver.stop()
    for hour in range(24):
        told.append(cases.file())
        cases.add(told[0])
        cases.add(told[hour % 3])
        for _ in range(6):
            await dispatcher.once()
            clock.forward(minutes=10)
    assert len(receiver.accepted) == 6
    await receiver.start()
    # The longest wait of a case that began to fail within the day.
    for _ in range(15):
        await dispatcher.once()
        clock.forward(hours=1)
    heads = {request_id: len(receiver.of(request_id)) for request_id in told}
    assert sum(heads.values()) == 6 + 24 * 4 == len(receiver.accepted)
    for request_id, head in heads.items():
        assert receiver.of(request_id) == list(range(1, head + 1))
    assert all(each.delivered_at for each in log_of(ledger, webhook))
    assert look(webhook).state is WebhookState.ACTIVE


async def test_a_receiver_that_takes_but_breaks_off_gets_duplicates_with_the_same_id_only(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    subscribe(payload=WebhookPayload.FULL)
    seen: list[Sent] = []

    def every_other_time(sent: Sent) -> tuple[int, dict[str, str], bytes]:
        seen.append(sent)
        return (500 if len(seen) % 2 else 200, {}, b"")

    receiver.answer = every_other_time
    request_id = cases.file()
    cases.add(request_id)
    for _ in range(4):
        await dispatcher.once()
        clock.forward(seconds=6)
    assert [each.id for each in seen] == [f"{request_id}/{seq}" for seq in (1, 1, 2, 2, 3, 3)]
    assert seen[0].body == seen[1].body
    assert seen[0].headers["webhook-timestamp"] != seen[1].headers["webhook-timestamp"]


async def test_the_schedule_is_kept_then_the_webhook_is_disabled_and_enabling_resumes(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
    look: Look,
) -> None:
    webhook = subscribe()
    receiver.answer = lambda _: (503, {}, "忙".encode() * 600 + b"\x00")
    request_id = cases.file()
    began = clock()
    assert await dispatcher.once() == 1
    for delay in DELAYS:
        clock.forward(seconds=delay.total_seconds() - 1)
        assert await dispatcher.once() == 0
        assert look(webhook).state is WebhookState.ACTIVE
        clock.forward(seconds=1 + delay.total_seconds() * SPREAD)
        assert await dispatcher.once() == 1
    assert (look(webhook).state, look(webhook).reason) == (WebhookState.DISABLED, DisabledFor.EXHAUSTED)
    assert look(webhook).since == clock()
    clock.forward(days=30)
    assert await dispatcher.once() == 0

    later, first = log_of(ledger, webhook)
    assert (len(first.attempts), len(later.attempts)) == (10, 0)
    assert {(each.status, each.error) for each in first.attempts} == {(503, "not_accepted")}
    assert {len(each.response.encode()) for each in first.attempts} <= set(range(1000, 1030))
    assert first.attempts[0].at == began

    # Enabled, it has a fresh schedule and goes on where it stopped.
    cases.add(request_id)
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    assert await dispatcher.once() == 1
    assert look(webhook).state is WebhookState.ACTIVE
    receiver.answer = lambda _: (200, {}, b"")
    clock.forward(seconds=6)
    assert await dispatcher.once() == 3
    assert receiver.of(request_id) == [1, 2, 3]
    assert (look(webhook).state, look(webhook).reason) == (WebhookState.ACTIVE, None)


async def test_gone_disables_at_once_and_keeps_what_waits(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
    look: Look,
) -> None:
    webhook = subscribe()
    receiver.answer = lambda _: (410, {}, b"")
    cases.file()
    assert await dispatcher.once() == 1
    assert (look(webhook).state, look(webhook).reason) == (WebhookState.DISABLED, DisabledFor.GONE)
    clock.forward(days=1)
    assert await dispatcher.once() == 0
    assert [each.delivered_at for each in log_of(ledger, webhook)] == [None, None]


@pytest.mark.parametrize(("asks", "waits"), [("60", 60), ("1", 5.25), ("soon", 5.25), ("999999", 24 * 3600)])
async def test_a_receiver_may_ask_for_more_time(
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
    asks: str,
    waits: float,
) -> None:
    subscribe()
    receiver.answer = lambda _: (429, {"Retry-After": asks}, b"")
    cases.file()
    await dispatcher.once()
    clock.forward(seconds=waits - 0.01)
    assert await dispatcher.once() == 0
    clock.forward(seconds=0.01)
    assert await dispatcher.once() == 1


async def test_one_case_that_fails_holds_up_no_other(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe()
    poison, well = cases.file(), cases.file()
    receiver.answer = lambda sent: (500 if sent.id.startswith(poison) else 200, {}, b"")
    await dispatcher.once()
    assert (receiver.of(poison), receiver.of(well)) == ([], [1, 2])


async def test_one_silent_receiver_holds_up_no_other(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    silent = WebhookReceiver()
    await silent.start()
    silent.hold.clear()
    subscribe(url=silent.url)
    subscribe()
    cases.file()
    working = asyncio.create_task(dispatcher.keep_dispatching())
    await silent.until(lambda: silent.busy == 1)
    for _ in range(5):
        cases.file()
    await receiver.until(lambda: len(receiver.accepted) == 12, 10)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await silent.stop()


async def test_a_receiver_that_fails_is_asked_by_one_at_a_time(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher, clock: ManualClock
) -> None:
    subscribe()
    told = [cases.file() for _ in range(12)]
    receiver.slow, busy = 1.0, []  # long enough for all that go out at once

    def fail(_: Sent) -> Answer:
        busy.append(receiver.busy)
        receiver.slow = 0.1
        return 500, {}, b""

    receiver.answer = fail
    assert await dispatcher.once() == 12
    assert max(busy[:4]) == dispatching.AT_ONCE_EACH
    assert busy[4:] == [1] * 8
    receiver.answer = lambda _: (200, {}, b"")
    clock.forward(seconds=6)
    receiver.busiest = 0
    assert await dispatcher.once() == 24
    assert receiver.busiest == dispatching.AT_ONCE_EACH
    assert [receiver.of(request_id) for request_id in told] == [[1, 2]] * 12


async def test_a_webhook_to_which_nothing_comes_through_is_told_as_stuck_until_it_does(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
) -> None:
    webhook = subscribe()
    cases.file()
    receiver.answer = lambda _: (503, {}, b"")
    await dispatcher.once()
    [trouble] = webhooks_failing(ledger)
    assert (trouble.subject, trouble.kind) == (f"webhook:{webhook.id}", StuckKind.WEBHOOK_UNDELIVERED)
    assert trouble.since is not None
    assert "503" in (trouble.error or "") or "not_accepted" in (trouble.error or "")
    assert "/" not in (trouble.error or "").partition("://")[2].partition(" ")[0]  # paths of receivers can be secrets
    receiver.answer = lambda _: (204, {}, b"")
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    clock.forward(minutes=10)
    await dispatcher.once()
    assert webhooks_failing(ledger) == []
