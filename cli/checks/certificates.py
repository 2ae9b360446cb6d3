"""Whether the certificates that this installation meets and shows are good, and for how long yet."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from cli.checks.findings import Check, Saying, failed, ok, part, problem, skipped, warning
from configuration.certificates import certificates_of
from configuration.settings import Settings
from domain.messages import label

NAME: Final = "certificates"
SOON: Final = timedelta(days=30)


async def certificates_check(settings: Settings) -> Check:
    """All certificates that have ended or soon will, of those that servers show here and of those that files hold.

    The first to end is told first. A server that does not answer is told of by the check of its own, and so is a file
    that cannot be read.
    """
    try:
        found = await asyncio.to_thread(certificates_of, settings)
    except Exception as error:
        return failed(NAME, error)
    if not found:
        return skipped(NAME, "no_certificate")
    now = datetime.now(UTC)
    by_end = sorted((ends, name) for name, ends in found.items())
    first, name = by_end[0]
    which = [_of_ending(each, ends, now) for ends, each in by_end if ends - now < SOON]
    if not which:
        return ok(NAME, "certificates_good", whose=_whose(name), ends=first)
    return (problem if first <= now else warning)(NAME, "certificates_end", which=which)


def _of_ending(name: str, ends: datetime, now: datetime) -> Saying:
    """Of one that has ended or soon will: whose it is, and when."""
    whose, days = _whose(name), (ends - now).days
    if ends <= now:
        return part("certificate_expired", whose=whose, ends=ends)
    return part("certificate_expires" if days else "certificate_expires_today", whose=whose, ends=ends, days=days)


def _whose(name: str) -> object:
    """A server is told by its address, a file by what it is for."""
    return name if ":" in name else partial(label, "certificate", name)
