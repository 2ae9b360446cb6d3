"""When a failed delivery is tried again: the schedule of Standard Webhooks, about 75 hours in all."""

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
"""How long after the first, second … attempt the next one follows. The first is made at once."""

SPREAD = 0.05
"""By this part a delay may be longer, so that what failed together does not come back together."""

LONGEST_ASKED = timedelta(hours=24)
"""A receiver may ask for more time, but not for ever."""


def again_after(failures: int, asked: timedelta | None, chance: float) -> timedelta | None:
    """How long to wait after so many failures in a row (1, 2 …); None when the schedule has been used up.

    ``asked`` is what the receiver asked for and counts when it is longer. ``chance`` is from 0 to 1.
    """
    if failures > len(DELAYS):
        return None
    delay = DELAYS[failures - 1] * (1 + SPREAD * chance)
    return max(delay, min(asked or timedelta(), LONGEST_ASKED))


def asked_for(retry_after: str | None, at: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date; None for none that can be read."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_ASKED.total_seconds()))
    try:
        then = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max((then if then.tzinfo else then.replace(tzinfo=UTC)) - at, timedelta())
