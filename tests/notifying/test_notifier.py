"""Officers are told of what they chose, once, by mail and in the group of their department: from real cases."""

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from api.app import create_app
from api.context import AppContext
from background.notifying import notifier as notifying
from background.notifying.mail import MailServer
from background.notifying.notifier import GIVEN_UP_AFTER, Notifier
from background.notifying.occasions import Surroundings
from background.notifying.outcomes import Fate, SendingOutcome
from background.notifying.robots import Robot, RobotKind
from background.webhooks.addresses import allowed_from
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from domain.calendar import CHINA, day_of
from domain.messages.days import day_text
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


@pytest.fixture(autouse=True)
def empty(box: Mailbox) -> None:
    box.accepted.clear()
    box.rcpt, box.data, box.dies = "250 well", "250 taken", False


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

    async def ring(self) -> int:
        made = Notifier(self.context.reader.engine, self.sender, self.mail, self.around, lambda: self.at)
        return await made.notify()


@pytest.fixture
async def bell(context: AppContext, box: Mailbox, robots: dict[str, Robot]) -> AsyncIterator[Bell]:
    """No one is told of anything before or after: what a test chooses ends with it."""
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


async def test_a_limit_is_told_when_it_is_nearly_due_and_when_it_is_over_and_never_twice(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    wang = officer(Role.PROVIDER, "DUE-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["due", "breach"])
    assert await bell.ring() == 0
    request_id, due_at = await waiting_for(people, "DUE-1", "人口{0}<b>库")
    assert await bell.ring() == 0
    bell.at = due_at - timedelta(hours=2)
    assert [await bell.ring() for _ in range(3)] == [1, 0, 0]
    assert subjects(box) == [f"【临期】人口{{0}}<b>库（{request_id}）"]
    [message] = box.accepted
    assert message["To"] == "wang@example.gov.cn"
    said = Mailbox.text_of(message)
    assert f"{BASE}/cases/{request_id}" in said
    assert "今日到期" in said
    assert f"{BASE}/desk/notices" in said
    bell.at = due_at + timedelta(minutes=1)
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert subjects(box)[1:] == [f"【超期】人口{{0}}<b>库（{request_id}）"]


async def test_what_was_there_before_somebody_chose_is_not_told_and_each_has_its_own(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    old, due_at = await waiting_for(people, "OLD-1")
    bell.at = due_at + timedelta(minutes=1)
    wang, li = officer(Role.PROVIDER, "OLD-1", "wang"), officer(Role.PROVIDER, "OLD-1", "li")
    for each, name in ((wang, "wang"), (li, "li")):
        await each.has(f"{name}@example.gov.cn")
        await each.choose(mail=["breach", "handed_over"], language="en")
    assert await bell.ring() == 0
    new, _ = await waiting_for(people, "OLD-1", "车辆信息")
    claimed = await people.api.post(f"/v1/worklist/{new}/claim", headers=li.headers)
    assert claimed.status_code == 200
    bell.at += timedelta(minutes=1)
    assert await bell.ring() == 1
    assert [(str(each["To"]), str(each["Subject"])) for each in box.accepted] == [
        ("li@example.gov.cn", f"Overdue: 车辆信息 ({new})")
    ]
    said = {"to": "wang", "reason": "休假", "holder": None}
    handed = await people.api.post(f"/v1/worklist/{old}/hand-over", json=said, headers=li.headers)
    assert handed.status_code == 200, handed.text
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert (str(box.accepted[-1]["To"]), subjects(box)[-1]) == ("wang@example.gov.cn", f"Handed over: {old}, by li")


async def test_every_urging_is_told_and_many_things_are_one_message(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer], bearer: Bearer
) -> None:
    wang = officer(Role.PROVIDER, "RUNG-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=ALL)
    assert await bell.ring() == 0
    ids = [(await waiting_for(people, "RUNG-1"))[0] for _ in range(2)]
    bureau = bearer(Role.BUREAU, "bureau", places=["changshu"])
    for request_id, level in zip(ids, ("yellow", "red"), strict=True):
        body = {"command": "urge", "level": level}
        urged = await people.api.post(f"/v1/requests/{request_id}/commands", json=body, headers=bureau)
        assert urged.status_code == 200, urged.text
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert subjects(box) == ["2 条通知"]
    said = Mailbox.text_of(box.accepted[0])
    assert f"【黄牌】人口信息（{ids[0]}）" in said
    assert f"【红牌】人口信息（{ids[1]}）" in said


async def test_a_digest_comes_on_working_days_at_its_time_and_once(
    people: People, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    wang = officer(Role.PROVIDER, "DAY-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["digest"])
    request_id, due_at = await waiting_for(people, "DAY-1")
    claimed = await people.api.post(f"/v1/worklist/{request_id}/claim", headers=wang.headers)
    assert claimed.status_code == 200
    days = bell.around(bell.at).days
    ahead = [day_of(bell.at) + timedelta(days=number) for number in range(1, 30)]
    works = next(day for day in ahead if days.is_working_day(day))
    rests = next(day for day in ahead if not days.is_working_day(day))
    bell.at = datetime.combine(rests, time(9), CHINA)
    assert await bell.ring() == 0
    bell.at = datetime.combine(works, time(8, 29), CHINA)
    assert await bell.ring() == 0
    for minutes in (0, 1, 300):
        bell.at = datetime.combine(works, time(8, 30), CHINA) + timedelta(minutes=minutes)
        assert await bell.ring() == (minutes == 0)
    assert subjects(box) == [f"{day_text(works, 'zh')}待办 1 件：临期 0 件，超期 0 件"]
    assert "【我经办】 人口信息 待答复" in Mailbox.text_of(box.accepted[0])
    bell.at = due_at.astimezone(CHINA) - timedelta(days=1) + timedelta(hours=9)
    assert await bell.ring() == 1
    assert "临期 1 件" in subjects(box)[1]


async def test_a_group_is_told_once_however_many_chose_it(
    people: People, bell: Bell, group: WebhookReceiver, officer: Callable[..., Officer]
) -> None:
    for name in ("wang", "li"):
        await officer(Role.PROVIDER, "group-1", name).choose(group=ALL)
    assert await bell.ring() == 0
    await officer(Role.PROVIDER, "group-1", "zhao").choose(group=["breach"])
    request_id, due_at = await waiting_for(people, "GROUP-1")
    bell.at = due_at + timedelta(minutes=1)
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    [got] = group.accepted
    assert f"【超期】人口信息（{request_id}）" in got.event["text"]["content"]
    assert f"{BASE}/cases/{request_id}" in got.event["text"]["content"]


async def test_what_surely_did_not_arrive_is_tried_again_and_not_for_ever(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    told_api: httpx.AsyncClient,
    bearer: Bearer,
) -> None:
    wang = officer(Role.PROVIDER, "AGAIN-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["breach"])
    await bell.ring()
    _, due_at = await waiting_for(people, "AGAIN-1")
    bell.at, box.rcpt = due_at + timedelta(minutes=1), "450 busy"
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    bell.at, box.rcpt = bell.at + timedelta(minutes=2), "250 well"
    assert await bell.ring() == 1
    assert len(box.accepted) == 1
    await waiting_for(people, "AGAIN-1")
    box.rcpt = "450 busy"
    begun = 0
    for _ in range(10):
        begun += await bell.ring()
        bell.at += timedelta(hours=4)
    assert begun == 1 + len(notifying.AGAIN)
    operator = bearer(Role.OPERATOR, "operations")
    [lost] = (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"]
    assert (lost["state"], lost["state_label"], lost["error"], lost["tries"]) == ("failed", "未送达", "450 busy", 6)


async def test_what_may_have_arrived_is_never_sent_again(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    told_api: httpx.AsyncClient,
    bearer: Bearer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wang = officer(Role.PROVIDER, "CRASH-1", "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["breach"])
    await bell.ring()
    _, due_at = await waiting_for(people, "CRASH-1")
    bell.at = due_at + timedelta(minutes=1)

    def killed(*_: object) -> SendingOutcome:
        raise SystemError("the process is gone")

    with monkeypatch.context() as crash:
        crash.setattr(notifying, "send_letter", killed)
        with pytest.raises(SystemError):
            await bell.ring()
    assert await bell.ring() == 0
    operator = bearer(Role.OPERATOR, "operations")
    assert (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"] == []
    bell.at += GIVEN_UP_AFTER + timedelta(seconds=1)
    assert [await bell.ring() for _ in range(2)] == [0, 0]
    assert box.accepted == []
    [lost] = (await told_api.get("/v1/notifications/undelivered", headers=operator)).json()["items"]
    assert (lost["state"], lost["recipient"], lost["kind"]) == ("unknown", "wang", "breach")
    refused = await told_api.get("/v1/notifications/undelivered", headers=wang.headers)
    assert refused.status_code == 403


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_happens_meanwhile_nobody_is_told_twice(
    people: People,
    bell: Bell,
    box: Mailbox,
    officer: Callable[..., Officer],
    monkeypatch: pytest.MonkeyPatch,
    seed: int,
) -> None:
    """Notifiers side by side, servers that are busy or hang up, processes that die: in any order."""
    chance = random.Random(seed)
    org = f"ANY-{seed}"
    wang = officer(Role.PROVIDER, org, "wang")
    await wang.has("wang@example.gov.cn")
    await wang.choose(mail=["due", "breach"])
    await bell.ring()
    due = [(await waiting_for(people, org))[1] for _ in range(2)]
    bell.at = min(due) - timedelta(hours=3)

    async def two_at_once() -> None:
        await asyncio.gather(bell.ring(), bell.ring())

    async def busy() -> None:
        box.rcpt = "450 busy"
        await bell.ring()
        box.rcpt = "250 well"

    async def hung_up() -> None:
        box.dies = True
        await bell.ring()
        box.dies = False

    async def killed() -> None:
        def dead(*_: object) -> SendingOutcome:
            raise SystemError("the process is gone")

        with monkeypatch.context() as crash, contextlib.suppress(SystemError):
            crash.setattr(notifying, "send_letter", dead)
            await bell.ring()

    for _ in range(10):
        await chance.choice([bell.ring, two_at_once, busy, hung_up, killed])()
        bell.at += timedelta(minutes=chance.choice([0, 2, 7, 60, 200]))
    told = Counter(
        line for message in box.accepted for line in Mailbox.text_of(message).splitlines() if line.startswith("【")
    )
    assert max(told.values(), default=1) == 1


async def test_an_operator_is_told_of_a_cause_once_a_day(
    context: AppContext, bell: Bell, box: Mailbox, officer: Callable[..., Officer]
) -> None:
    zhou = officer(Role.OPERATOR, "operations", "zhou")
    await zhou.has("zhou@example.gov.cn")
    await zhou.choose(mail=["stuck"])
    await bell.ring()
    with context.reader.engine.begin() as connection:
        connection.execute(text(PARKED), [{"id": "queue:one"}, {"id": "queue:two"}])
    assert [await bell.ring() for _ in range(2)] == [1, 0]
    assert "lab_fire，2 件" in str(box.accepted[0]["Subject"]) + Mailbox.text_of(box.accepted[0])
    bell.at += timedelta(days=1)
    assert await bell.ring() == 1
    with context.reader.engine.begin() as connection:
        connection.execute(text("DELETE FROM parked WHERE cause = 'lab_fire'"))


@pytest.mark.usefixtures("bell")
async def test_nobody_subscribes_another(officer: Callable[..., Officer], box: Mailbox) -> None:
    wang = officer(Role.PROVIDER, "ADDR-1", "wang")
    code = await wang.ask("victim@example.gov.cn")
    wrong = [f"{(int(code) + step) % 10**8:08}" for step in range(1, 6)]
    assert [(await wang.confirm(each)).json()["code"] for each in wrong] == ["code_wrong"] * 5
    assert (await wang.confirm(code)).status_code == 422
    other = officer(Role.PROVIDER, "ADDR-1", "li")
    code = await wang.ask("wang@example.gov.cn")
    assert (await other.confirm(code)).status_code == 422
    assert (await wang.confirm(code)).json()["address"] == "wang@example.gov.cn"
    assert (await wang.confirm(code)).status_code == 422
    for _ in range(3):
        await wang.ask("wang@example.gov.cn")
    path, body = "/v1/notifications/address", {"address": "wang@example.gov.cn"}
    assert (await wang.api.post(path, json=body, headers=wang.headers)).status_code == 429
    assert (await wang.api.delete(path, headers=wang.headers)).status_code == 204
    assert (await wang.api.get("/v1/notifications", headers=wang.headers)).json()["address"] is None
    box.rcpt = "550 no such user"
    refused = await other.api.post(path, json={"address": "nobody@example.gov.cn"}, headers=other.headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "mail_not_sent")
    bad = await other.api.post(path, json={"address": "a@b.cn\r\nBcc: c@d.cn"}, headers=other.headers)
    assert bad.status_code == 422


async def test_without_a_server_it_is_said(api: httpx.AsyncClient, bearer: Bearer) -> None:
    who = bearer(Role.PROVIDER, "NONE-1", subject="wang")
    found = (await api.get("/v1/notifications", headers=who)).json()
    assert found == {
        **{"mail": [], "group": [], "language": "zh", "address": None, "asked_address": None},
        **{"mail_set_up": False, "group_set_up": False},
    }
    answer = await api.post("/v1/notifications/address", json={"address": "wang@example.gov.cn"}, headers=who)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_mail")


def test_every_fate_ends_somewhere() -> None:
    assert set(notifying._STATES) == set(Fate)
