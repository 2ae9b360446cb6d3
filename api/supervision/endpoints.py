"""Supervision (监督): how many open cases stand where, and exactly which."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.cases.presenters import case_out
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.prefix import own_path, prefixed
from api.http.responses import answer, link_next
from api.supervision.figures import figures
from api.supervision.moment import SUPERVISORS, moment_of, overseen
from api.supervision.schemas import ChosenIn, SupervisedPage, SupervisionOut
from domain.access import Caller
from ledger.queries.supervising import Chosen
from ledger.queries.views import Page

router = Guarded("/v1/supervision", "supervision")


class ChosenPageIn(ChosenIn):
    """Which cases, and which page of them."""

    limit: Annotated[int, Query(ge=1, le=500, description="How many rows at most.")] = 50
    cursor: Annotated[str | None, Query(max_length=400, description="The `next` of the page before.")] = None


@router.get("", response_model=SupervisionOut, summary="How many open cases stand where")
async def numbers(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Open cases by stage, light, department, text, procedure, age and rung, coming ends of limits, and duties.

    For bureau, leading group, government and audit: the cases of their places. Each number names the way to its cases.
    """
    require_role(caller, SUPERVISORS)
    return answer(await asyncio.to_thread(figures, context, caller, language), language)


@router.get("/cases", response_model=SupervisedPage, summary="The cases that a number of the supervision counts")
async def cases(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    asked: Annotated[ChosenPageIn, Query()],
) -> Response:
    """Exactly the cases that a number counts, the soonest due first; for the same roles."""
    require_role(caller, SUPERVISORS)
    total, page = await asyncio.to_thread(chosen_page, context, caller, asked.chosen(), asked.cursor, asked.limit)
    items = [case_out(case, language) for case in page.cases]
    headers = {}
    if page.next is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(prefixed(own_path(request.scope)), urlencode([*kept, ("cursor", page.next)]))
    told = SupervisedPage.model_construct(total=total, items=items, next=page.next)
    return answer(told, language, headers=headers)


def chosen_page(
    context: AppContext, caller: Caller, chosen: Chosen, cursor: str | None, limit: int
) -> tuple[int, Page]:
    """How many of the cases that a caller supervises are chosen, and a page of them; blocking. Raises BadCursor."""
    return context.reader.chosen_cases(overseen(caller), moment_of(context), chosen, cursor, limit)
