"""Whether this machine, the database and Temporal agree on the time: limits end at an instant."""

import asyncio
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta

from cli.checks.findings import Check, Saying, failed, ok, part, problem, skipped, warning
from ledger.reader import Reader
from protocol.connecting import TemporalClient
from starter.temporal_checks import instant_of_server

NAME = "clocks"
APART = timedelta(seconds=5)
"""What is received in the last seconds of a limit is judged by the door's clock, and what ends it by Temporal's."""
FAR_APART = timedelta(minutes=1)


async def clocks_check(reader: Reader | None, client: TemporalClient | None) -> Check:
    """How far the clocks of the database and of Temporal are from this machine's."""
    if reader is None or client is None:
        return skipped(NAME, "clocks_not_compared")
    try:
        apart = {
            "database": await ahead(asyncio.to_thread(reader.moment)),
            "temporal": await ahead(instant_of_server(client)),
        }
    except Exception as error:
        return failed(NAME, error)
    told = {whose: _told(by) for whose, by in apart.items()}
    worst = max(map(abs, apart.values()))
    if worst <= APART:
        return ok(NAME, "clocks_agree", **told)
    return (problem if worst > FAR_APART else warning)(NAME, "clocks_apart", **told)


async def ahead(asked: Awaitable[datetime]) -> timedelta:
    """How far a clock is ahead of this machine's; an answer is taken for one of the middle of the wait for it."""
    before = datetime.now(UTC)
    told = await asked
    return told - (before + (datetime.now(UTC) - before) / 2)


def _told(by: timedelta) -> Saying:
    return part("clock_ahead" if by > timedelta() else "clock_behind", seconds=f"{abs(by).total_seconds():.1f}")
