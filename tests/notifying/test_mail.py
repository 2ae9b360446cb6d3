"""Mail on a real SMTP server: what arrives, and what one knows of what did not."""

import socket
import ssl
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from background.notifying.mail import Letter, MailSecurity, is_address, send_letter
from background.notifying.outcomes import SENT, Fate
from background.notifying.wording import one_line
from domain.calendar import CHINA
from tests.notifying.mailbox import PASSWORD, Mailbox, open_mailbox
from tests.webhooks.test_sending import certificate

LETTER = Letter(
    "officer@example.gov.cn",
    "政务数据共享流程引擎",
    "【临期】人口基本信息（NT-1）",
    "您好\nhttps://share.example.gov.cn/cases/NT-1\n",
    "notification-7",
    datetime(2026, 3, 5, 8, 30, tzinfo=CHINA),
)


def test_a_letter_arrives_whole() -> None:
    with open_mailbox() as box:
        assert send_letter(box.server(), LETTER) == SENT
    [message] = box.accepted
    assert box.recipients == [["officer@example.gov.cn"]]
    assert message["Subject"] == LETTER.subject
    assert message["From"] == "政务数据共享流程引擎 <noreply@share.example.gov.cn>"
    assert message["Message-ID"] == "<notification-7@share.example.gov.cn>"
    assert message["Date"] == "Thu, 05 Mar 2026 08:30:00 +0800"
    assert message["Auto-Submitted"] == "auto-generated"
    assert Mailbox.text_of(message).splitlines() == LETTER.text.splitlines()


@pytest.mark.parametrize(
    ("answers", "fate"),
    [
        ({"rcpt": "550 no such user"}, Fate.REFUSED),
        ({"rcpt": "450 busy"}, Fate.NOT_TAKEN),
        ({"data": "554 spam"}, Fate.REFUSED),
        ({"data": "451 later"}, Fate.NOT_TAKEN),
        ({"dies": True}, Fate.UNKNOWN),
    ],
)
def test_what_did_not_arrive_surely_is_told_from_what_may_have(answers: dict[str, str], fate: Fate) -> None:
    with open_mailbox() as box:
        for name, value in answers.items():
            setattr(box, name, value)
        assert send_letter(box.server(), LETTER).fate is fate
    assert len(box.accepted) == (fate is Fate.UNKNOWN)


def test_where_nobody_listens_it_is_worth_another_try() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = replace(Mailbox(port=free.getsockname()[1]).server())
    assert send_letter(nobody, LETTER).fate is Fate.NOT_TAKEN


def test_the_way_is_kept_from_others_and_the_server_must_be_the_one(tmp_path: Path) -> None:
    files = certificate(tmp_path, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files["ssl_certfile"], files["ssl_keyfile"])
    with open_mailbox(context) as box:
        server = box.server(security=MailSecurity.STARTTLS)
        assert send_letter(server, LETTER).fate is Fate.NOT_TAKEN
        assert send_letter(box.server(), LETTER).fate is Fate.REFUSED
        trusting = ssl.create_default_context(cafile=files["ssl_certfile"])
        assert send_letter(replace(server, tls=trusting), LETTER) == SENT
    assert len(box.accepted) == 1


def test_it_signs_in_with_the_password_that_it_was_given() -> None:
    with open_mailbox(asks=True) as box:
        assert send_letter(box.server(user="officer", password=PASSWORD), LETTER) == SENT
        wrong = send_letter(box.server(user="officer", password="guess"), LETTER)
        assert wrong.fate is Fate.REFUSED
        assert "guess" not in str(wrong.error)
        assert "guess" not in repr(box.server(user="officer", password="guess"))


@given(st.text(max_size=90))
def test_nobodys_own_words_break_a_line(words: str) -> None:
    line = one_line(words)
    assert len(line) <= 80
    assert not any(each in line for each in "\r\n\x00\u2028\u2029\x85\x0b\x0c\u202e")
    assert line.splitlines() in ([], [line])


@pytest.mark.parametrize(
    "text",
    [
        *("a@b\r\nBcc: c@d.cn", "a@b.cn\n", "a b@c.cn", "<a@b.cn>", "a@b.cn, c@d.cn", "a", "@b.cn", "a@", "a@-b.cn"),
        *("a@b..cn", '"a b"@c.cn', f"{'a' * 65}@b.cn", f"a@{'b' * 260}.cn", "王@b.cn", "a@b.cn(x)", "a..b@c.cn"),
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert not is_address(text)


@pytest.mark.parametrize("text", ["wang.fang@nantong.gov.cn", "a+b@c-d.cn", "officer@localhost"])
def test_what_is_an_address_is_one(text: str) -> None:
    assert is_address(text)
