"""A file to begin an edition of the calendar with: the notice of a year as it is kept here, or what is known before."""

import asyncio
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.calendar.endpoints import calendar_now
from api.calendar.years import year_out
from api.context import AppContext
from api.http.downloads import download
from api.http.problems import Problem
from console.door import door_of, language_of, visitor_of
from domain.calendar import Calendar, CalendarError, Edition, day_of
from domain.messages import Language

_OFF: Final = ("festival", "lieu")
"""What is off in a year of which no notice is known, weekends apart."""
_NOTICES: Final = (11, 1)
"""Month and day of the year before by which notices are usually out: where a template says that one is."""


async def template(request: Request) -> Response:
    """The file of a year, next year's unless another is asked for. Raises Problem 422 for what is no year."""
    await visitor_of(request)
    context, language = door_of(request).context, language_of(request)
    edition = await asyncio.to_thread(_begun, context, request.query_params.get("year", ""), language)
    return await download([edition.to_json()], "application/json", f"calendar-{edition.year}.json")


def _begun(context: AppContext, asked: str, language: Language) -> Edition:
    """Blocking."""
    today, calendar = day_of(context.known_on()), calendar_now(context)
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) <= len("9999")):
        raise Problem(422, "invalid")
    year = int(asked) if asked else today.year + 1
    own = (each for each in calendar.editions if each.year == year and each.amends is None)
    try:
        return next(own, None) or _without_notice(calendar, year, today, language)
    except CalendarError:
        raise Problem(422, "invalid") from None


def _without_notice(calendar: Calendar, year: int, today: date, language: Language) -> Edition:
    """The festivals of a year; it names no notice, so it cannot be published as it is. Raises CalendarError."""
    days = year_out(calendar, year, None, language).days
    usual = date(year - 1, *_NOTICES)
    return Edition(
        id=str(year),
        year=year,
        published=today if usual <= today <= date(year, 12, 31) else usual,
        title=f"国务院办公厅关于{year}年部分节假日安排的通知",
        notice="",
        days={day.date: "off" for day in days if day.code in _OFF},
    )
