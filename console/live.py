"""That something changed, told to a tab that shows it: the tab then asks for its page again.

Told is only that, and only of what the visitor may see: it is read by the same reader and the same sight as the page.
All tabs of a process share one look at the ledger (``api.news``).
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.context import AppContext
from api.dependencies import visible_case
from api.events.endpoints import STREAM, STREAM_HEADERS
from api.http.problems import Problem
from api.news import Watch
from console.door import SignedOut, Visitor, door_of, session_of, visitor_of
from console.pages import HEADERS
from domain.access import visibility_of
from ledger.errors import CursorExpired
from ledger.failures import DATABASE_ERRORS
from ledger.queries.messages import MessageFilter

CHANGED: Final = "event: changed\ndata:\n\n"
ALIVE: Final = ": alive\n\n"
RECONNECT: Final = "retry: 5000\n\n"
BEAT_SECONDS: Final = 15.0
PACE_SECONDS: Final = 1.0
"""How far apart two changes are told at least: a page is not asked for at every step of a long act."""
NO_MORE: Final = 204
"""By this a browser knows that it need not come back: nobody is signed in, or enough tabs listen."""


async def stream(request: Request) -> Response:
    """Tell what changes in one case, or in any that the visitor may see. Raises NotFound for a case that it may not."""
    try:
        visitor = await visitor_of(request)
    except SignedOut:
        return Response(status_code=NO_MORE, headers=HEADERS)
    if door_of(request).streams.full(session_of(request)):
        return Response(status_code=NO_MORE, headers=HEADERS)
    request_id, head = request.query_params.get("case"), _head(request)
    if request_id is not None:
        await asyncio.to_thread(visible_case, door_of(request).context, visitor.caller, request_id)
    told = _told(request, visitor, request_id, head)
    return StreamingResponse(told, headers={**STREAM_HEADERS, **HEADERS}, media_type=STREAM)


def _head(request: Request) -> int:
    """The last event that the page shows. Raises Problem 400 for what is no number of an event."""
    said = request.query_params.get("head", "0")
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        raise Problem(400, "malformed")
    return int(said)


async def _told(request: Request, visitor: Visitor, request_id: str | None, head: int) -> AsyncIterator[str]:
    door, session = door_of(request), session_of(request)
    context = door.context
    try:
        async with context.news.watch(request_id) as watch, door.streams.held(session, watch):
            yield RECONNECT
            position = await asyncio.to_thread(context.reader.newest_message)
            if request_id is not None and await _has_moved(context, visitor, request_id, head):
                yield CHANGED
            async for word in _news(context, visitor, request_id, position, watch):
                yield word
    except (*DATABASE_ERRORS, CursorExpired):
        return  # the tab comes back, and asks for its page


async def _has_moved(context: AppContext, visitor: Visitor, request_id: str, head: int) -> bool:
    return (await asyncio.to_thread(visible_case, context, visitor.caller, request_id)).seq > head


async def _news(
    context: AppContext, visitor: Visitor, request_id: str | None, position: int, watch: Watch
) -> AsyncIterator[str]:
    """A word for each change and a sign of life in between, at times that tell nothing of what others do."""
    seen, wanted = visibility_of(visitor.caller), MessageFilter(request_id=request_id)
    beat = time.monotonic() + BEAT_SECONDS
    while not watch.over:
        if await watch.news(beat - time.monotonic()):
            newest = await asyncio.to_thread(context.reader.newest_message)
            found = await asyncio.to_thread(context.reader.messages, seen, position, 1, wanted)
            position = max(newest, position) if found.messages else found.upto
            if found.messages:
                yield CHANGED
                await asyncio.sleep(PACE_SECONDS)
        if time.monotonic() >= beat:
            beat += BEAT_SECONDS
            yield ALIVE
