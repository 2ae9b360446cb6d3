"""The law as data: statutes, and deadlines by the calendar of working days."""

import asyncio
from typing import Annotated, Any

from fastapi import Query, Response

from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn
from api.guarded import Guarded
from api.http.problems import Problem
from api.http.responses import answer
from api.law.catalogue import resources_of
from api.law.clauses import clause_list
from api.law.schemas import ClauseList, DueOut, ResourceList, StatuteBrief, StatuteList
from domain.calendar import CalendarError, end_of
from domain.field_types import Code, Day
from domain.statutes.loader import digest, packaged_overlays, packaged_statutes
from domain.statutes.model import Statute
from starter.failures import ledger_answers
from starter.overlaid import overlay_json

router = Guarded("/v1", "law")

Amount = Annotated[int | None, Query(ge=1, le=9_999_999)]


@router.get("/calendar/due", response_model=DueOut, summary="When a limit ends")
def due(
    context: ContextIn,
    _: CallerIn,
    language: LanguageIn,
    from_: Annotated[Day, Query(alias="from", description="The day of the start event: day 0.")],
    working_days: Amount = None,
    months: Amount = None,
    as_known_on: Annotated[Day | None, Query(description="With the notices known on that day; all by default.")] = None,
) -> Response:
    """The last day of a limit of working days or months, counted from a day, and the instant at which it ends."""
    if (working_days is None) == (months is None):
        reason = "give either working_days or months" if language == "en" else "working_days 与 months 须且只须给出一个"
        raise Problem(422, "invalid", errors=[{"path": "query.working_days", "reason": reason}])
    try:
        with ledger_answers():
            days = context.calendar_store.now().as_known_on(as_known_on)
        if working_days is not None:
            found = days.due(from_, working_days, "working_day")
        else:
            found = days.due(from_, months or 0, "month")
    except CalendarError as error:
        raise Problem(422, "invalid", detail=str(error)) from None
    told = DueOut(
        due_date=found.due_date,
        due_at=end_of(found.due_date),
        provisional=found.provisional,
        editions=list(found.editions),
    )
    return answer(told, language)


@router.get("/statutes", response_model=StatuteList, summary="The statutes that requests can be filed under")
def statutes(_: CallerIn, language: LanguageIn) -> Response:
    """Every regulation that is kept here as data, with the digest of that data."""
    return answer(StatuteList(items=[brief_of(statute) for statute in packaged_statutes().values()]), language)


@router.get("/statutes/{statute_id}", response_model=dict[str, Any], summary="One statute, whole")
def statute(statute_id: str, _: CallerIn) -> dict[str, Any]:
    """Every limit, duty, route and instance, with its article and a verbatim quote.

    Of a local text under a regulation above it, `overlay` tells for each part what stands, in whose place, and why.
    """
    found = packaged_statutes().get(statute_id)
    if found is None:
        raise Problem(404, "unknown_statute", details={"statute": statute_id, "known": ", ".join(packaged_statutes())})
    overlaid = packaged_overlays().get(statute_id)
    over = {"overlay": overlay_json(overlaid)} if overlaid else {}
    return {**found.model_dump(mode="json", exclude_none=True), **over, "digest": digest(found)}


@router.get("/statutes/{statute_id}/clauses", response_model=ClauseList, summary="One statute, clause by clause")
async def clauses(
    statute_id: str,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    article: Annotated[str | None, Query(pattern=r"^[0-9]{1,3}$", description="One article alone, with cases.")] = None,
    of: Annotated[str | None, Query(max_length=64, description="Whose article, of a text under one above.")] = None,
) -> Response:
    """Each clause that rules something: its words, what carries it out, and how many cases in your sight cite it.

    With `article` also the functions that carry it out, and the cases that cite it.
    """
    found = await asyncio.to_thread(clause_list, context, caller, statute_id, article, of, language)
    return answer(found, language)


@router.get("/resources", response_model=ResourceList, summary="The resources that are known from cases")
async def resources(
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    code: Annotated[Code | None, Query(description="One resource alone.")] = None,
    cursor: Cursor = None,
) -> Response:
    """Each resource with its sharing class, by the newest case in your sight; and entries that changes submitted."""
    return answer(await asyncio.to_thread(resources_of, context, caller, code, cursor, language), language)


def brief_of(statute: Statute) -> StatuteBrief:
    """A statute at a glance."""
    return StatuteBrief(
        id=statute.id,
        title={"zh": statute.title.zh, "en": statute.title.en},
        document=statute.document,
        jurisdiction={"zh": statute.jurisdiction.zh, "en": statute.jurisdiction.en},
        status=statute.status,
        in_force_from=statute.in_force_from,
        digest=digest(statute),
    )
