"""Group robots: 企业微信, 钉钉, 飞书. Each gets a text as its vendor documents it, signed if it has a secret.

企业微信: developer.work.weixin.qq.com/document/path/91770 (the key is in the address; a text has at most 2,048
bytes). 钉钉: open.dingtalk.com, 自定义机器人安全设置 (milliseconds and signature in the address). 飞书: open.feishu.cn,
自定义机器人使用指南 (seconds and signature in the body).
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlencode

from background.notifying.outcomes import SENT, Fate, SendingOutcome, outcome_of
from background.webhooks.sending import HttpAnswer, Sender

HEADERS: Final = {"content-type": "application/json; charset=utf-8"}
TOO_OFTEN: Final = frozenset({45009, 130101, 410100, 9499, 11232})
"""Answers to too frequent messages: not accepted, may be sent later."""


class RobotKind(StrEnum):
    """The vendor of a robot."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"


LONGEST_TEXT: Final[Mapping[RobotKind, int]] = {
    RobotKind.WECOM: 2048,
    RobotKind.DINGTALK: 18_000,
    RobotKind.FEISHU: 18_000,
}
"""The most bytes of a text, with room for what surrounds it."""


@dataclass(frozen=True)
class Robot:
    """The robot in the group of a department. ``secret``: the signing secret, if it has one."""

    department: str
    kind: RobotKind
    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


Robots = Mapping[str, Robot]
"""The robots of departments, by the key of their codes."""


async def tell_group(sender: Sender, robot: Robot, text: str, at: datetime) -> SendingOutcome:
    """Send a text to a group once. Whatever goes wrong is in the outcome."""
    url, body = robot_call(robot, text, at)
    answer = await sender.post(url, HEADERS, json.dumps(body, ensure_ascii=False).encode())
    return _outcome(answer)


def robot_call(robot: Robot, text: str, at: datetime) -> tuple[str, Mapping[str, Any]]:
    """The address and the body for sending a text to a robot at an instant."""
    fit = _within(_plain(text), LONGEST_TEXT[robot.kind])
    if robot.kind is RobotKind.FEISHU:
        seconds = str(int(at.timestamp()))
        signed = {"timestamp": seconds, "sign": _sign(f"{seconds}\n{robot.secret}", "")} if robot.secret else {}
        return robot.url, {**signed, "msg_type": "text", "content": {"text": fit}}
    body = {"msgtype": "text", "text": {"content": fit}}
    if robot.kind is RobotKind.DINGTALK and robot.secret:
        milliseconds = str(int(at.timestamp() * 1000))
        said = urlencode({"timestamp": milliseconds, "sign": _sign(robot.secret, f"{milliseconds}\n{robot.secret}")})
        return f"{robot.url}{'&' if '?' in robot.url else '?'}{said}", body
    return robot.url, body


def _sign(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _plain(text: str) -> str:
    """A text without mentions: groups read ``<@name>`` and ``<at …>`` as such."""
    return text.replace("<", "＜").replace(">", "＞")


def _within(text: str, most: int) -> str:
    """A text cut to what a robot accepts."""
    content = text.encode()
    if len(content) <= most:
        return text
    return content[: most - len("…".encode())].decode("utf-8", "ignore") + "…"


def _outcome(answer: HttpAnswer) -> SendingOutcome:
    """The outcome in an answer; robots answer with status 200 to everything that they can parse."""
    if answer.unsent:
        return outcome_of(Fate.NOT_TAKEN, answer.error)
    if answer.status == 429:
        return outcome_of(Fate.NOT_TAKEN, "429")
    if answer.status is None or answer.status >= 500:
        return outcome_of(Fate.UNKNOWN, answer.error if answer.status is None else answer.status)
    code = _code(answer)
    if answer.error is None and code == 0:
        return SENT
    if answer.error is None and code is None:
        return outcome_of(Fate.UNKNOWN, "the answer is none of a robot's")
    fate = Fate.NOT_TAKEN if code in TOO_OFTEN else Fate.REFUSED
    return outcome_of(fate, f"{answer.status} {answer.text}")


def _code(answer: HttpAnswer) -> int | None:
    """The result code in a robot's answer; 0 is success."""
    try:
        said = json.loads(answer.response)
    except ValueError:
        return None
    found = [said[name] for name in ("errcode", "code", "StatusCode") if name in said] if isinstance(said, dict) else []
    return found[0] if found and isinstance(found[0], int) else None
