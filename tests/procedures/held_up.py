"""What holds cases up in tests: another case that cannot be opened, a calendar that cannot be counted with."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from temporalio.exceptions import ApplicationError

from background.stuck import note_what_is_held_up
from domain.calendar import CHINA, CalendarError
from domain.words import EventType
from embedded.simulate.sandbox import Sandbox
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from ledger.queries.views import CaseDetail
from starter.engine_client import ShareflowClient
from tests.engine.looking import until
from tests.procedures.grants import grant, in_days, opened, renewal

CAUSE = "other_case_unavailable:application_incomplete"
"""Why cases are stuck whose other case :func:`refuses` to be opened."""


def refuses(*_: Any) -> None:
    """In place of what makes another case's opening: it is refused for good."""
    raise ApplicationError("no", type="application_incomplete", non_retryable=True)


def torn(*_: Any) -> None:
    """In place of what counts days."""
    raise CalendarError("the calendar is torn")


async def held_up(ground: Sandbox, client: ShareflowClient, number: int) -> Sequence[str]:
    """So many cases that wait for another, which cannot be opened while this is asked for; the watch knows of them."""
    now = datetime.now(CHINA)
    cases = [await opened(client, "nantong-2020", grant(use_until=in_days(now, 365)), now) for _ in range(number)]
    for each in cases:
        await client.command(each, renewal(now))

    async def noted() -> bool:
        await note_what_is_held_up(ground.temporal, ground.engine)
        found = [await asyncio.to_thread(client.reader.troubles_of, each) for each in cases]
        return all(any(it.cause == CAUSE and it.error for it in each) for each in found)

    await until(noted)
    return cases


async def other_case_of(client: ShareflowClient, request_id: str) -> str:
    """The id of the case that another one opens, there or not."""
    events = await asyncio.to_thread(events_of, client.reader.engine, request_id)
    [follows] = [event.data for event in events if event.type is EventType.CASE_OPENED]
    other: str = follows["request_id"]
    return other


async def opened_by(client: ShareflowClient, request_id: str) -> CaseDetail | None:
    """The case that another one has opened; None while it is not there."""
    other = await other_case_of(client, request_id)
    return await asyncio.to_thread(get_case, client.reader.engine, other)
