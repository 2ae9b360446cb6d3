"""The procedures, as their rules have them: what to file, who may do what, and how long it may take."""

from fastapi import APIRouter, Response

from api.dependencies import CallerIn, LanguageIn
from api.http.problems import RESPONSES, Problem
from api.http.responses import answer
from api.procedures.schemas import ProcedureList
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from starter.procedures import ProcedureTold, told

router = APIRouter(prefix="/v1/procedures", tags=["procedures"], responses=RESPONSES)


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
