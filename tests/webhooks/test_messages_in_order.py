"""No webhook misses a message, however long a writer stalls and whatever is pruned meanwhile."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from background.pruning import prune_older_than
from background.webhooks import dispatcher as dispatching
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.queries.looking import Work, work_at
from background.webhooks.queries.queues import fan_out, replay_since
from background.webhooks.queries.subscriptions import WebhookState, change_webhook
from ledger import queries
from ledger.errors import CursorExpired
from ledger.queries.messages import messages_after
from ledger.recording import record_step
from tests.ledger.conftest import Steps
from tests.webhooks.conftest import ME, RESOLVE, Cases, ManualClock, Subscribe, log_of
from tests.webhooks.receiver import WELL, WebhookReceiver

NOW = timedelta()


@contextmanager
def stalling(ledger: Engine, request_id: str) -> Iterator[None]:
    """A step of a case that has its place among the messages, and does not commit until the end."""
    steps = Steps(request_id)
    with ledger.begin() as connection:
        connection.execute(text("SELECT outbox_here()"))
        yield
        connection.execute(
            text(
                "INSERT INTO outbox (position, request_id, seq, type)"
                " SELECT outbox_here() + seq, request_id, seq, type FROM events WHERE request_id = :id"
            ),
            {"id": steps.request_id},
        )


async def test_a_writer_that_stalls_is_waited_for(
    ledger: Engine, cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe()
    slow = Steps("WH-slow")
    record_step(ledger, slow.filing(), RESOLVE, "sm3")
    with ledger.begin() as connection:  # its messages are those of the writer that stalls
        connection.execute(text("DELETE FROM outbox WHERE request_id = :id"), {"id": slow.request_id})
    with stalling(ledger, slow.request_id):
        quick = cases.file()
        assert await dispatcher.once() == 0
    assert await dispatcher.once() == 4
    told = [(each.event["subject"], int(each.event["id"].rpartition("/")[2])) for each in receiver.accepted]
    assert sorted(told) == [(quick, 1), (quick, 2), (slow.request_id, 1), (slow.request_id, 2)]
    assert [message.request_id for message in messages_after(ledger, 0)] == [slow.request_id] * 2 + [quick] * 2


async def test_a_dispatcher_with_nothing_to_do_asks_one_question_a_time(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    clock: ManualClock,
    dispatcher: Dispatcher,
    receiver: WebhookReceiver,
) -> None:
    assert work_at(ledger, clock()) == Work(behind=False, due=False)
    cases.file()
    assert work_at(ledger, clock()) == Work(behind=False, due=False)  # nobody wants to be told
    webhook = subscribe()
    told = cases.file()
    assert work_at(ledger, clock()) == Work(behind=True, due=False)
    fan_out(ledger, clock())
    assert work_at(ledger, clock()) == Work(behind=False, due=True)
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.DISABLED)
    assert work_at(ledger, clock()) == Work(behind=False, due=False)
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    assert await dispatcher.once() == 2
    assert receiver.of(told) == [1, 2]
    assert work_at(ledger, clock()) == Work(behind=False, due=False)


async def test_a_dispatcher_that_waits_notices_news_and_what_is_due_again(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    clock: ManualClock,
    dispatcher: Dispatcher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "EVERY_SECONDS", 0.05)
    webhook = subscribe()
    answers = iter([(500, {}, b"")])
    receiver.answer = lambda _: next(answers, WELL)
    working = asyncio.create_task(dispatcher.keep_dispatching())
    try:
        told = cases.file()
        await receiver.until(lambda: bool(receiver.refused))
        for _ in range(600):
            if any(delivery.attempts for delivery in await asyncio.to_thread(log_of, ledger, webhook)):
                break
            await asyncio.sleep(0.05)
        clock.forward(minutes=1)
        await receiver.until(lambda: receiver.of(told) == [1, 2])
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def test_what_somebody_waits_for_is_not_pruned(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    clock: ManualClock,
    dispatcher: Dispatcher,
) -> None:
    webhook = subscribe()
    cases.file()
    assert await prune_older_than(ledger, NOW) == 0  # it has not been looked at
    assert queries.counts(ledger).pending == 2
    fan_out(ledger, clock())
    assert await prune_older_than(ledger, NOW) == 0  # it has not been sent
    figures = queries.counts(ledger)
    assert figures.pending == 2
    assert figures.oldest_pending is not None
    assert await dispatcher.once() == 2
    assert (queries.counts(ledger).pending, queries.counts(ledger).oldest_pending) == (0, None)
    assert await prune_older_than(ledger, timedelta(days=1)) == 0  # it is not old
    assert await prune_older_than(ledger, NOW) == 1  # the newest stays
    assert [delivery.seq for delivery in log_of(ledger, webhook)] == [2]
    assert len(queries.events_of(ledger, receiver.accepted[0].event["subject"])) == 2


async def test_a_webhook_that_is_disabled_keeps_nothing_from_being_pruned(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    clock: ManualClock,
    dispatcher: Dispatcher,
) -> None:
    webhook = subscribe()
    before = messages_after(ledger, 0)
    assert before == ()
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.DISABLED)
    cases.file()
    told = cases.file()
    fan_out(ledger, clock())
    positions = [message.id for message in messages_after(ledger, 0)]
    assert await prune_older_than(ledger, NOW) == 3
    with pytest.raises(CursorExpired):
        replay_since(ledger, webhook.id, positions[0], ME, clock())
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    assert await dispatcher.once() == 1
    assert receiver.of(told) == [2]
    assert replay_since(ledger, webhook.id, 0, ME, datetime.now(UTC)) == 1
    assert work_at(ledger, datetime.now(UTC) + timedelta(seconds=1)).due
