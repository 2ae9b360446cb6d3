"""Disputes (争议): the open cases in which departments differ, whoever is to settle them."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import Request, Response

from api.cases.presenters import case_out
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit
from api.disputes.schemas import DisputeOut, DisputePage, NextInstanceOut, PositionOut
from api.disputes.standing import (
    Position,
    instance_of,
    next_instance,
    places,
    positions,
    rounds,
    running,
    since,
)
from api.guarded import Guarded
from api.http.prefix import own_path, prefixed
from api.http.responses import answer, link_next
from domain.access import Caller, visibility_of
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from ledger.queries.disputing import DisputedCase

router = Guarded("/v1/disputes", "disputes")


@router.get("", response_model=DisputePage, summary="Disputes that are yours to see")
async def list_(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """Open cases in negotiation, in coordination or before whoever decides last, the soonest due first."""
    found, following = await asyncio.to_thread(disputes_of, context, caller, cursor, limit)
    items = [dispute_out(each, language) for each in found]
    headers = {}
    if following is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(prefixed(own_path(request.scope)), urlencode([*kept, ("cursor", following)]))
    return answer(DisputePage.model_construct(items=items, next=following), language, headers=headers)


def disputes_of(
    context: AppContext, caller: Caller, cursor: str | None, limit: int
) -> tuple[Sequence[DisputedCase], str | None]:
    """A page of disputes that a caller may see, and the cursor of the next; blocking. Raises BadCursor."""
    return context.reader.disputed_cases(visibility_of(caller), places(), cursor, limit)


def dispute_out(dispute: DisputedCase, language: Language) -> DisputeOut:
    """What is shown of a dispute."""
    statute = packaged_statutes()[dispute.case.statute]
    instance, clock = instance_of(dispute, statute), running(dispute)
    return DisputeOut.model_construct(
        case=case_out(dispute.case, language),
        instance=instance.value,
        instance_label=label("stage", instance, language),
        since=since(dispute),
        rounds=rounds(dispute),
        due_date=clock.due_date if clock else None,
        positions=[_position(each, language) for each in positions(dispute)],
        next_instance=_next(dispute, statute, language),
    )


def _position(position: Position, language: Language) -> PositionOut:
    return PositionOut.model_construct(
        role=position.role,
        role_label=label("role", position.role, language),
        at=position.event.at,
        event=position.event.type.value,
        event_label=label("event", position.event.type, language),
        said=dict(position.said),
    )


def _next(dispute: DisputedCase, statute: Statute, language: Language) -> NextInstanceOut | None:
    found = next_instance(dispute, statute)
    if found is None:
        return None
    return NextInstanceOut(
        instance=found.step.value,
        instance_label=label("stage", found.step, language),
        body=found.body.name.zh if language == "zh" else found.body.name.en,
        article=found.clause.article,
        quote=found.clause.quote,
        statute=found.clause.statute or statute.id,
        necessity=found.necessity,
    )
