"""Requests: file, list. And every case: read, wait for the next event."""

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Header, Query, Request, Response

from domain.access import Caller, may_file, visibility_of
from domain.evidence import plain
from domain.field_types import Code
from domain.messages import Language
from domain.procedures.share_request.filing import as_requester
from domain.words import Outcome, ProcedureName, Stage
from ledger.queries.views import CaseDetail, CaseFilter
from starter.api.cases.idempotency import engine_key
from starter.api.cases.presenters import as_of, case_out, clocks_out, etag_of, opened_out, path_of
from starter.api.cases.routers import REQUESTS as router
from starter.api.cases.routers import at_both
from starter.api.cases.schemas import CaseOut, CasePage, ClockList, EventList, EventOut, FilingIn, Key
from starter.api.context import AppContext
from starter.api.dependencies import CallerIn, Cursor, DoorIn, LanguageIn, Limit, RequestId, StatuteId, visible_case
from starter.api.http.prefix import own_path, prefixed
from starter.api.http.problems import Problem
from starter.api.http.responses import answer, link_next, not_modified
from starter.api.requests.filing import parties_of_filing, place_of_filing
from starter.case_opening import Played
from starter.engine_client import FiledCase

LONGEST_WAIT = 60


@router.post("", status_code=201, response_model=CaseOut, summary="File a request")
async def file(
    body: FilingIn,
    door: DoorIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Annotated[Key, Header(description="Yours: the same key files once.")],
) -> Response:
    """File a request (提出申请). Answers when it stands in the ledger: the case, its first clock, who holds it.

    The same key with the same body answers as the first time; with another body it is refused.
    """
    return await file_request(body, door, caller, language, idempotency_key)


async def file_request(
    body: FilingIn, door: AppContext, caller: Caller, language: Language, idempotency_key: str
) -> Response:
    """File a request that came in at any address. Raises Problem 403 for another department's request."""
    place = place_of_filing(body, caller, language)
    parties = parties_of_filing(body, place)
    if parties.requester is not None and not may_file(caller, parties):
        raise Problem(403, "not_a_party")
    key = engine_key(caller, idempotency_key)
    filed = await door.client.open(
        ProcedureName.SHARE_REQUEST,
        body.statute,
        body.request,
        as_requester(body.request, caller.subject),
        key,
        received_at=door.receipt(),
        played=Played(door.shift()),
        jurisdiction=place,
    )
    return await as_created(door, filed, language)


async def as_created(door: AppContext, filed: FiledCase, language: Language) -> Response:
    """The answer to a filing: the case as it left it, and where it stands."""
    case = await asyncio.to_thread(_as_filed, door, filed)
    headers = {"Location": path_of(case), "ETag": etag_of(case)}
    if filed.repeated:
        headers["Idempotency-Replayed"] = "true"
    # Only a filing that ends its case at once has led to another by then.
    followed = await asyncio.to_thread(door.reader.openings, case.request_id, case.seq) if case.outcome else ()
    return answer(case_out(case, language, opens=opened_out(followed, language)), language, 201, headers)


def _as_filed(door: AppContext, filed: FiledCase) -> CaseDetail:
    """The case as its filing left it, whatever has happened since."""
    return as_of(door.reader, door.client.get(filed.case.request_id), filed.events)


async def narrowed(
    caller: CallerIn,
    stage: Stage | None = None,
    outcome: Outcome | None = None,
    statute: Annotated[
        StatuteId | None, Query(description="Such as `nantong-2020+809`, the `+` encoded as `%2B`.")
    ] = None,
    requester: Code | None = None,
    provider: Code | None = None,
    open: Annotated[bool | None, Query(description="Only cases that are not closed, or only closed ones.")] = None,
    overdue: Annotated[bool, Query(description="Only cases with a breached clock.")] = False,
    stuck: Annotated[bool, Query(description="Only overdue cases and those that the machinery holds up.")] = False,
) -> CaseFilter:
    """Which of the cases that are the caller's to see are asked for."""
    return CaseFilter(
        stage=stage,
        outcome=outcome,
        statute=statute,
        requester=requester,
        provider=provider,
        open=open,
        breached=overdue,
        stuck=stuck,
        sight=visibility_of(caller),
    )


