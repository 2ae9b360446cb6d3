"""The retry schedule of deliveries, as in Standard Webhooks: about 75 hours in all."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Delays after the first, second … attempt. The first attempt is made at once."""

SPREAD = 0.05
"""Jitter: the fraction by which a delay may be longer, so that joint failures do not retry together."""

LONGEST_ASKED = timedelta(hours=24)
"""The longest delay that a receiver may ask for."""


def again_after(failures: int, asked: timedelta | None, chance: float) -> timedelta | None:
    """How long to wait after a number of failures in a row (1, 2 …); None if the schedule is exhausted.

    ``asked`` is what the receiver asked for, and counts if it is longer. ``chance`` is from 0 to 1.
    """
    if failures > len(DELAYS):
        return None
    delay = DELAYS[failures - 1] * (1 + SPREAD * chance)
    return max(delay, min(asked or timedelta(), LONGEST_ASKED))


def asked_for(retry_after: str | None, at: datetime) -> timedelta | None:
    """The delay in a Retry-After header (seconds or a date); None if it cannot be parsed."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_ASKED.total_seconds()))
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((then if then.tzinfo else then.replace(tzinfo=UTC)) - at, timedelta())
