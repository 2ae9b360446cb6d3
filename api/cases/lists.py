"""Lists of cases: what narrows them, and a page with the way to the next."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from api.cases.presenters import case_out
from api.cases.schemas import CasePage
from api.context import AppContext
from api.dependencies import CallerIn, StatuteId
from api.http.prefix import own_path, prefixed
from api.http.responses import answer, link_next
from domain.access import visibility_of
from domain.field_types import Code
from domain.messages import Language
from domain.words import Outcome, Stage
from ledger.queries.views import CaseFilter


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
    stuck: Annotated[bool, Query(description="Only overdue cases and those that the engine holds up.")] = False,
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
        visibility=visibility_of(caller),
    )


Narrowed = Annotated[CaseFilter, Depends(narrowed)]


async def page_of(
    request: Request, context: AppContext, language: Language, wanted: CaseFilter, limit: int, cursor: str | None
) -> Response:
    """One page of a list of cases, with the way to the next."""
    page = await asyncio.to_thread(context.reader.cases, wanted, cursor, limit)
    items = [case_out(case, language) for case in page.cases]
    headers = {}
    if page.next is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(prefixed(own_path(request.scope)), urlencode([*kept, ("cursor", page.next)]))
    return answer(CasePage.model_construct(items=items, next=page.next), language, headers=headers)
