"""Dispatchers that are killed or stopped, two of them at once, a database that is away."""

import asyncio
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from background.webhooks import dispatcher as dispatching
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.sending import Sender
from domain.words import EventType
from tests.webhooks.conftest import Cases, ManualClock, Subscribe
from tests.webhooks.receiver import WebhookReceiver


async def test_what_a_killed_dispatcher_had_begun_is_sent_by_the_next(
    ledger_url: str,
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    clock: ManualClock,
) -> None:
    subscribe()
    request_id = cases.file()
    cases.add(request_id)
    receiver.hold.clear()
    process = await run_dispatcher(ledger_url)
    try:
        await receiver.until(lambda: receiver.busy == 1)
    finally:
        process.kill()
    await process.wait()
    receiver.hold.set()
    await receiver.until(lambda: len(receiver.accepted) == 1)
    successor = Dispatcher(ledger, sender, clock)
    assert await successor.once() == 0  # the lease holds
    clock.at = datetime.now(UTC) + dispatching.LEASE  # the killed one lived in real time
    assert await successor.once() == 3
    assert receiver.of(request_id) == [1, 1, 2, 3]


async def run_dispatcher(database: str) -> asyncio.subprocess.Process:
    """A dispatcher in a process of its own, so that it can be killed."""
    program = f"""
import asyncio
from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from ledger.engine import connect
asyncio.run(Dispatcher(connect({database!r}), Sender(AddressGuard(allowed_from("127.0.0.0/8")))).keep_dispatching())
"""
    return await asyncio.create_subprocess_exec(sys.executable, "-c", program)


async def test_stopping_lets_what_has_begun_come_to_its_end(
    cases: Cases, subscribe: Subscribe, receiver: WebhookReceiver, dispatcher: Dispatcher
) -> None:
    subscribe()
    request_id = cases.file()
    receiver.hold.clear()
    working = asyncio.create_task(dispatcher.keep_dispatching())
    await receiver.until(lambda: receiver.busy == 1)
    working.cancel()
    await asyncio.sleep(0)
    receiver.hold.set()
    await asyncio.gather(working, return_exceptions=True)
    assert receiver.of(request_id) == [1]
    # What it did not begin is free at once, and the one that it ended is not sent again.
    assert await dispatcher_after(dispatcher) == 1
    assert receiver.of(request_id) == [1, 2]


async def dispatcher_after(stopped: Dispatcher) -> int:
    return await Dispatcher(stopped._engine, stopped._sender, stopped._now).once()


async def test_two_dispatchers_at_once_keep_the_order_and_send_once(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "EVERY_SECONDS", 0.05)
    receiver.slow = 0.02
    subscribe()
    both = [Dispatcher(ledger, sender), Dispatcher(ledger, sender)]
    working = [asyncio.create_task(each.keep_dispatching()) for each in both]
    told: list[str] = []

    def work() -> None:
        told.extend(cases.file() for _ in range(10))
        for _ in range(5):
            for request_id in told:
                cases.add(request_id, EventType.URGED, EventType.URGED)

    await asyncio.to_thread(work)
    await receiver.until(lambda: len(receiver.accepted) >= 120, 60)
    for task in working:
        task.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert [receiver.of(request_id) for request_id in told] == [list(range(1, 13))] * 10
    assert all(each._attempts for each in both)
    assert receiver.busiest > dispatching.AT_ONCE_EACH


async def test_a_database_that_is_away_for_a_while_loses_nothing(
    ledger: Engine,
    cases: Cases,
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    cut_off: Callable[[bool], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dispatching, "EVERY_SECONDS", 0.05)
    monkeypatch.setattr(dispatching, "LEASE", timedelta(seconds=1))
    subscribe()
    told = [cases.file() for _ in range(6)]
    # The database goes while sendings are under way: what they achieved cannot be noted.
    receiver.hold.clear()
    working = asyncio.create_task(Dispatcher(ledger, sender).keep_dispatching())
    await receiver.until(lambda: receiver.busy >= 2)
    await asyncio.to_thread(cut_off, True)
    receiver.hold.set()
    await receiver.until(lambda: len(receiver.accepted) >= 2)
    await asyncio.to_thread(cut_off, False)
    await asyncio.to_thread(cases.add, told[0])
    await receiver.until(lambda: len(set(receiver.ids())) == 13)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    for request_id in told:
        once_each = list(dict.fromkeys(receiver.of(request_id)))
        assert once_each == list(range(1, 4 if request_id == told[0] else 3))
        assert receiver.of(request_id) == sorted(receiver.of(request_id))
