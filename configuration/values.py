"""How the text of a setting is understood: each takes the variable's name and its text.

What cannot be one is refused with StartupError, in one sentence that names the variable.
"""

import re
from collections.abc import Callable
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from configuration.errors import StartupError

if TYPE_CHECKING:
    from limits import RateLimitItem

    from background.notifying.mail import MailSecurity
    from background.webhooks.addresses import Allowed
    from domain.evidence import Algorithm

LARGEST_ATTACHMENT = 1024**3
MOST_WORKERS = 64
MOST_DAYS = 36_500
MOST_HOURS = 8_784
MOST_SECONDS = 600


def as_text(_: str, text: str) -> str | None:
    """The text as it stands; None for none."""
    return text or None


def as_word(_: str, text: str) -> str:
    """The text as it stands."""
    return text


def as_level(_: str, text: str) -> str | None:
    """The name of a level in lower case; None for none."""
    return text.strip().lower() if text else None


def as_folder(_: str, text: str) -> Path:
    """The folder, from the root."""
    return Path(text).expanduser().absolute()


def as_path_if_any(_: str, text: str) -> Path | None:
    """The folder or file, from the root; None for none."""
    return Path(text).expanduser().absolute() if text else None


def as_port(lowest: int) -> Callable[[str, str], int]:
    """What reads a port that is at least this. It raises StartupError for another text."""

    def read(variable: str, text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 5 and lowest <= int(text) < 65536):
            raise StartupError(f"{variable} must be a port number from {lowest} to 65535, not {text[:40]!r}.")
        return int(text)

    return read


def as_port_if_any(variable: str, text: str) -> int | None:
    """A port that can be listened on; None for none. Raises StartupError."""
    return as_port(1)(variable, text) if text else None


def as_socket_if_any(variable: str, text: str) -> int | None:
    """A socket that whoever started this process has left open for it, by its number; None for none.

    Raises StartupError.
    """
    if text and not (text.isascii() and text.isdigit() and len(text) <= 4 and int(text) > 2):
        raise StartupError(f"{variable} must be the number of an open socket from 3 to 9999, not {text[:40]!r}.")
    return int(text) if text else None


def as_number(variable: str, text: str) -> int:
    """A whole number above 0. Raises StartupError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text) > 0):
        raise StartupError(f"{variable} must be a whole number above 0, not {text[:40]!r}.")
    return int(text)


def as_few(variable: str, text: str) -> int:
    """A number of processes. Raises StartupError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 2 and 0 < int(text) <= MOST_WORKERS):
        raise StartupError(f"{variable} must be a whole number from 1 to {MOST_WORKERS}, not {text[:40]!r}.")
    return int(text)


def as_days_if_any(variable: str, text: str) -> int | None:
    """A number of days; None for none. Raises StartupError."""
    if text and not (text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) <= MOST_DAYS):
        raise StartupError(f"{variable} must be a number of days from 1 to {MOST_DAYS}, not {text[:40]!r}.")
    return int(text) if text else None


def as_hours(variable: str, text: str) -> int:
    """A number of hours, up to a year. Raises StartupError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 4 and 0 < int(text) <= MOST_HOURS):
        raise StartupError(f"{variable} must be a number of hours from 1 to {MOST_HOURS}, not {text[:40]!r}.")
    return int(text)


def as_size(variable: str, text: str) -> int:
    """The size of a paper in bytes. Raises StartupError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and 0 < int(text) <= LARGEST_ATTACHMENT):
        raise StartupError(f"{variable} must be a number of bytes from 1 to {LARGEST_ATTACHMENT}, not {text[:40]!r}.")
    return int(text)


def as_rate(example: str) -> "Callable[[str, str], RateLimitItem]":
    """What reads how often something may be, such as in the example. It raises StartupError for another text."""

    def read(variable: str, text: str) -> "RateLimitItem":
        from limits import parse

        try:
            return parse(text)
        except ValueError as error:
            raise StartupError(f"{variable} must be a rate such as {example}, not {text!r}.") from error

    return read


def as_issuer(variable: str, text: str) -> str | None:
    """The address of an issuer of tokens; None for none. Raises StartupError."""
    parts = urlsplit(text)
    at_home = parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1")
    if text and not (parts.scheme == "https" or at_home):
        raise StartupError(f"{variable} must be an https address; http is for the machine itself alone.")
    return text or None


