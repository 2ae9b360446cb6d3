"""The feed of events, page by page or as a stream of server-sent events."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from api.context import AppContext
from domain.access import Visibility
from domain.cloud_events import cloud_event
from ledger.errors import CursorExpired
from ledger.failures import DATABASE_ERRORS
from ledger.queries.cursors import numbered_cursor, read_numbered_cursor
from ledger.queries.messages import BEGINNING, MessageFilter, Stretch
from ledger.queries.views import OutboxMessage

LIST = "events"
"""The name of the feed in its cursors."""

PAGE = 200
HEARTBEAT_SECONDS = 15.0
RECONNECT_MILLISECONDS = 2000


class Feed:
    """The events of one reader: what it may see, and what of that it asks for."""

    def __init__(self, context: AppContext, visibility: Visibility, wanted: MessageFilter) -> None:
        self._context, self._visibility, self._wanted = context, visibility, wanted

    async def after(self, position: int, limit: int) -> Stretch:
        """The next events after a position. Raises BadCursor, CursorExpired."""
        return await asyncio.to_thread(self._context.reader.messages, self._visibility, position, limit, self._wanted)

    async def page(self, position: int, limit: int, wait: float) -> Stretch:
        """The next events after a position; while there are none, wait for some, so many seconds at most."""
        if not wait:
            return await self.after(position, limit)
        ends = time.monotonic() + wait
        async with self._context.news.watch(self._wanted.request_id) as watch:
            found = await self.after(position, limit)
            while not found.messages and await watch.news(ends - time.monotonic()):
                found = await self.after(found.upto, limit)
            return found

    async def stream(self, begun: Stretch, ends: float) -> AsyncIterator[str]:
        """Server-sent events from what has been found on, until ``ends`` (seconds since 1970) or the API stops.

        A database that goes away ends it too: the reader comes back with the last id and goes on from there.
        """
        yield f"retry: {RECONNECT_MILLISECONDS}\n"
        for message in begun.messages:
            yield block(message)
        position = begun.upto
        told = begun.messages[-1].id if begun.messages else 0
        async with self._context.news.watch(self._wanted.request_id) as watch:
            while not watch.over and time.time() < ends:
                try:
                    found = await self.after(position, PAGE)
                except (*DATABASE_ERRORS, CursorExpired):
                    return
                for message in found.messages:
                    yield block(message)
                    told = message.id
                position = found.upto
                if len(found.messages) == PAGE:
                    continue
                if not await watch.news(min(HEARTBEAT_SECONDS, ends - time.time())):
                    yield heartbeat(position if position > told else None)
                    told = position


def block(message: OutboxMessage) -> str:
    """A message as one server-sent event."""
    event = as_cloud_event(message)
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"id: {cursor_after(message.id)}\nevent: {event['type']}\ndata: {data}\n\n"


def heartbeat(position: int | None) -> str:
    """A sign of life; with a position, the reader need not look again at what was not for it."""
    return ": alive\n" if position is None else f": alive\nid: {cursor_after(position)}\n\n"


def as_cloud_event(message: OutboxMessage) -> dict[str, Any]:
    """A message as a CloudEvent that carries the whole event, so that its reader can check the chain."""
    event: Mapping[str, Any] = message.payload
    return cloud_event(message.request_id, event, {"request_id": message.request_id, **event})


def cursor_after(position: int) -> str:
    """The cursor of a position in the feed."""
    return numbered_cursor(LIST, position)


def position_of(cursor: str | None) -> int:
    """The position that a cursor stands for; the beginning when there is none. Raises BadCursor."""
    return BEGINNING if cursor is None else read_numbered_cursor(LIST, cursor)
