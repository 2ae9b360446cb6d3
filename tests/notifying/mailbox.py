"""A real SMTP server on loopback: keeps what it takes, and answers as it is told."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from background.notifying.mail import MailSecurity, MailServer

PASSWORD = "open, sesame"


@dataclass
class Mailbox:
    """``rcpt`` and ``data`` are its answers; ``dies`` hangs up when it has the text and says nothing more."""

    rcpt: str = "250 well"
    data: str = "250 taken"
    dies: bool = False
    accepted: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    port: int = 0

    def server(self, **changes: Any) -> MailServer:
        """The server as an operator would set it."""
        said = {"security": MailSecurity.NONE, "sender": "noreply@share.example.gov.cn", **changes}
        return MailServer("127.0.0.1", self.port, **said)

    async def handle_RCPT(self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]) -> str:
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: SMTP, _: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        if self.data.startswith("250"):
            self.accepted.append(message)
            self.recipients.append(list(envelope.rcpt_tos))
        if self.dies:
            assert server.transport is not None
            server.transport.abort()
        return self.data

    @staticmethod
    def text_of(message: EmailMessage) -> str:
        """What a message says."""
        body = message.get_body()
        assert body is not None
        return str(body.get_content())


def _signs_in(_: SMTP, __: Session, ___: Envelope, ____: str, said: Any) -> AuthResult:
    return AuthResult(success=said.login == b"officer" and said.password == PASSWORD.encode(), handled=False)


@contextmanager
def open_mailbox(tls: ssl.SSLContext | None = None, asks: bool = False) -> Iterator[Mailbox]:
    """A server that listens while inside; with ``tls`` it takes mail under STARTTLS alone, ``asks`` who it is."""
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        box.port = free.getsockname()[1]
    more = {"tls_context": tls, "require_starttls": True} if tls else {}
    who = {"auth_required": True, "authenticator": _signs_in, "auth_require_tls": False} if asks else {}
    controller = Controller(box, "127.0.0.1", box.port, **more, **who)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
