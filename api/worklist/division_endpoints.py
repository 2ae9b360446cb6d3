"""Claiming, releasing and handing over cases within a department, and standing in for absent colleagues."""

import asyncio
from typing import Annotated

from fastapi import Path, Response

from api.cases.schemas import ClaimOut
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, RequestId
from api.guarded import Guarded
from api.http.responses import HEADERS, answer
from api.worklist import division
from api.worklist.schemas import (
    DeedList,
    DeedOut,
    HandOverIn,
    StandInIn,
    StandInList,
    StandInOut,
)
from background.turns import unit_of
from domain.access import Caller, visibility_of
from domain.messages import Language, label
from ledger.queries.desk import CaseClaim, StandIn
from starter.errors import NotFound

router = Guarded("/v1/worklist", "worklist")
LAST = 100
"""So many things that somebody did are shown."""


@router.get("/done", response_model=DeedList, summary="What you did")
async def done(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The last things that you did in cases that are yours to see, the newest first; a hundred at most."""
    items = await asyncio.to_thread(deeds_out, context, caller, language)
    return answer(DeedList.model_construct(items=items), language)


def deeds_out(context: AppContext, caller: Caller, language: Language) -> list[DeedOut]:
    """What a caller did; blocking."""
    return [
        DeedOut.model_construct(
            request_id=deed.request_id,
            procedure=deed.procedure,
            procedure_label=label("procedure", deed.procedure, language),
            resource=deed.resource_name,
            stage=deed.stage,
            stage_label=label("stage", deed.stage, language),
            at=deed.at,
            event=deed.type,
            event_label=label("event", deed.type, language),
        )
        for deed in context.reader.deeds(caller.subject, caller.org, visibility_of(caller), LAST)
    ]


@router.post("/{request_id}/claim", response_model=ClaimOut, summary="CaseClaim a case")
async def claim(request_id: RequestId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Say to your department that you do this case (认领). One gets it; all others are told who has it (409).

    An internal division of work: it restricts nobody who may act in the case.
    """
    found = await division.claim(context, caller, request_id, language)
    return answer(await _claim_out(context, caller, found), language)


@router.post("/{request_id}/release", status_code=204, response_class=Response, summary="Release a case")
async def release(request_id: RequestId, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Give a case back that you have, or a colleague for whom you stand in today; done already, nothing changes."""
    await division.release(context, caller, request_id, language)
    return Response(status_code=204, headers=HEADERS)


@router.post("/{request_id}/hand-over", response_model=ClaimOut, summary="Hand a case over")
async def hand_over(
    request_id: RequestId, body: HandOverIn, context: ContextIn, caller: CallerIn, language: LanguageIn
) -> Response:
    """Hand a case over to a named colleague of your department, with the reason (转交).

    `holder` is who has it as you know: where it is somebody else by now, nothing changes and he is named (409).
    """
    found = await division.hand_over(context, caller, request_id, body, language)
    return answer(await _claim_out(context, caller, found), language)


async def _claim_out(context: AppContext, caller: Caller, found: CaseClaim) -> ClaimOut:
    mine = await asyncio.to_thread(division.on_behalf_of, context, caller)
    return division.claim_out(found, mine)


@router.get("/substitutes", response_model=StandInList, summary="Who stands in for whom")
async def substitutes(context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The stand-ins of your department that are not over (替岗)."""
    division.require_division(caller)
    found = await asyncio.to_thread(context.reader.stand_ins, unit_of(caller), division.today(context))
    return answer(StandInList(items=[_stand_in_out(each) for each in found]), language)


@router.post("/substitutes", response_model=StandInOut, status_code=201, summary="Have a colleague stand in")
async def substitute(body: StandInIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """Have a colleague do the cases of an absent one, from a day to another, within your department (替岗).

    He sees them among his own, as far as his own roles reach, and can release and hand them over.
    """
    made = await asyncio.to_thread(division.stand_in, context, caller, body)
    return answer(_stand_in_out(made), language, status=201)


@router.delete("/substitutes/{id}", status_code=204, response_class=Response, summary="End a stand-in")
async def end_substitute(
    id: Annotated[int, Path(ge=1, le=2**63 - 1)], context: ContextIn, caller: CallerIn
) -> Response:
    """End a stand-in of your department now."""
    division.require_division(caller)
    unit, by = unit_of(caller), caller.subject
    if not await asyncio.to_thread(context.writer.end_stand_in, unit, id, by):
        raise NotFound(f"There is no stand-in {id}.")
    return Response(status_code=204, headers=HEADERS)


def _stand_in_out(each: StandIn) -> StandInOut:
    return StandInOut.model_validate(each, from_attributes=True)
