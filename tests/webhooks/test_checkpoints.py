"""Webhooks that are told of checkpoints of the log: the newest, until they have it, and nobody else."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import Engine
from standardwebhooks import Webhook as Verifier

from background.webhooks.checkpoints import tell_checkpoint
from background.webhooks.payloads import CHECKPOINT_TYPE
from background.webhooks.queries.subscriptions import Webhook, WebhookState, change_webhook
from background.webhooks.sending import Sender
from domain.log.keys import Ed25519Signer
from domain.log.notes import read_note, signed_by
from ledger.log_book import LogBook
from tests.webhooks.conftest import ME, Cases, Look, ManualClock, Subscribe
from tests.webhooks.receiver import WebhookReceiver

SIGNER = Ed25519Signer("shareflow/test", b"\x01" * 32)


@pytest.fixture
def made(ledger: Engine, cases: Cases, clock: ManualClock) -> Callable[[], str]:
    """Record something and make a checkpoint; its note."""

    def make() -> str:
        cases.file()
        return LogBook(ledger).checkpoint(SIGNER, clock())

    return make


async def test_whoever_wants_it_is_sent_each_new_one_once(
    ledger: Engine,
    made: Callable[[], str],
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    clock: ManualClock,
) -> None:
    subscribe(url=f"{receiver.url}/others")
    assert await tell_checkpoint(ledger, sender, now=clock) == 0
    keeper = subscribe(checkpoints=True)
    assert await tell_checkpoint(ledger, sender, now=clock) == 0  # there is none yet
    first = made()
    assert [await tell_checkpoint(ledger, sender, "/share", clock) for _ in range(2)] == [1, 0]
    second, third = made(), made()
    assert await tell_checkpoint(ledger, sender, now=clock) == 1
    assert [each.event["data"]["note"] for each in receiver.accepted] == [first, third]
    assert second not in (first, third)
    told = receiver.accepted[0]
    Verifier(keeper.secret).verify(told.body, dict(told.headers))
    assert (told.path, told.event["type"], told.event["subject"]) == ("/hook", CHECKPOINT_TYPE, "shareflow/test")
    # two acts and two events: that webhooks were made is in the log as well
    assert (told.id, told.event["data"]["url"]) == ("checkpoint/4", "/share/v1/checkpoints/4")
    assert signed_by(read_note(told.event["data"]["note"]), [SIGNER.key])


async def test_one_that_does_not_take_it_is_sent_it_later_and_stays(
    ledger: Engine,
    made: Callable[[], str],
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    clock: ManualClock,
    look: Look,
) -> None:
    webhook = subscribe(checkpoints=True)
    made()
    receiver.answer = lambda _: (500, {}, b"")
    assert [await tell_checkpoint(ledger, sender, now=clock) for _ in range(2)] == [1, 0]
    for _ in range(12):
        clock.forward(hours=25)
        assert await tell_checkpoint(ledger, sender, now=clock) == 1
    assert look(webhook).state is WebhookState.ACTIVE
    receiver.answer = lambda _: (204, {}, b"")
    newest = made()
    clock.forward(hours=25)
    assert await tell_checkpoint(ledger, sender, now=clock) == 1
    assert [each.event["data"]["note"] for each in receiver.accepted] == [newest]


async def test_many_workers_send_it_once(
    ledger: Engine, made: Callable[[], str], subscribe: Subscribe, receiver: WebhookReceiver, sender: Sender
) -> None:
    subscribe(checkpoints=True)
    made()
    told = await asyncio.gather(*(tell_checkpoint(ledger, sender) for _ in range(4)))
    assert (sorted(told), len(receiver.accepted)) == ([0, 0, 0, 1], 1)


async def test_a_disabled_one_has_it_once_it_is_active_again(
    ledger: Engine,
    made: Callable[[], str],
    subscribe: Subscribe,
    receiver: WebhookReceiver,
    sender: Sender,
    clock: Callable[[], datetime],
) -> None:
    webhook: Webhook = subscribe()
    change_webhook(ledger, webhook.id, ME, clock(), {"checkpoints": True}, WebhookState.DISABLED)
    made()
    assert await tell_checkpoint(ledger, sender) == 0
    change_webhook(ledger, webhook.id, ME, clock(), {}, WebhookState.ACTIVE)
    assert await tell_checkpoint(ledger, sender) == 1
    change_webhook(ledger, webhook.id, ME, clock(), {"checkpoints": False})
    made()
    assert await tell_checkpoint(ledger, sender) == 0
    assert len(receiver.accepted) == 1
