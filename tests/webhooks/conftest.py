"""What tests of webhooks share: a ledger of their own, cases, a clock to turn, a receiver, a dispatcher."""

import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from background.webhooks.addresses import allowed_from
from background.webhooks.dispatcher import Dispatcher
from background.webhooks.guard import AddressGuard
from background.webhooks.payloads import new_secret
from background.webhooks.queries.log import Delivery, deliveries_of
from background.webhooks.queries.subscriptions import Webhook, WebhookPayload, WebhookState, add_webhook, get_webhook
from background.webhooks.sending import Sender
from domain.access import Visibility
from domain.log.acts import Acting
from domain.words import EventType
from ledger.engine import connect
from ledger.queries.events import events_of
from ledger.recording import record_step
from tests.databases import Databases
from tests.ledger.conftest import Steps, resolve
from tests.webhooks.receiver import WebhookReceiver

ME = Acting(subject="me", org="R")
"""Whoever owns a webhook."""
RESOLVE = resolve.__wrapped__()  # type: ignore[attr-defined]
_numbers = itertools.count(1)

Look = Callable[[Webhook], Webhook]
"""Shows a webhook as it stands now."""
Subscribe = Callable[..., Webhook]
"""Adds a webhook."""


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Engine]:
    engine = connect(ledger_url, pool_size=20)
    yield engine
    engine.dispose()


@pytest.fixture
def cut_off(databases: Databases, ledger_url: str) -> Iterator[Callable[[bool], None]]:
    """Take the database away (True) and bring it back (False)."""
    name = ledger_url.split("?")[0].rpartition("/")[2]

    def cut(away: bool) -> None:
        databases.run(
            f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not away}",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND {away}",
        )

    yield cut
    cut(False)


@dataclass
class ManualClock:
    """A clock that stands still until it is turned."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **amount: float) -> None:
        self.at += timedelta(**amount)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime.now(UTC))


class Cases:
    """Cases in a ledger, written as a workflow's steps are."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def file(self, **header: Any) -> str:
        """File a case (two events) and tell its id."""
        steps = Steps(f"WH-{next(_numbers)}")
        record_step(self.engine, steps.filing(**header), RESOLVE, "sm3")
        return steps.request_id

    def add(self, request_id: str, *types: EventType) -> None:
        """More events of a case; urgings unless others are named."""
        steps = Steps(request_id)
        head = len(events_of(self.engine, request_id))
        kinds = types or (EventType.URGED,)
        events = [steps.event(kind, head + number, reason="依职责") for number, kind in enumerate(kinds)]
        record_step(self.engine, steps.step(head, events), RESOLVE, "sm3")


@pytest.fixture
def cases(ledger: Engine) -> Cases:
    return Cases(ledger)


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    place = WebhookReceiver()
    await place.start()
    yield place
    await place.stop()


@pytest.fixture
def subscribe(ledger: Engine, clock: ManualClock, receiver: WebhookReceiver) -> Callable[..., Webhook]:
    """Make a webhook that sees everything and leads to the receiver, unless told otherwise."""

    def make(from_start: bool = False, **changes: Any) -> Webhook:
        at = clock()
        values = {
            "id": f"wh_{next(_numbers)}",
            "org": "R",
            "created_by": "me",
            "created_at": at,
            "changed_by": "me",
            "changed_at": at,
            "visibility": Visibility(everything=True),
            "url": receiver.url,
            "events": (),
            "payload": WebhookPayload.THIN,
            "state": WebhookState.ACTIVE,
            "since": at,
            "secret": new_secret(),
        }
        webhook = Webhook(**{**values, **changes})
        assert add_webhook(ledger, webhook, ME, from_start, at_most=50)
        return webhook

    return make


@pytest.fixture
def look(ledger: Engine) -> Callable[[Webhook], Webhook]:
    """A webhook as it is now."""

    def now(webhook: Webhook) -> Webhook:
        found = get_webhook(ledger, webhook.id)
        assert found is not None
        return found

    return now


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    """Sends to loopback too; a receiver that says nothing is given up after two seconds."""
    async with Sender(AddressGuard(allowed_from("127.0.0.0/8")), patience=timedelta(seconds=2)) as made:
        yield made


@pytest.fixture
def dispatcher(ledger: Engine, sender: Sender, clock: ManualClock) -> Dispatcher:
    """Works by the turned clock; its retries come at the latest instant that the schedule allows."""
    return Dispatcher(ledger, sender, clock, chance=lambda: 1.0)


def log_of(ledger: Engine, webhook: Webhook) -> tuple[Delivery, ...]:
    """The delivery log, latest first."""
    return deliveries_of(ledger, webhook.id, None, None, 100).deliveries
