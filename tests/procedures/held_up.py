"""What holds cases up in tests: another case that cannot be opened, a calendar that cannot be counted with."""

import asyncio
from typing import Any

from temporalio.exceptions import ApplicationError

from domain.calendar import CalendarError
from domain.words import EventType
from ledger.queries.cases import get_case
from ledger.queries.events import events_of
from ledger.queries.views import CaseDetail
from starter.engine_client import ShareflowClient


def refuses(*_: Any) -> None:
    """In place of what makes another case's opening: it is refused for good."""
    raise ApplicationError("no", type="application_incomplete", non_retryable=True)


def torn(*_: Any) -> None:
    """In place of what counts days."""
    raise CalendarError("the calendar is torn")


async def opened_by(client: ShareflowClient, request_id: str) -> CaseDetail | None:
    """The case that another one has opened; None while it is not there."""
    events = await asyncio.to_thread(events_of, client.reader.engine, request_id)
    [follows] = [event.data for event in events if event.type is EventType.CASE_OPENED]
    return await asyncio.to_thread(get_case, client.reader.engine, follows["request_id"])
