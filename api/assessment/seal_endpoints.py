"""Sealed assessments (封存): a list of them, one with what has changed since, and the way to seal one."""

import asyncio
from typing import Annotated

from fastapi import Path, Response

from api.assessment.seal_schemas import SealedOut, SealIn, SealPage
from api.assessment.sealing import SEALERS, seal, seal_in_sight, seal_out, sealed_out
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, require_role
from api.guarded import Guarded
from api.http.prefix import prefixed
from api.http.responses import answer
from api.supervision.moment import SUPERVISORS, overseen
from domain.access import Caller
from domain.messages import Language

router = Guarded("/v1/assessment/seals", "assessment")

LARGEST = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=LARGEST, description="The seal's number.")]


@router.get("", response_model=SealPage, summary="Assessments that were sealed")
async def seals(
    context: ContextIn, caller: CallerIn, language: LanguageIn, limit: Limit = 50, cursor: Cursor = None
) -> Response:
    """Those of your places, the newest first; for whoever may assess."""
    require_role(caller, SUPERVISORS)
    page, following = await asyncio.to_thread(context.reader.seals.page, overseen(caller), cursor, limit)
    return answer(SealPage(items=[seal_out(each) for each in page], next=following), language)


@router.post("", status_code=201, response_model=SealedOut, summary="Seal an assessment")
async def add(body: SealIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Keep the figures of a period for good, with who, when, why and their digest. For the bureau.

    Sealed again, it is a further edition; unchanged, nothing is added, and the edition that is there is answered (200).
    """
    require_role(caller, SEALERS)
    told, new = await asyncio.to_thread(_sealed, context, caller, body, language)
    headers = {"Location": prefixed(f"/v1/assessment/seals/{told.number}")}
    return answer(told, language, status=201 if new else 200, headers=headers)


@router.get("/{number}", response_model=SealedOut, summary="A sealed assessment and what has changed since")
async def one(number: Number, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The figures as they were sealed; each that is another now, with both values and the cases that moved."""
    require_role(caller, SUPERVISORS)

    def found() -> SealedOut:
        return sealed_out(context, seal_in_sight(context, caller, number), language)

    return answer(await asyncio.to_thread(found), language)


def _sealed(context: AppContext, caller: Caller, body: SealIn, language: Language) -> tuple[SealedOut, bool]:
    made, new = seal(context, caller, body, language)
    return sealed_out(context, made, language), new
