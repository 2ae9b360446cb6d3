"""Share requests: file, list. How one is read and driven stands with the cases of every procedure."""

from dataclasses import replace
from typing import Annotated

from fastapi import Header, Request, Response

from api.cases.created import as_created
from api.cases.filing import place_of_filing
from api.cases.filing_schemas import FilingIn
from api.cases.idempotency import Key, engine_key
from api.cases.lists import Narrowed, page_of
from api.cases.routers import requests_router
from api.cases.schemas import CaseOut, CasePage
from api.cases.share_requests import PROCEDURE, open_request, refuse_unless_theirs
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, asked_of
from domain.access import Caller
from domain.messages import Language

router = requests_router()


@router.post("", status_code=201, response_model=CaseOut, summary="File a request")
async def file(
    body: FilingIn,
    request: Request,
    caller: CallerIn,
    idempotency_key: Annotated[Key, Header(description="Yours: the same key files once.")],
) -> Response:
    """File a request (提出申请). Answers when it stands in the ledger: the case, its first clock, who holds it.

    The same key with the same body answers as the first time; with another body it is refused.
    """
    context, language = asked_of(request)
    return await file_request(body, context, caller, language, idempotency_key)


async def file_request(
    body: FilingIn, context: AppContext, caller: Caller, language: Language, idempotency_key: str
) -> Response:
    """File a request that came in at any address. Raises Problem 403 for another department's request."""
    place = place_of_filing(body, caller, language)
    refuse_unless_theirs(caller, body, place)
    filed = await open_request(context, caller, body, place, engine_key(caller, idempotency_key))
    return await as_created(context, filed, language)


@router.get("", response_model=CasePage, summary="List the share requests that are yours to see")
async def list_(
    request: Request,
    context: ContextIn,
    language: LanguageIn,
    asked: Narrowed,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The latest filing first. Walking the cursors shows each case that was there at the start exactly once."""
    wanted = replace(asked, procedure=PROCEDURE)
    return await page_of(request, context, language, wanted, limit, cursor)
