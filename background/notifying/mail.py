"""Mail by SMTP: one message to one address, and whether it can have arrived."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

from background.notifying.outcomes import SENT, Fate, SendingOutcome, outcome_of

PATIENCE_SECONDS: Final = 15.0
"""For each answer of the server."""
LONGEST_ADDRESS: Final = 254
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*"
)


class MailSecurity(StrEnum):
    """How the way to the server is kept from others."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


@dataclass(frozen=True)
class MailServer:
    """The operator's server, and whom mail is from. ``tls`` are the authorities (None: the machine's own)."""

    host: str
    port: int
    security: MailSecurity
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Letter:
    """One message of plain text; ``id`` is the same whenever it is sent."""

    to: str
    sender_name: str
    subject: str
    text: str
    id: str
    at: datetime


def is_address(text: str) -> bool:
    """Whether mail can go to something: an address of ASCII without a name, a comment or quotes."""
    return len(text) <= LONGEST_ADDRESS and len(text.partition("@")[0]) <= 64 and bool(_ADDRESS.fullmatch(text))


def send_letter(server: MailServer, letter: Letter) -> SendingOutcome:
    """Send one message once; blocking. Whatever goes wrong is in the outcome.

    Nothing has arrived as long as its text has not been sent: until then a server that is away is worth another try.
    Once it has been, and the server says nothing, nobody knows.
    """
    content = _message(server, letter).as_bytes()
    begun = False
    try:
        with _connected(server) as smtp:
            for answer in (smtp.mail(server.sender), smtp.rcpt(letter.to)):
                if answer[0] >= 300:
                    return _refused(*answer)
            begun = True
            code, said = smtp.data(content)
            return SENT if code == 250 else _refused(code, said)
    except smtplib.SMTPResponseException as error:  # signing in, or the text itself, was refused
        return _refused(error.smtp_code, error.smtp_error)
    except (smtplib.SMTPException, OSError) as error:
        fate = Fate.UNKNOWN if begun else Fate.NOT_TAKEN
        return outcome_of(fate, f"{type(error).__name__}: {error}")


@contextmanager
def _connected(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A session with the server, signed in where that is asked for."""
    context = server.tls or ssl.create_default_context()
    smtp = (
        smtplib.SMTP_SSL(server.host, server.port, timeout=PATIENCE_SECONDS, context=context)
        if server.security is MailSecurity.TLS
        else smtplib.SMTP(server.host, server.port, timeout=PATIENCE_SECONDS)
    )
    try:
        if server.security is MailSecurity.STARTTLS:
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if server.user:
            smtp.login(server.user, server.password or "")
        yield smtp
        with suppress(smtplib.SMTPException, OSError):  # it has the message: how it says farewell changes nothing
            smtp.quit()
    finally:
        smtp.close()


def _refused(code: int, said: bytes | str) -> SendingOutcome:
    """A server that says no: 4xx for now, all else for good."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return outcome_of(Fate.NOT_TAKEN if 400 <= code < 500 else Fate.REFUSED, f"{code} {text}")


def _message(server: MailServer, letter: Letter) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(letter.sender_name, addr_spec=server.sender)
    message["To"] = Address(addr_spec=letter.to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.at)
    message["Message-ID"] = f"<{letter.id}@{server.sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.text, charset="utf-8", cte="base64")
    return message
