"""One case of any procedure: where it stands, its events, its clocks; with waiting for the next event."""

import asyncio
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from fastapi import Header, Query, Response

from api.cases.presenters import case_out, clocks_out, etag_of, opened_out
from api.cases.routers import at_both, both_routers
from api.cases.schemas import CaseOut, ClockList, EventList, EventOut
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, Limit, RequestId, visible_case
from api.http.responses import answer, not_modified
from domain.engine.records import RecordedEvent
from domain.evidence import plain
from ledger.queries.views import CaseDetail
from procedures.share_request.delivery import is_granted

routers = both_routers()

LONGEST_WAIT = 60


@at_both(
    "GET",
    "/{request_id}",
    routers,
    response_model=CaseOut,
    summary="One case",
    responses={304: {"description": "As known"}},
)
async def show(
    request_id: RequestId,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the next event.")] = 0,
    if_none_match: Annotated[str | None, Header(max_length=400)] = None,
) -> Response:
    """Where the case stands. With `wait` the answer comes with the next event, or when the time is over."""
    case, followed = await asyncio.to_thread(_with_openings, context, caller, request_id)
    known = _tags(if_none_match) or ({etag_of(case)} if wait else set())
    if wait and etag_of(case) in known:
        await _moved(context, caller, case, wait)
        case, followed = await asyncio.to_thread(_with_openings, context, caller, request_id)
    if if_none_match is not None and (etag_of(case) in known or "*" in known):
        return not_modified(etag_of(case))
    access = None
    if is_granted(case.stage, case.outcome):
        access = await asyncio.to_thread(context.reader.access, request_id)
    shown = case_out(case, language, access, opened_out(followed, language))
    return answer(shown, language, headers={"ETag": etag_of(case)})


def _with_openings(
    context: AppContext, caller: CallerIn, request_id: str
) -> tuple[CaseDetail, Sequence[RecordedEvent]]:
    """A case that the caller may see, and what followed from it by then; blocking: one thread for both."""
    case = visible_case(context, caller, request_id)
    return case, context.reader.openings(request_id, case.seq)


async def _moved(context: AppContext, caller: CallerIn, known: CaseDetail, wait: int) -> None:
    """Wait for the case's next event, or until the time (seconds) is over."""
    ends = time.monotonic() + timedelta(seconds=wait).total_seconds()
    async with context.news.watch(known.request_id) as watch:
        case = await asyncio.to_thread(visible_case, context, caller, known.request_id)
        while case.seq == known.seq and await watch.news(ends - time.monotonic()):
            case = await asyncio.to_thread(visible_case, context, caller, known.request_id)


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()}


@at_both(
    "GET",
    "/{request_id}/events",
    routers,
    response_model=EventList,
    summary="A case's events, as the ledger holds them",
)
async def events(
    request_id: RequestId,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only events with a higher number.")] = 0,
    limit: Limit = 100,
) -> Response:
    """In order, word for word: each with the digest of the one before."""
    await asyncio.to_thread(visible_case, context, caller, request_id)
    found = await asyncio.to_thread(context.reader.events, request_id, after, limit + 1)
    items = [EventOut.model_construct(**plain(event)) for event in found[:limit]]
    more = found[limit - 1].seq if len(found) > limit else None
    return answer(EventList.model_construct(items=items, next=more), language)


@at_both("GET", "/{request_id}/clocks", routers, response_model=ClockList, summary="A case's clocks")
async def clocks(request_id: RequestId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Every limit that ran or runs, with its article and quote, or as the operator's own."""
    case = await asyncio.to_thread(visible_case, context, caller, request_id)
    return answer(ClockList.model_construct(items=clocks_out(case.clocks, language, case.statute)), language)
