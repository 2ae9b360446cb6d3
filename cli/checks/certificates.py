"""Whether the certificates that this installation meets and shows are good, and for how long yet."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from cli.checks.findings import Check, failed, ok, problem, skipped, warning
from configuration.certificates import certificates_of
from configuration.settings import Settings
from domain.messages import label

NAME: Final = "certificates"
SOON: Final = timedelta(days=30)


async def certificates_check(settings: Settings) -> Check:
    """The certificate that ends first, of those that servers show here and of those that files hold.

    A server that does not answer is told of by the check of its own, and so is a file that cannot be read.
    """
    try:
        found = await asyncio.to_thread(certificates_of, settings)
    except Exception as error:
        return failed(NAME, error)
    if not found:
        return skipped(NAME, "no_certificate")
    first, ends = min(found.items(), key=lambda each: each[1])
    whose = first if ":" in first else partial(label, "certificate", first)
    left = ends - datetime.now(UTC)
    if left <= timedelta():
        return problem(NAME, "certificate_expired", whose=whose, ends=ends)
    if left < SOON:
        return warning(NAME, "certificate_expires", whose=whose, ends=ends, days=left.days)
    return ok(NAME, "certificates_good", whose=whose, ends=ends)
