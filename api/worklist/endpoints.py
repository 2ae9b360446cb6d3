"""The worklist: what waits for the caller, and what holds cases up."""

import asyncio
from typing import Annotated

from fastapi import Query, Response

from api.cases.presenters import case_out
from api.cases.schemas import CasePage
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.guarded import Guarded
from api.http.responses import answer
from api.worklist import division
from domain.access import Caller, visibility_of
from domain.messages import Language
from domain.words import Role
from ledger.queries.views import CaseFilter, Page

router = Guarded("/v1")

OVERSEERS = (Role.OPERATOR, Role.BUREAU, Role.AUDITOR)
"""Who looks after cases that nobody moves."""


@router.get(
    "/worklist",
    response_model=CasePage,
    summary="What waits for you",
    tags=["worklist"],
    operation_id="desk_mine",  # what generated clients call it already
)
async def mine(
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    of: Annotated[
        division.Tab, Query(description="Yours, your department's, or what nobody there does.")
    ] = "department",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The open cases in which it is your move, the most pressing deadline first (待办).

    `of=mine`: those of them that you claimed, or somebody for whom you stand in today; `of=unclaimed`: nobody.
    """
    return answer(await asyncio.to_thread(_worklist, context, caller, language, of, cursor, limit), language)


@router.get(
    "/stuck",
    response_model=CasePage,
    summary="What nobody moves",
    tags=["worklist"],
    operation_id="desk_stuck",  # likewise
)
async def stuck(
    context: ContextIn, caller: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Cases parked by the engine with a reason, and cases with a breached clock. For operators, bureau, audit."""
    require_role(caller, OVERSEERS)
    wanted = CaseFilter(stuck=True, visibility=visibility_of(caller))
    page = await asyncio.to_thread(context.reader.cases, wanted, cursor, limit)
    return _page(page, language)


def _page(page: Page, language: Language) -> Response:
    items = [case_out(case, language) for case in page.cases]
    return answer(CasePage.model_construct(items=items, next=page.next), language)


def _worklist(
    context: AppContext, caller: Caller, language: Language, tab: division.Tab, cursor: str | None, limit: int
) -> CasePage:
    page = division.tab_of_worklist(context, caller, tab, cursor, limit)
    claims = division.claims_out(context, caller, page.cases)
    items = [case_out(case, language, claim=claims.get(case.request_id)) for case in page.cases]
    return CasePage.model_construct(items=items, next=page.next)
