"""Robots of groups on a real HTTP receiver: each checks the signature as its maker says, and what it answers counts."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from urllib.parse import parse_qs

import pytest

from background.notifying.outcomes import SENT, Fate
from background.notifying.robots import LONGEST_TEXT, Robot, RobotKind, robot_call, tell_group
from background.webhooks.addresses import allowed_from
from background.webhooks.guard import AddressGuard
from background.webhooks.sending import Sender
from domain.calendar import CHINA
from tests.webhooks.receiver import Answer, Sent, WebhookReceiver

AT = datetime(2026, 3, 5, 8, 30, tzinfo=CHINA)
SECRET = "SEC-of-a-test"
WELL = b'{"errcode":0,"errmsg":"ok"}'


@pytest.fixture
async def group() -> AsyncIterator[WebhookReceiver]:
    place = WebhookReceiver(answer=lambda _: (200, {}, WELL))
    await place.start()
    yield place
    await place.stop()


@pytest.fixture
async def outward() -> AsyncIterator[Sender]:
    async with Sender(AddressGuard(allowed_from("127.0.0.0/8")), patience=timedelta(seconds=1)) as made:
        yield made


def robot(kind: RobotKind, place: WebhookReceiver, secret: str | None = SECRET) -> Robot:
    return Robot("D", kind, f"http://{place.place}/send?key=K", secret)


async def test_wecom_takes_a_text_by_the_key_in_its_address(group: WebhookReceiver, outward: Sender) -> None:
    assert await tell_group(outward, robot(RobotKind.WECOM, group), "您好", AT) == SENT
    [got] = group.accepted
    assert (got.path, got.query) == ("/send", "key=K")
    assert json.loads(got.body) == {"msgtype": "text", "text": {"content": "您好"}}
    assert got.headers["content-type"].startswith("application/json")


async def test_dingtalk_checks_the_signature_in_the_address(group: WebhookReceiver, outward: Sender) -> None:
    def checked(sent: Sent) -> Answer:
        query = {name: values[0] for name, values in parse_qs(sent.query).items()}
        text = f"{query['timestamp']}\n{SECRET}"
        expected = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
        fits = query["sign"] == expected and int(query["timestamp"]) == AT.timestamp() * 1000 and query["key"] == "K"
        return 200, {}, WELL if fits else b'{"errcode":310000,"errmsg":"sign not match"}'

    group.answer = checked
    assert await tell_group(outward, robot(RobotKind.DINGTALK, group), "您好", AT) == SENT
    wrong = await tell_group(outward, robot(RobotKind.DINGTALK, group, "SEC-other"), "您好", AT)
    assert (wrong.fate, wrong.error) == (Fate.REFUSED, '200 {"errcode":310000,"errmsg":"sign not match"}')
    assert json.loads(group.accepted[0].body) == {"msgtype": "text", "text": {"content": "您好"}}


async def test_feishu_checks_the_signature_in_the_body(group: WebhookReceiver, outward: Sender) -> None:
    def checked(sent: Sent) -> Answer:
        body = json.loads(sent.body)
        key = f"{body['timestamp']}\n{SECRET}".encode()
        fits = body["sign"] == base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
        fits &= int(body["timestamp"]) == AT.timestamp() and body["msg_type"] == "text"
        return 200, {}, b'{"code":0,"msg":"success","data":{}}' if fits else b'{"code":19021,"msg":"sign match fail"}'

    group.answer = checked
    assert await tell_group(outward, robot(RobotKind.FEISHU, group), "您好", AT) == SENT
    assert (await tell_group(outward, robot(RobotKind.FEISHU, group, "other"), "您好", AT)).fate is Fate.REFUSED
    assert json.loads(group.accepted[0].body)["content"] == {"text": "您好"}


@pytest.mark.parametrize(
    ("answer", "fate"),
    [
        ((200, {}, b'{"errcode":45009,"errmsg":"api freq out of limit"}'), Fate.NOT_TAKEN),
        ((429, {}, b""), Fate.NOT_TAKEN),
        ((200, {}, b"<html>"), Fate.UNKNOWN),
        ((502, {}, b""), Fate.UNKNOWN),
        ((404, {}, b""), Fate.REFUSED),
        ((302, {"location": "/elsewhere"}, b""), Fate.REFUSED),
    ],
)
async def test_what_a_group_answers_counts(group: WebhookReceiver, outward: Sender, answer: Answer, fate: Fate) -> None:
    group.answer = lambda _: answer
    assert (await tell_group(outward, robot(RobotKind.WECOM, group), "您好", AT)).fate is fate


async def test_a_group_that_says_nothing_may_have_it_and_one_that_is_away_has_not(
    group: WebhookReceiver, outward: Sender
) -> None:
    group.slow = 1.5
    assert (await tell_group(outward, robot(RobotKind.WECOM, group), "您好", AT)).fate is Fate.UNKNOWN
    await group.stop()
    assert (await tell_group(outward, robot(RobotKind.WECOM, group), "您好", AT)).fate is Fate.NOT_TAKEN
    await group.start()


async def test_a_robot_leads_to_no_private_address(group: WebhookReceiver) -> None:
    async with Sender(AddressGuard()) as strict:
        outcome = await tell_group(strict, robot(RobotKind.WECOM, group), "您好", AT)
    assert (outcome.fate, outcome.error, group.accepted) == (Fate.NOT_TAKEN, "address_refused", [])


@pytest.mark.parametrize("kind", list(RobotKind))
def test_a_text_fits_and_calls_for_nobody(kind: RobotKind) -> None:
    robot = Robot("D", kind, "https://example.cn/send", None)
    _, body = robot_call(robot, '<at user_id="all"></at><@all>' + "数" * 10_000, AT)
    text = body["content"]["text"] if kind is RobotKind.FEISHU else body["text"]["content"]
    assert len(text.encode()) <= LONGEST_TEXT[kind]
    assert text.endswith("…")
    assert "<" not in text
    assert "example" not in repr(robot)
