"""The time of an engine under test: the world's time, moved forward on command for every case at once."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from domain.calendar import CHINA, end_of
from embedded.simulate.sandbox import Sandbox
from embedded.simulate.skipped_case import SkippedCase
from ledger.queries.views import CaseFilter
from ledger.reader import Reader
from protocol.messages import CalendarNews

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
        cases = [case async for case in self._open_cases()]
        ahead = max(until - self.now(), timedelta())
        self.shift += ahead
        moves = (self._move(case, ahead, until) for case in cases)
        # All others are moved, though one fails.
        for ended in await asyncio.gather(*moves, return_exceptions=True):
            if isinstance(ended, BaseException):
                raise ended

    async def _move(self, case: SkippedCase, ahead: timedelta, until: datetime) -> None:
        async with self._room:
            if not ahead or await case.forward(ahead):
                await case.settle(until)

    async def _tell(self, news: CalendarNews) -> None:
        async for case in self._open_cases():
            await case.tell(news)

    async def _open_cases(self) -> AsyncIterator[SkippedCase]:
        cursor: str | None = None
        while True:
            page = await asyncio.to_thread(Reader(self._ground.engine).cases, CaseFilter(open=True), cursor, PAGE)
            for case in page.cases:
                yield SkippedCase(self._ground, case.request_id)
            if page.next is None:
                return
            cursor = page.next
