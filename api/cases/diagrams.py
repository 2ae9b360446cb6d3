"""The stages of a case's procedure under its text, drawn, with the present one marked."""

import asyncio
from functools import lru_cache

from fastapi import Request, Response

from api.cases.routers import at_both, both_routers
from api.dependencies import CallerIn, RequestId, asked_of, visible_case
from domain.messages import Language
from domain.rule_texts import KNOWN
from domain.words import ProcedureName, Stage
from ledger.queries.views import CaseDetail
from procedures.registry import PROCEDURES
from starter.diagram.of_procedure import picture_of
from starter.diagram.svg import draw

routers = both_routers()
SVG = "image/svg+xml"
HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Vary": "Accept-Language",
}


@at_both(
    "GET",
    "/{request_id}/diagram",
    routers,
    response_class=Response,
    responses={200: {"content": {SVG: {"schema": {"type": "string"}}}, "description": "The picture"}},
    summary="The stages, drawn",
)
async def drawing(request_id: RequestId, request: Request, caller: CallerIn) -> Response:
    """The procedure under the case's text as an SVG that stands by itself; the present stage is marked."""
    context, language = asked_of(request)
    case = await asyncio.to_thread(visible_case, context, caller, request_id)
    return Response(await asyncio.to_thread(drawn, case, language), headers=HEADERS, media_type=SVG)


def drawn(case: CaseDetail, language: Language, bilingual: bool = True) -> str:
    """The picture of a case's procedure, with where it stands; ``bilingual``: its stages named in both languages."""
    return _drawn(ProcedureName(case.procedure), case.statute_digest, case.stage, language, bilingual)


# Many cases stand in the same stage of the same procedure.
@lru_cache(maxsize=256)
def _drawn(procedure: ProcedureName, statute: str, stage: Stage, language: Language, bilingual: bool) -> str:
    return draw(picture_of(PROCEDURES[procedure], KNOWN.statute(statute), language, bilingual), stage)
