"""Cases of every procedure: open, list."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from fastapi import Header, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from api.cases.created import as_created
from api.cases.filing import place_of_filing
from api.cases.filing_schemas import FilingIn
from api.cases.idempotency import Key, engine_key
from api.cases.lists import Narrowed, page_of
from api.cases.request_endpoints import file_request
from api.cases.routers import REQUESTS, cases_router
from api.cases.schemas import CaseOut, CasePage, OpeningIn
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit
from api.http.problems import Problem
from domain.access import Caller, Parties, opens_as
from domain.engine.filed import Filed
from domain.engine.procedure import Procedure
from domain.engine.records import Actor
from domain.field_types import Code
from domain.messages import Language
from domain.refusal_codes import RefusalCode
from domain.words import ProcedureName, Role
from procedures.registry import PROCEDURES
from protocol.opening import Played
from starter.case_opening import matter_parties, refuse_unopenable
from starter.errors import RequestRefused
from starter.in_force import text_in_force

router = cases_router()

Said = TypeVar("Said", bound=BaseModel)


@router.post("", status_code=201, response_model=CaseOut, summary="Open a case of any procedure")
async def open_(
    body: OpeningIn,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    idempotency_key: Annotated[Key, Header(description="Yours: the same key opens once.")],
) -> Response:
    """Open a case (立项). Answers when it stands in the ledger: the case, its first clocks, who holds it.

    What to say under `request`, and who may open what, is told by `GET /v1/procedures`. A duty of a department in a
    period is one case, whoever opens it and with whatever key: whoever opens it again is answered with it.
    """
    procedure = PROCEDURES.get(body.procedure)
    if procedure is None:
        raise RequestRefused(RefusalCode.PROCEDURE_NOT_AVAILABLE, None, body.statute or body.jurisdiction or "")
    if body.as_role is not None:
        caller = replace(caller, roles=caller.roles & {body.as_role})
    if procedure.path == REQUESTS:
        said = {"statute": body.statute, "jurisdiction": body.jurisdiction, "request": body.request}
        return await file_request(_usable(FilingIn, said), context, caller, language, idempotency_key)
    matter: Filed = _usable(procedure.matter, body.request, "request")
    key = engine_key(caller, idempotency_key)
    statute = body.statute or await _text_of(context, place_of_filing(body, caller, language) or "", key)
    return await _open(procedure, statute, matter, context, caller, language, key)


async def _text_of(context: AppContext, place: str, key: str) -> str:
    return await asyncio.to_thread(text_in_force, context.reader, place, key, context.receipt() or datetime.now(UTC))


async def _open(
    procedure: Procedure[Any],
    statute: str,
    matter: Filed,
    context: AppContext,
    caller: Caller,
    language: Language,
    key: str,
) -> Response:
    parties = matter_parties(procedure.name, statute, matter)
    role = _opening_role(caller, procedure.opened_by, parties)
    if role is None:
        # Whoever does not say for which department it acts is told all that is missing.
        refuse_unopenable(procedure.name, statute, matter, context.client.policy)
        raise Problem(403, "not_a_party")
    filed = await context.client.open(
        procedure.name,
        statute,
        matter,
        Actor(role=role, org=caller.org, person=caller.subject),
        key,
        received_at=context.receipt(),
        places=caller.places,
        played=Played(context.shift()),
    )
    return await as_created(context, filed, language)


def _usable(kind: type[Said], said: dict[str, Any], *where: str) -> Said:
    """What is filed. Raises RequestValidationError with the paths, below ``where``, of what cannot be used."""
    try:
        return kind.model_validate(said)
    except ValidationError as error:
        found = error.errors(include_url=False)
        raise RequestValidationError([{**each, "loc": ("body", *where, *each["loc"])} for each in found]) from None


def _opening_role(caller: Caller, may: Sequence[Role], parties: Parties) -> Role | None:
    """In which of its roles a caller opens a case; None where it has the role and is not that party.

    Raises Problem 403 when it has none that may, 422 when it has several and does not say which.
    """
    if not caller.roles & set(may):
        raise Problem(403, "not_your_turn")
    able = [role for role in may if opens_as(caller, role, parties)]
    if len(able) > 1:
        raise Problem(422, "role_ambiguous", errors=[{"path": "as", "reason": ", ".join(able)}])
    return able[0] if able else None


@router.get("", response_model=CasePage, summary="List the cases that are yours to see")
async def list_(
    request: Request,
    context: ContextIn,
    language: LanguageIn,
    asked: Narrowed,
    procedure: ProcedureName | None = None,
    resource: Code | None = None,
    opened_by: Annotated[Code | None, Query(description="Only cases that follow from this one (its id).")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Of every procedure, the latest first; otherwise as the list of requests."""
    wanted = replace(asked, procedure=procedure, resource=resource, opened_by=opened_by)
    return await page_of(request, context, language, wanted, limit, cursor)
