"""The procedures, as their rules have them: what to file, who may do what, and how long it may take."""

import asyncio
from functools import lru_cache
from typing import Annotated, Final

from fastapi import Query, Response

from api.dependencies import CallerIn, LanguageIn, StatuteId
from api.guarded import Guarded
from api.http.problems import Problem
from api.http.responses import HEADERS, answer
from api.procedures.schemas import ProcedureList
from domain.messages import Language
from domain.statutes.loader import packaged_statutes
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from starter.diagram.of_procedure import picture_of
from starter.diagram.svg import draw
from starter.procedures import ProcedureTold, required, told

SVG: Final = "image/svg+xml"
KEPT: Final = 64

router = Guarded("/v1/procedures", "procedures")


@router.get("", response_model=ProcedureList, summary="The procedures")
def procedures(_: CallerIn, language: LanguageIn) -> Response:
    """Each with the schema of what is filed, its stages, its commands with roles and fields, and its limits."""
    return answer(ProcedureList.model_construct(items=[told(name, language) for name in PROCEDURES]), language)


@router.get("/{procedure}", response_model=ProcedureTold, summary="One procedure")
def procedure(procedure: ProcedureName, _: CallerIn, language: LanguageIn) -> Response:
    """The schema of what is filed, its stages, its commands with roles and fields, and its limits."""
    if procedure not in PROCEDURES:
        raise Problem(404, "not_found")
    return answer(told(procedure, language), language)


@router.get(
    "/{procedure}/diagram",
    response_class=Response,
    summary="The stages of a procedure, drawn",
    responses={200: {"content": {SVG: {"schema": {"type": "string"}}}, "description": "The drawing, an SVG"}},
)
async def diagram(
    procedure: ProcedureName,
    _: CallerIn,
    language: LanguageIn,
    statute: Annotated[StatuteId, Query(description="The text under which it is drawn.")],
) -> Response:
    """Its stages under a text, with whom each waits for, its limits, and what leads where."""
    if procedure not in PROCEDURES or statute not in required(PROCEDURES[procedure]):
        raise Problem(404, "not_found")
    drawing = await asyncio.to_thread(drawn, procedure, statute, language)
    return Response(drawing, headers={**HEADERS, "Vary": "Accept-Language"}, media_type=SVG)


@lru_cache(maxsize=KEPT)
def drawn(procedure: ProcedureName, statute: str, language: Language, bilingual: bool = True) -> str:
    """A procedure under a text as the text of an SVG. Raises KeyError where either is not there.

    ``bilingual``: its stages are named in both languages.
    """
    return draw(picture_of(PROCEDURES[procedure], packaged_statutes()[statute], language, bilingual))
