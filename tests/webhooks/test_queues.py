"""What holds when several are at the same queue in the very same moment."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from background.webhooks.queries import queues
from background.webhooks.queries.log import deliveries_of
from background.webhooks.queries.queues import (
    Attempt,
    Claim,
    DueDelivery,
    claim,
    due_webhooks,
    fan_out,
    next_due,
    note_delivered,
    note_failed,
    replay_since,
)
from background.webhooks.queries.subscriptions import DisabledFor, Webhook, WebhookState, change_webhook
from tests.webhooks.conftest import ME, Cases, ManualClock, Subscribe

MINUTE = timedelta(minutes=1)


def well(clock: ManualClock) -> Attempt:
    return Attempt(clock(), 200, None, 1, "")


def badly(clock: ManualClock) -> Attempt:
    return Attempt(clock(), 500, "not_accepted", 1, "")


async def test_a_queue_that_is_added_to_is_not_taken_for_empty(
    ledger: Engine, cases: Cases, subscribe: Subscribe, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = subscribe()
    request_id = cases.file()
    fan_out(ledger, clock())
    (mine,) = claim(ledger, webhook.id, clock(), clock() + MINUTE, 4)
    for _ in range(2):
        due = next_due(ledger, mine, clock() + MINUTE)
        assert due is not None
        note_delivered(ledger, mine, due.message.id, well(clock))

    # A fan-out adds a third message to the queue and does not commit yet.
    cases.add(request_id)
    added, commit, follow = threading.Event(), threading.Event(), queues._follow

    def follow_and_wait(*given: Any) -> bool:
        more = follow(*given)
        added.set()
        assert commit.wait(30)
        return more

    monkeypatch.setattr(queues, "_follow", follow_and_wait)
    adding = asyncio.create_task(asyncio.to_thread(fan_out, ledger, clock()))
    await asyncio.to_thread(added.wait, 30)
    looking = asyncio.create_task(asyncio.to_thread(next_due, ledger, mine, clock() + MINUTE))
    done, _ = await asyncio.wait([looking], timeout=0.3)
    assert not done
    commit.set()
    await adding
    due = await looking
    assert due is not None
    assert due.message.seq == 3


def test_a_claim_that_was_lost_ends_nobody_elses(
    ledger: Engine, cases: Cases, subscribe: Subscribe, clock: ManualClock
) -> None:
    webhook = subscribe()
    cases.file()
    fan_out(ledger, clock())
    (late,) = claim(ledger, webhook.id, clock(), clock() + MINUTE, 4)
    begun = next_due(ledger, late, clock() + MINUTE)
    assert begun is not None
    assert claim(ledger, webhook.id, clock(), clock() + MINUTE, 4) == ()
    assert due_webhooks(ledger, clock()) == ()

    clock.forward(minutes=2)
    (successor,) = claim(ledger, webhook.id, clock(), clock() + MINUTE, 4)
    note_failed(ledger, late, begun.message.id, badly(clock), clock() + timedelta(hours=1))
    assert next_due(ledger, late, clock() + MINUTE) is None
    due = next_due(ledger, successor, clock() + MINUTE)
    assert due is not None
    assert (due.message.seq, due.failures) == (1, 0)
    # What the late one achieved counts all the same: the receiver has it.
    note_delivered(ledger, late, begun.message.id, well(clock))
    due = next_due(ledger, successor, clock() + MINUTE)
    assert due is not None
    assert due.message.seq == 2


def test_no_queue_is_claimed_by_two(ledger: Engine, cases: Cases, subscribe: Subscribe, clock: ManualClock) -> None:
    webhook = subscribe()
    for _ in range(40):
        cases.file()
    fan_out(ledger, clock())
    with ThreadPoolExecutor(8) as threads:
        made = [threads.submit(claim, ledger, webhook.id, clock(), clock() + MINUTE, 5) for _ in range(8)]
        claims = [each for one in made for each in one.result()]
    assert len(claims) == len({each.request_id for each in claims}) == 40


def test_fan_outs_at_once_queue_each_message_once(
    ledger: Engine, cases: Cases, subscribe: Subscribe, clock: ManualClock
) -> None:
    webhooks = [subscribe() for _ in range(3)]
    for _ in range(30):
        cases.file()

    def all_of_it() -> None:
        while fan_out(ledger, clock(), at_once=7):
            pass

    with ThreadPoolExecutor(4) as threads:
        for each in [threads.submit(all_of_it) for _ in range(4)]:
            each.result()
    all_of_it()
    for webhook in webhooks:
        assert len(deliveries_of(ledger, webhook.id, False, None, 500).deliveries) == 60


class Bustle:
    """Everything that may be done to one webhook, again and again."""

    def __init__(self, ledger: Engine, cases: Cases, webhook: Webhook, clock: ManualClock) -> None:
        self.ledger, self.cases, self.webhook, self.clock = ledger, cases, webhook, clock
        self.told = [cases.file() for _ in range(6)]

    def switch(self) -> None:
        for state in (WebhookState.DISABLED, WebhookState.ACTIVE) * 15:
            change_webhook(self.ledger, self.webhook.id, ME, self.clock(), {}, state)

    def send(self) -> None:
        self._each_due(lambda mine, due: note_delivered(self.ledger, mine, due.message.id, well(self.clock)))

    def fail(self) -> None:
        self._each_due(
            lambda mine, due: note_failed(self.ledger, mine, due.message.id, badly(self.clock), DisabledFor.GONE)
        )

    def _each_due(self, then: Callable[[Claim, DueDelivery], None]) -> None:
        for _ in range(30):
            for mine in claim(self.ledger, self.webhook.id, self.clock(), self.clock(), 3):
                due = next_due(self.ledger, mine, self.clock())
                if due is not None:
                    then(mine, due)

    def tell(self) -> None:
        for request_id in self.told * 3:
            self.cases.add(request_id)
            fan_out(self.ledger, self.clock())

    def replay(self) -> None:
        for _ in range(15):
            replay_since(self.ledger, self.webhook.id, 0, ME, self.clock())


def test_whatever_is_done_at_once_nothing_deadlocks_or_gets_lost(
    ledger: Engine, cases: Cases, subscribe: Subscribe, clock: ManualClock
) -> None:
    webhook = subscribe()
    bustle = Bustle(ledger, cases, webhook, clock)
    works = (bustle.switch, bustle.send, bustle.fail, bustle.tell, bustle.replay, bustle.send)
    with ThreadPoolExecutor(6) as threads:
        for each in [threads.submit(work) for work in works]:
            each.result(60)
    fan_out(ledger, clock())
    assert len(deliveries_of(ledger, webhook.id, None, None, 500).deliveries) == 6 * (2 + 3)
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.DISABLED)
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    clock.forward(seconds=1)
    for mine in claim(ledger, webhook.id, clock(), clock() + MINUTE, 100):
        while (due := next_due(ledger, mine, clock() + MINUTE)) is not None:
            note_delivered(ledger, mine, due.message.id, well(clock))
    assert deliveries_of(ledger, webhook.id, False, None, 500).deliveries == ()
