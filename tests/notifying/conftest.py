"""What tests of notifications share: a mailbox, a group, officers who choose, and a notifier whose clock one turns."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.context import AppContext
from background.notifying.mail import MailServer
from background.notifying.notifier import Notifier
from background.notifying.occasions import Surroundings
from background.notifying.robots import Robot, RobotKind
from background.webhooks.addresses import allowed_from
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from domain.calendar import day_of
from domain.policy import default_policy
from domain.words import Role
from tests.api.callers import Bearer, People
from tests.notifying.mailbox import Mailbox, open_mailbox
from tests.webhooks.receiver import WebhookReceiver

BASE = "https://share.example.gov.cn"
PARKED = "INSERT INTO parked (request_id, reason, kind, cause) VALUES (:id, 'x', 'parked', 'lab_fire')"
ALL = ["due", "breach", "rung", "handed_over", "stuck", "digest"]


@pytest.fixture(scope="module")
def box() -> Iterator[Mailbox]:
    with open_mailbox() as opened:
        yield opened


@pytest.fixture(scope="module")
async def group() -> AsyncIterator[WebhookReceiver]:
    place = WebhookReceiver(answer=lambda _: (200, {}, b'{"errcode":0}'))
    await place.start()
    yield place
    await place.stop()


@pytest.fixture(scope="module")
def robots(group: WebhookReceiver) -> dict[str, Robot]:
    return {"GROUP-1": Robot("GROUP-1", RobotKind.WECOM, group.url)}


@pytest.fixture(scope="module")
async def told_api(context: AppContext, box: Mailbox, robots: dict[str, Robot]) -> AsyncIterator[httpx.AsyncClient]:
    """The API of an installation that has a server for mail and a robot."""
    settings = replace(context.settings, mail=box.server(), robots=robots, public_url=BASE)
    app = create_app(replace(context, settings=settings))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shareflow", timeout=60) as client:
        yield client


@dataclass
class Bell:
    """A notifier whose clock one turns."""

    context: AppContext
    sender: Sender
    mail: MailServer
    robots: dict[str, Robot]
    at: datetime

    def around(self, at: datetime) -> Surroundings:
        days = self.context.calendar_store.now().as_known_on(day_of(at))
        return Surroundings(at, days, default_policy().warnings, time(8, 30), BASE, self.robots, mails=True)

    def notifier(self) -> Notifier:
        return Notifier(self.context.reader.engine, self.sender, self.mail, self.around, lambda: self.at)

    async def ring(self) -> int:
        return await self.notifier().notify()


@pytest.fixture
async def bell(context: AppContext, box: Mailbox, robots: dict[str, Robot]) -> AsyncIterator[Bell]:
    """No one is told of anything before or after: what a test chooses ends with it, and the mailbox is empty."""
    box.accepted.clear()
    box.rcpt, box.data, box.dies = "250 well", "250 taken", False
    async with Sender(AddressGuard(allowed_from("127.0.0.0/8")), patience=timedelta(seconds=2)) as sender:
        yield Bell(context, sender, box.server(), robots, datetime.now(UTC))
    with context.reader.engine.begin() as connection:
        connection.execute(text("DELETE FROM console_notified"))
        connection.execute(text("DELETE FROM console_notifications"))


@dataclass
class Officer:
    """Somebody of a department who wants to be told."""

    api: httpx.AsyncClient
    box: Mailbox
    headers: dict[str, str]

    async def choose(self, **said: Any) -> None:
        answer = await self.api.put("/v1/notifications", json=said, headers=self.headers)
        assert answer.status_code == 200, answer.text

    async def ask(self, address: str) -> str:
        """Name an address; the code that comes there."""
        path = "/v1/notifications/address"
        answer = await self.api.post(path, json={"address": address}, headers=self.headers)
        assert (answer.status_code, answer.json()["asked_address"]) == (202, address), answer.text
        found = re.search(r"\b[0-9]{8}\b", Mailbox.text_of(self.box.accepted.pop()))
        assert found
        return found[0]

    async def confirm(self, code: str) -> httpx.Response:
        path = "/v1/notifications/address/confirmation"
        return await self.api.post(path, json={"code": code}, headers=self.headers)

    async def has(self, address: str) -> None:
        """Have mail go to an address."""
        assert (await self.confirm(await self.ask(address))).json()["address"] == address


@pytest.fixture
def officer(told_api: httpx.AsyncClient, box: Mailbox, bearer: Bearer) -> Callable[..., Officer]:
    def made(role: Role, org: str, subject: str) -> Officer:
        return Officer(told_api, box, bearer(role, org, subject=subject))

    return made


async def waiting_for(people: People, org: str, name: str = "人口信息") -> tuple[str, datetime]:
    """A case that waits for the answer of a provider, and when the limit ends."""
    provider = {"code": org, "name": "市某局"}
    resource = {"code": "X-1", "name": name, "sharing_class": "conditional"}
    request_id = await people.file("changshu-2019", provider=provider, resource=resource)
    [clock] = (await people.get("requester", f"/v1/requests/{request_id}/clocks")).json()["items"]
    return request_id, datetime.fromisoformat(clock["due_at"])


def subjects(box: Mailbox) -> list[str]:
    return [str(message["Subject"]) for message in box.accepted]


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)
