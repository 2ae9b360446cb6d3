"""Events that are sent again on demand."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from background.webhooks.dispatcher import Dispatcher
from background.webhooks.queries.queues import replay_one, replay_since
from domain.access import Visibility
from tests.webhooks.conftest import ME, Cases, ManualClock, Subscribe, log_of
from tests.webhooks.receiver import WebhookReceiver


async def test_one_message_is_sent_again_on_demand(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
) -> None:
    webhook = subscribe()
    request_id = cases.file()
    await dispatcher.once()
    assert replay_one(ledger, webhook.id, request_id, 1, ME, clock())
    assert await dispatcher.once() == 1
    assert receiver.of(request_id) == [1, 2, 1]
    assert not replay_one(ledger, webhook.id, request_id, 3, ME, clock())
    assert not replay_one(ledger, webhook.id, "elsewhere", 1, ME, clock())


async def test_everything_since_is_sent_again_in_order_also_what_is_older_than_the_webhook(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
) -> None:
    before, foreign = cases.file(), cases.file(requester_code="X", provider_code="Y")
    webhook = subscribe(visibility=Visibility(requester="R"))
    after = cases.file()
    await dispatcher.once()
    assert receiver.ids() == [f"{after}/1", f"{after}/2"]
    assert replay_since(ledger, webhook.id, 0, ME, clock()) == 4
    assert await dispatcher.once() == 4
    assert (receiver.of(before), receiver.of(after), receiver.of(foreign)) == ([1, 2], [1, 2, 1, 2], [])
    halfway = datetime.now(UTC)
    last = cases.file()
    await dispatcher.once()
    assert replay_since(ledger, webhook.id, halfway, ME, clock()) == 2
    await dispatcher.once()
    assert (receiver.of(last), len(receiver.of(before))) == ([1, 2, 1, 2], 2)


async def test_replay_tries_at_once_what_waits(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
) -> None:
    webhook = subscribe()
    receiver.answer = lambda _: (500, {}, b"")
    request_id = cases.file()
    for _ in range(3):
        await dispatcher.once()
        clock.forward(minutes=6)
    receiver.answer = lambda _: (200, {}, b"")
    assert await dispatcher.once() == 0
    replay_since(ledger, webhook.id, clock(), ME, clock())
    assert await dispatcher.once() == 2
    assert receiver.of(request_id) == [1, 2]


async def test_an_instant_that_the_log_shows_leads_back_to_its_event_however_late_it_was_queued(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    dispatcher: Dispatcher,
    clock: ManualClock,
) -> None:
    webhook = subscribe()
    request_id = cases.file()
    clock.forward(hours=1)
    await dispatcher.once()
    last, first = log_of(ledger, webhook)
    assert replay_since(ledger, webhook.id, last.created_at, ME, clock()) == 1
    assert replay_since(ledger, webhook.id, first.created_at, ME, clock()) == 2
    await dispatcher.once()
    assert receiver.of(request_id) == [1, 2, 1, 2]
