"""The worklist: what waits for the caller, and what holds cases up."""

import asyncio
from collections.abc import Iterator
from typing import Literal

from fastapi import APIRouter, Response

from api.cases.presenters import case_out
from api.cases.schemas import CasePage
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.http.problems import RESPONSES
from api.http.responses import answer
from domain.access import EVERYWHERE, OF_A_PLACE, OF_A_SUPERIOR, Caller, place_of, visibility_of
from domain.messages import Language
from domain.statutes.loader import packaged_statutes
from domain.words import Role, Stage
from ledger.queries.views import CaseFilter, Page, WorklistFilter
from procedures.assignees import SETTLING, stages_assigned_to, stages_with_extension

router = APIRouter(prefix="/v1", responses=RESPONSES)

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
    context: ContextIn, caller: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """The open cases in which it is your move, the most pressing deadline first (待办)."""
    page = await asyncio.to_thread(context.reader.worklist, waiting_for(caller), cursor, limit)
    return _page(page, language)


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


def waiting_for(caller: Caller) -> list[WorklistFilter]:
    """The stages in which cases wait for a caller, statute by statute."""
    found: list[WorklistFilter] = []
    for statute in packaged_statutes().values():
        under = frozenset({statute.id})
        here = EVERYWHERE in caller.places or place_of(statute.id) in caller.places
        for role in sorted(caller.roles):
            stages = stages_assigned_to(role, statute)
            if role in OF_A_PLACE:
                found += _of_an_organ(caller, role, stages, under, here)
            elif role in (Role.REQUESTER, Role.PROVIDER) and caller.org is not None:
                found.append(WorklistFilter(stages, under, _party(role), caller.org))
        if Role.BUREAU in caller.roles and here:
            found.append(WorklistFilter(stages_with_extension(statute), under, extension_asked=True))
    return [each for each in found if each.stages]


def _of_an_organ(
    caller: Caller, role: Role, stages: frozenset[Stage], under: frozenset[str], here: bool
) -> Iterator[WorklistFilter]:
    """Its own place's cases; but where a case names a superior, that place's organs alone coordinate and decide it."""
    settling = stages & SETTLING if role in OF_A_SUPERIOR else frozenset[Stage]()
    if EVERYWHERE in caller.places:
        yield WorklistFilter(stages, under)
        return
    if here:
        yield WorklistFilter(stages - settling, under)
        yield WorklistFilter(settling, under, superiors=frozenset())
    if settling and caller.places:
        yield WorklistFilter(settling, under, superiors=caller.places)


def _party(role: Role) -> Literal["requester", "provider"]:
    return "requester" if role is Role.REQUESTER else "provider"
