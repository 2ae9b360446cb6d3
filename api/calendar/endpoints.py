"""The calendar of working days (工作日历) over HTTP: years, limits day by day, notices, and new editions."""

import asyncio
from datetime import date
from typing import Annotated

from fastapi import Path, Query, Response

from api.calendar.publishing import PUBLISHERS, impact_out, publication_out, publish, read, told
from api.calendar.schemas import (
    CalendarYearOut,
    EditionIn,
    ExplainedDueOut,
    ImpactOut,
    KnownNoticeOut,
    NoticeList,
    PreviewedEditionIn,
    PublicationOut,
)
from api.calendar.years import explained, notice_out, year_out
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, acting, require_role
from api.guarded import Guarded
from api.http.problems import Problem
from api.http.responses import answer
from api.law.endpoints import Amount
from domain.calendar import Calendar, CalendarError, Unit
from domain.field_types import Day
from domain.messages import Language
from starter.failures import ledger_answers

router = Guarded("/v1/calendar", "calendar")

KnownOn = Annotated[Day | None, Query(description="With the notices known on that day; all by default.")]
UPLOADED = "edition.json"


@router.get("/years/{year}", response_model=CalendarYearOut, summary="A year, day by day")
async def year(
    year: Annotated[int, Path(ge=1, le=9999)],
    context: ContextIn,
    _: CallerIn,
    language: LanguageIn,
    as_known_on: KnownOn = None,
) -> Response:
    """Each day with why it is a working day or none, and the notices behind them (放假安排)."""
    calendar = await asyncio.to_thread(calendar_now, context)
    try:
        return answer(year_out(calendar, year, as_known_on, language), language)
    except CalendarError as error:
        raise Problem(422, "invalid", detail=str(error)) from None


@router.get("/explain", response_model=ExplainedDueOut, summary="When a limit ends, day by day")
async def explain(
    context: ContextIn,
    _: CallerIn,
    language: LanguageIn,
    from_: Annotated[Day, Query(alias="from", description="The day of the start event: day 0.")],
    working_days: Amount = None,
    months: Amount = None,
    as_known_on: KnownOn = None,
) -> Response:
    """The last day of a limit of working days or months, and of each day on the way why it counts or not (逐日说明).

    At most 3,660 days are explained.
    """
    calendar = await asyncio.to_thread(calendar_now, context)
    return answer(explained_of(calendar, from_, working_days, months, as_known_on, language), language)


MOST_DAYS = 3660


def explained_of(
    calendar: Calendar,
    start: date,
    working_days: int | None,
    months: int | None,
    known_on: date | None,
    language: Language,
) -> ExplainedDueOut:
    """The end of a limit day by day. Raises Problem 422."""
    if (working_days is None) == (months is None):
        reason = "give either working_days or months" if language == "en" else "working_days 与 months 须且只须给出一个"
        raise Problem(422, "invalid", errors=[{"path": "query.working_days", "reason": reason}])
    unit: Unit = "working_day" if months is None else "month"
    amount = (working_days if months is None else months) or 0
    try:
        days = calendar.as_known_on(known_on)
        due = days.due(start, amount, unit).due_date
        if (due - start).days > MOST_DAYS:
            reason = f"at most {MOST_DAYS} days are explained" if language == "en" else f"逐日说明至多 {MOST_DAYS} 日"
            raise Problem(422, "invalid", detail=reason)
        return explained(days, start, amount, unit, language)
    except CalendarError as error:
        raise Problem(422, "invalid", detail=str(error)) from None


@router.get("/editions", response_model=NoticeList, summary="The notices that are known")
async def editions(context: ContextIn, _: CallerIn, language: LanguageIn) -> Response:
    """Each notice with its number and source; of those that were published here how far that has come."""
    return answer(await asyncio.to_thread(notices_of, context), language)


def notices_of(context: AppContext) -> NoticeList:
    """Every notice that is known here; blocking."""
    calendar = calendar_now(context)
    with ledger_answers():
        here = {each.edition: told(each, context.reader) for each in context.reader.publications()}
    return NoticeList(
        items=[KnownNoticeOut(**dict(notice_out(each)), publication=here.get(each.id)) for each in calendar.editions]
    )


@router.get("/publications/{edition}", response_model=PublicationOut, summary="How a publication goes")
async def publication(
    edition: Annotated[str, Path(max_length=64)], context: ContextIn, _: CallerIn, language: LanguageIn
) -> Response:
    """How many limits an edition that was published here was expected to supersede, and has by now."""
    found = await asyncio.to_thread(publication_out, context, edition)
    if found is None:
        raise Problem(404, "not_found")
    return answer(found, language)


@router.post("/impact", response_model=ImpactOut, summary="What a new edition would change")
async def impact(body: EditionIn, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The open limits that would end on another day, before and after; changes nothing. For operators."""
    require_role(caller, PUBLISHERS)
    found = await asyncio.to_thread(impact_out, context, read(body.edition, UPLOADED), language)
    return answer(found, language)


@router.post("/publications", response_model=PublicationOut, summary="Put an edition in force")
async def publish_edition(
    body: PreviewedEditionIn, context: ContextIn, caller: CallerIn, language: LanguageIn
) -> Response:
    """Store exactly the edition that was previewed; the workers supersede every running limit that it changes, once.

    It is an operator's act and recorded as such. Sent again, it does nothing again, and tells how far it has come.
    """
    require_role(caller, PUBLISHERS)
    edition = read(body.edition, UPLOADED)
    return answer(await asyncio.to_thread(publish, context, edition, body.digest, acting(caller), language), language)


def calendar_now(context: AppContext) -> Calendar:
    """The calendar in force; blocking."""
    with ledger_answers():
        return context.calendar_store.now()
