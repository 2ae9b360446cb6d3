"""Events out and in: the feed of what the ledger recorded, and what other systems tell."""

import asyncio
from typing import Annotated, Final

from fastapi import Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.cases.idempotency import NO_ORG
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.events.bodies import TAKEN
from api.events.receipts import take_batch, take_one
from api.events.schemas import (
    BatchOut,
    CloudEventOut,
    FeedOut,
    ReceiptOut,
    ReceivedOut,
    ReceivedPageOut,
    SenderOut,
)
from api.events.stream import Feed, as_cloud_event, cursor_after, position_of
from api.events_in.kinds import Kind
from api.events_in.reading import read_delivery
from api.events_in.receiving import SENDERS
from api.guarded import Guarded
from api.http.problems import RESPONSES
from api.http.responses import HEADERS, answer
from domain.access import visibility_of
from domain.cloud_events import platform_type
from domain.field_types import Code
from domain.words import EventType
from ledger.queries.messages import MessageFilter
from ledger.queries.received import Received, ReceivedFilter

LONGEST_WAIT = 60
STREAM = "text/event-stream"
STREAM_HEADERS = {**HEADERS, "X-Accel-Buffering": "no"}

EXPIRED: Final = {**RESPONSES[400], "description": "Events after this cursor are not kept any more"}

router = Guarded("/v1/events", "events")

ID = r"^[A-Za-z0-9._:/-]+$"
About = Annotated[str | None, Query(max_length=64, pattern=ID, description="Only what concerns this request.")]


@router.get(
    "",
    response_model=FeedOut,
    summary="What happened, in order and as recorded",
    responses={200: {"content": {STREAM: {"schema": {"type": "string"}}}}, 410: EXPIRED},
)
async def out(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    after: Annotated[str | None, Query(max_length=400, description="The `next` of the answer before.")] = None,
    limit: Limit = 100,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait while there is nothing.")] = 0,
    type: Annotated[list[EventType] | None, Query(max_length=len(EventType), description="Only these.")] = None,
    request_id: About = None,
    last_event_id: Annotated[str | None, Header(max_length=400, description="Resumes a stream.")] = None,
) -> Response:
    """The events of the cases that are yours to see, as CloudEvents; each at least once, those of a case in order.

    With `Accept: text/event-stream` they come as server-sent events, for as long as the token is valid.
    """
    feed = Feed(context, visibility_of(caller), MessageFilter(frozenset(type or ()), request_id))
    if _wants_stream(request.headers.get("accept", "")):
        begun = await feed.after(position_of(last_event_id or after), limit)
        stream = feed.stream(begun, request.state.token_ends)
        return StreamingResponse(stream, headers=STREAM_HEADERS, media_type=STREAM)
    found = await feed.page(position_of(after), limit, wait)
    items = [CloudEventOut.model_construct(**as_cloud_event(message)) for message in found.messages]
    return answer(FeedOut.model_construct(items=items, next=cursor_after(found.upto)), language)


def _wants_stream(accept: str) -> bool:
    """Whether a stream is asked for, and no page."""
    asked = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return STREAM in asked and "application/json" not in asked


@router.post(
    "",
    response_model=ReceiptOut | BatchOut,
    summary="Tell what happened elsewhere",
    openapi_extra=TAKEN,
    responses={
        201: {"model": ReceiptOut, "description": "It started a case"},
        207: {"model": BatchOut, "description": "Some events of the batch were not taken"},
    },
)
async def in_(request: Request, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Take in a CloudEvent (structured or binary) or a batch of them. For platforms; departments may file by it.

    The same source and id again answers as the first time. A batch with an event that cannot be read is refused whole;
    otherwise each of its events has an answer of its own.
    """
    require_role(caller, SENDERS)
    delivery = await read_delivery(request)
    if delivery.batch:
        return await take_batch(request, context, caller, delivery.events, language)
    return await take_one(context, caller, delivery.events[0], language)


@router.get("/received", response_model=ReceivedPageOut, summary="What other systems told")
async def received(
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    type: Annotated[Kind | None, Query(description="Only events of this kind.")] = None,
    request_id: About = None,
    resource: Annotated[Code | None, Query(description="Only what concerns this catalogue entry.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The latest first. Those of a case are seen by whoever sees the case; those of a catalogue by its places."""
    wanted = ReceivedFilter(platform_type(type) if type else None, request_id, resource)
    page = await asyncio.to_thread(context.reader.received, visibility_of(caller), wanted, cursor, limit)
    items = [_shown(event) for event in page.events]
    return answer(ReceivedPageOut.model_construct(items=items, next=page.next), language)


def _shown(event: Received) -> ReceivedOut:
    sender = SenderOut.model_construct(
        org=None if event.sender.startswith(NO_ORG) else event.sender, subject=event.received_from
    )
    kept = {name: getattr(event, name) for name in ReceivedOut.model_fields if name != "received_from"}
    return ReceivedOut.model_construct(**kept, received_from=sender)
