"""That something changed, told to a tab that shows it: the tab then asks for its page again.

Told is only that, and only of what the visitor may see: it is read by the same reader and the same sight as the page.
All tabs of a process share one look at the ledger (``api.news``). What has no event (who has taken a case, notes, how
far a batch of retries has come) is looked at by each tab, seldom.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.cases.notes import sides_of
from api.context import AppContext
from api.dependencies import parties_of, require_role, visible_case
from api.events.endpoints import STREAM, STREAM_HEADERS
from api.http.problems import Problem
from api.news import Watch
from api.stuck.endpoints import MENDERS
from background.turns import unit_of
from console.door import SignedOut, Visitor, door_of, session_of, visitor_of
from console.pages import HEADERS
from domain.access import visibility_of
from ledger.errors import CursorExpired
from ledger.failures import DATABASE_ERRORS
from ledger.queries.beside import Onlooker
from ledger.queries.messages import MessageFilter
from ledger.queries.stuck_batches import Batch
from starter.stuck import StuckDesk

CHANGED: Final = "event: changed\ndata:\n\n"
ALIVE: Final = ": alive\n\n"
ENDED: Final = "event: ended\ndata:\n\n"
"""The session is over, wherever that was done."""
RECONNECT: Final = "retry: 5000\n\n"
BEAT_SECONDS: Final = 15.0
PACE_SECONDS: Final = 1.0
"""How far apart two changes are told at least: a page is not asked for at every step of a long act."""
BESIDE_SECONDS: Final = 2.0
"""So often is looked at what changes without an event."""
NO_MORE: Final = 204
"""By this a browser knows that it need not come back: enough tabs listen."""


Glance = Callable[[], Awaitable[bool]]
"""A look at what changes without an event: whether it is other than at the look before."""


@dataclass(frozen=True)
class _Tab:
    """A tab: who looks, at which case up to which event, or at which batch of retries."""

    visitor: Visitor
    request_id: str | None
    head: int
    batch_id: str | None


async def stream(request: Request) -> Response:
    """Tell what changes in one case, in a batch, or in any case that the visitor may see.

    Raises NotFound for what it may not see.
    """
    try:
        visitor = await visitor_of(request)
    except SignedOut:
        return Response(ENDED, headers={**STREAM_HEADERS, **HEADERS}, media_type=STREAM)
    if door_of(request).streams.full(session_of(request)):
        return Response(status_code=NO_MORE, headers=HEADERS)
    asked = request.query_params
    tab = _Tab(visitor, asked.get("case"), _head(request), asked.get("batch"))
    if tab.request_id is not None:
        await asyncio.to_thread(visible_case, door_of(request).context, visitor.caller, tab.request_id)
    if tab.batch_id is not None:
        require_role(visitor.caller, MENDERS)
        await StuckDesk(door_of(request).context.client).batch(tab.batch_id)
    return StreamingResponse(_told(request, tab), headers={**STREAM_HEADERS, **HEADERS}, media_type=STREAM)


def _head(request: Request) -> int:
    """The last event that the page shows. Raises Problem 400 for what is no number of an event."""
    said = request.query_params.get("head", "0")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Problem(400, "malformed")
    return int(said)


async def _told(request: Request, tab: _Tab) -> AsyncIterator[str]:
    door, session = door_of(request), session_of(request)
    context = door.context
    try:
        async with context.news.watch(tab.request_id) as watch, door.streams.held(session, watch):
            position = await asyncio.to_thread(context.reader.newest_message)
            look = await _beside(context, tab)
            yield RECONNECT
            if tab.request_id is not None and await _has_moved(context, tab.visitor, tab.request_id, tab.head):
                yield CHANGED
            async for word in _news(context, tab, position, watch, look):
                yield word
            if door.streams.over(session):
                yield ENDED
    except (*DATABASE_ERRORS, CursorExpired):
        return  # the tab comes back, and asks for its page


async def _has_moved(context: AppContext, visitor: Visitor, request_id: str, head: int) -> bool:
    return (await asyncio.to_thread(visible_case, context, visitor.caller, request_id)).seq > head


async def _news(context: AppContext, tab: _Tab, position: int, watch: Watch, look: Glance) -> AsyncIterator[str]:
    """A word for each change and a sign of life in between, at times that tell nothing of what others do."""
    seen, wanted = visibility_of(tab.visitor.caller), MessageFilter(request_id=tab.request_id)
    beat = time.monotonic() + BEAT_SECONDS
    while not watch.over:
        if await watch.news(min(beat - time.monotonic(), BESIDE_SECONDS)):
            newest = await asyncio.to_thread(context.reader.newest_message)
            found = await asyncio.to_thread(context.reader.messages, seen, position, 1, wanted)
            position = max(newest, position) if found.messages else found.upto
            if found.messages:
                yield CHANGED
                await asyncio.sleep(PACE_SECONDS)
        if await look():
            yield CHANGED
        if time.monotonic() >= beat:
            beat += BEAT_SECONDS
            yield ALIVE


async def _beside(context: AppContext, tab: _Tab) -> Glance:
    return _looks_at_batch(context, tab.batch_id) if tab.batch_id is not None else await _looks_beside(context, tab)


def _looks_at_batch(context: AppContext, batch_id: str) -> Glance:
    before: Batch | None = None

    async def look() -> bool:
        nonlocal before
        now = await asyncio.to_thread(context.reader.stuck_book.batch, batch_id)
        changed, before = now != before, now
        return changed

    return look


async def _looks_beside(context: AppContext, tab: _Tab) -> Glance:
    caller, reader = tab.visitor.caller, context.reader
    sides: Collection[str] = ()
    if tab.request_id is not None:
        case = await asyncio.to_thread(visible_case, context, caller, tab.request_id)
        sides = list(sides_of(caller, parties_of(case)).values())
    who = Onlooker(unit_of(caller), sides, tab.request_id)
    position = await asyncio.to_thread(reader.beside.newest)
    due = time.monotonic() + BESIDE_SECONDS

    async def look() -> bool:
        nonlocal position, due
        if time.monotonic() < due:
            return False
        due = time.monotonic() + BESIDE_SECONDS
        position, changed = await asyncio.to_thread(reader.beside.moved, who, position)
        return changed

    return look