Narrowed = Annotated[CaseFilter, Depends(narrowed)]


@router.get("", response_model=CasePage, summary="List the share requests that are yours to see")
async def list_(
    request: Request, door: DoorIn, language: LanguageIn, asked: Narrowed, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The latest filing first. Walking the cursors shows each case that was there at the start exactly once."""
    wanted = replace(asked, procedure=ProcedureName.SHARE_REQUEST)
    return await page_of(request, door, language, wanted, limit, cursor)


async def page_of(
    request: Request, door: AppContext, language: Language, wanted: CaseFilter, limit: int, cursor: str | None
) -> Response:
    """One page of a list of cases, with the way to the next."""
    page = await asyncio.to_thread(door.reader.cases, wanted, cursor, limit)
    items = [case_out(case, language) for case in page.cases]
    headers = {}
    if page.next is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(prefixed(own_path(request.scope)), urlencode([*kept, ("cursor", page.next)]))
    return answer(CasePage.model_construct(items=items, next=page.next), language, headers=headers)


@at_both(
    "GET", "/{request_id}", response_model=CaseOut, summary="One case", responses={304: {"description": "As known"}}
)
async def show(
    request_id: RequestId,
    door: DoorIn,
    caller: CallerIn,
    language: LanguageIn,
    wait: Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the next event.")] = 0,
    if_none_match: Annotated[str | None, Header(max_length=400)] = None,
) -> Response:
    """Where the case stands. With `wait` the answer comes with the next event, or when the time is over."""
    case = await asyncio.to_thread(visible_case, door, caller, request_id)
    known = _tags(if_none_match) or ({etag_of(case)} if wait else set())
    if wait and etag_of(case) in known:
        case = await _moved(door, caller, case, wait)
    if if_none_match is not None and (etag_of(case) in known or "*" in known):
        return not_modified(etag_of(case))
    access = None
    if case.outcome is Outcome.GRANTED or case.stage is Stage.DELIVERY:
        access = await asyncio.to_thread(door.reader.access, request_id)
    followed = await asyncio.to_thread(door.reader.openings, request_id, case.seq)
    shown = case_out(case, language, access, opened_out(followed, language))
    return answer(shown, language, headers={"ETag": etag_of(case)})


async def _moved(door: AppContext, caller: CallerIn, known: CaseDetail, wait: int) -> CaseDetail:
    """The case after its next event, or as it is known when the time (seconds) is over."""
    ends = time.monotonic() + timedelta(seconds=wait).total_seconds()
    async with door.news.watch(known.request_id) as watch:
        case = await asyncio.to_thread(visible_case, door, caller, known.request_id)
        while case.seq == known.seq and await watch.news(ends - time.monotonic()):
            case = await asyncio.to_thread(visible_case, door, caller, known.request_id)
        return case


def _tags(header: str | None) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",") if tag.strip()}


@at_both("GET", "/{request_id}/events", response_model=EventList, summary="A case's events, as the ledger holds them")
async def events(
    request_id: RequestId,
    door: DoorIn,
    caller: CallerIn,
    language: LanguageIn,
    after: Annotated[int, Query(ge=0, le=2**31 - 1, description="Only events with a higher number.")] = 0,
    limit: Limit = 100,
) -> Response:
    """In order, word for word: each with the digest of the one before."""
    await asyncio.to_thread(visible_case, door, caller, request_id)
    found = await asyncio.to_thread(door.reader.events, request_id, after, limit + 1)
    items = [EventOut.model_construct(**plain(event)) for event in found[:limit]]
    more = found[limit - 1].seq if len(found) > limit else None
    return answer(EventList.model_construct(items=items, next=more), language)


@at_both("GET", "/{request_id}/clocks", response_model=ClockList, summary="A case's clocks")
async def clocks(request_id: RequestId, door: DoorIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Every limit that ran or runs, with its article and quote, or as the operator's own."""
    case = await asyncio.to_thread(visible_case, door, caller, request_id)
    return answer(ClockList.model_construct(items=clocks_out(case.clocks, language, case.statute)), language)
