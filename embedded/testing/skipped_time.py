"""The time of an engine under test: the world's time, moved forward on command for every case at once."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime, timedelta
from typing import Any

from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from domain.calendar import CHINA, end_of
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.watching import unless_it_fails
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from protocol.errors import BUSY
from protocol.messages import CalendarNews, CaseView
from protocol.names import workflow_id

AT_ONCE = 8
"""How many cases are moved at the same time."""
PAGE = 200


class SkippedTime:
    """``shift`` is how far this time is ahead of the world's. Between two advances it passes as the world's does."""

    def __init__(self, ground: Sandbox, begins: datetime | None) -> None:
        self._ground = ground
        self._advancing = asyncio.Lock()
        self._room = asyncio.Semaphore(AT_ONCE)
        self.shift = begins - datetime.now(UTC) if begins else timedelta()

    def now(self) -> datetime:
        """The instant in the cases, in Asia/Shanghai."""
        return (datetime.now(UTC) + self.shift).astimezone(CHINA)

    async def advance(self, until: datetime) -> None:
        """Let time pass in every open case until an instant; all that it does by then is in the ledger afterwards.

        On the way, notices of the calendar become known when they were published. Raises NeedsOperator for a case
        whose code fails.
        """
        async with self._advancing:
            first = self.now().date()
            for edition in self._ground.calendar.editions:
                if first < edition.published <= until.astimezone(CHINA).date():
                    published = end_of(edition.published - timedelta(days=1))
                    await self._skip(published)
                    await self._tell(CalendarNews(edition=edition.id, published_at=published))
            await self._skip(until)

    async def _skip(self, until: datetime) -> None:
        handles = [handle async for handle in self._open_cases()]
        ahead = max(until - self.now(), timedelta())
        self.shift += ahead
        moves = (self._move(handle, ahead, until) for handle in handles)
        # All others are moved, though one fails.
        for ended in await asyncio.gather(*moves, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _move(self, handle: WorkflowHandle[Any, Any], ahead: timedelta, until: datetime) -> None:
        async with self._room:
            if not ahead or await _unless_gone(self._forward(handle, ahead)):
                await _unless_gone(self._settle(handle, until))

    async def _forward(self, handle: WorkflowHandle[Any, Any], ahead: timedelta) -> bool:
        return await unless_it_fails(handle, self._ground.skipper.fast_forward(handle, ahead))

    async def _settle(self, handle: WorkflowHandle[Any, Any], until: datetime) -> None:
        """Have recorded what time has done, though the case's timer would wait a little for late arrivals."""
        while True:
            view: CaseView = await unless_it_fails(handle, handle.query("case", result_type=CaseView))
            if view.outcome is not None or view.next_at is None or view.next_at > until:
                return
            try:
                caught_up = handle.execute_update("catch_up", until, id=f"advance-{uuid.uuid4().hex}")
                await unless_it_fails(handle, caught_up)
            except WorkflowUpdateFailedError as error:
                if not (isinstance(error.cause, ApplicationError) and error.cause.type == BUSY):
                    raise
                await asyncio.sleep(0.01)

    async def _tell(self, news: CalendarNews) -> None:
        async for handle in self._open_cases():
            await _unless_gone(handle.signal("calendar_published", news))

    async def _open_cases(self) -> AsyncIterator[WorkflowHandle[Any, Any]]:
        cursor: str | None = None
        while True:
            page = await asyncio.to_thread(Reader(self._ground.engine).cases, CaseFilter(open=True), cursor, PAGE)
            for case in page.cases:
                yield self._ground.temporal.get_workflow_handle(workflow_id(case.request_id))
            if page.next is None:
                return
            cursor = page.next


async def _unless_gone(call: Awaitable[Any]) -> Any:
    """What a call comes to; None for a case that has ended meanwhile."""
    try:
        return await call
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