def as_public_url(variable: str, text: str) -> str:
    """An address, without a slash at its end. Raises StartupError."""
    if text and urlsplit(text).scheme not in ("http", "https"):
        raise StartupError(f"{variable} must be an address such as https://share.example.gov.cn, not {text!r}.")
    return text.rstrip("/")


def as_url_if_any(variable: str, text: str) -> str | None:
    """The address of another service; None for none. Raises StartupError."""
    parts = urlsplit(text)
    if text and not (parts.scheme in ("http", "https") and parts.hostname):
        raise StartupError(f"{variable} must be an address that begins with http:// or https://, not {text!r}.")
    return text or None


def prefix_of(public_url: str) -> str:
    """The path below which people reach the API, without a slash at its end; empty where it has none."""
    return urlsplit(public_url).path.rstrip("/")


def as_allowed(variable: str, text: str) -> "Allowed":
    """Networks and hosts. Raises StartupError."""
    from background.webhooks.addresses import allowed_from

    try:
        return allowed_from(text)
    except ValueError as error:
        raise StartupError(f"{variable} {error}") from error


def as_bucket_if_any(variable: str, text: str) -> str | None:
    """A bucket, or one with a prefix after a slash, without slashes at its ends; None for none. Raises StartupError."""
    if text and not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,62}(/[A-Za-z0-9._-]+)*/?", text):
        raise StartupError(f"{variable} must be a bucket such as shareflow or shareflow/papers, not {text[:40]!r}.")
    return text.rstrip("/") or None


def as_networks(variable: str, text: str) -> tuple[str, ...]:
    """Networks and addresses. Raises StartupError."""
    found = tuple(part for part in (each.strip() for each in text.split(",")) if part)
    for part in found:
        try:
            ip_network(part)
        except ValueError:
            raise StartupError(
                f"{variable} takes networks such as 10.0.0.0/8, with commas between; not {part[:40]!r}."
            ) from None
    return found


def as_seconds(variable: str, text: str) -> int:
    """A number of seconds, up to ten minutes. Raises StartupError."""
    if not (text.isascii() and text.isdigit() and len(text) <= 3 and int(text) <= MOST_SECONDS):
        raise StartupError(f"{variable} must be a number of seconds from 0 to {MOST_SECONDS}, not {text[:40]!r}.")
    return int(text)


def as_place_if_any(variable: str, text: str) -> tuple[str, int] | None:
    """A host and a port; None for none. Raises StartupError."""
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not host.isprintable() or " " in host:
        raise StartupError(f"{variable} must be host:port such as mail.example.gov.cn:587, not {text[:40]!r}.")
    return host.removeprefix("[").removesuffix("]"), as_port(1)(variable, port)


def as_security(variable: str, text: str) -> "MailSecurity":
    """How mail is kept from others on its way. Raises StartupError."""
    from background.notifying.mail import MailSecurity

    words = [each.value for each in MailSecurity]
    if text not in words:
        raise StartupError(f"{variable} must be one of {', '.join(words)}, not {text[:40]!r}.")
    return MailSecurity(text)


def as_time(variable: str, text: str) -> time:
    """A time of day. Raises StartupError."""
    try:
        hour, minute = (int(part) for part in text.split(":") if part.isascii() and len(part) == 2)
        return time(hour, minute)
    except ValueError:
        raise StartupError(f"{variable} must be a time of day such as 08:30, not {text[:40]!r}.") from None


def as_switch(variable: str, text: str) -> bool:
    """On or off. Raises StartupError."""
    if text not in ("on", "off"):
        raise StartupError(f"{variable} must be on or off, not {text[:40]!r}.")
    return text == "on"


def as_digest(_: str, text: str) -> "Algorithm":
    """A digest algorithm that this machine has. Raises StartupError."""
    from domain.evidence import algorithm_named

    try:
        return algorithm_named(text)
    except ValueError as error:
        raise StartupError(str(error)) from error


def as_rate_if_any(example: str) -> "Callable[[str, str], RateLimitItem | None]":
    """What reads such a rate; None for none."""

    def read(variable: str, text: str) -> "RateLimitItem | None":
        return as_rate(example)(variable, text) if text else None

    return read


def secret_in(variable: str, file: str) -> str:
    """The secret that a file holds, without the line's end. Raises StartupError for a file that has none."""
    try:
        text = Path(file).expanduser().read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise StartupError(f"{variable} names the file {file}, which cannot be read ({why}).") from error
    if not text:
        raise StartupError(f"{variable} names the file {file}, which is empty.")
    return text
