"""日历: a year of working days with the notices behind it, limits counted day by day, and new editions."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api.calendar.endpoints import calendar_now, explained_of, notices_of
from api.calendar.publishing import PUBLISHERS, impact_out, publication_out, publish, read
from api.calendar.schemas import LONGEST_EDITION, CalendarDayOut, CalendarYearOut
from api.calendar.years import year_out
from api.context import AppContext
from api.dependencies import acting, require_role
from api.http.problems import Problem, title_of
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.edition_complaints import edition_complaint
from console.kept import kept_form, to_kept
from console.pages import page, see_other
from domain.calendar import CalendarError, Edition, day_of
from domain.calendar.horizon import HORIZON
from domain.field_types import Day
from domain.messages import Language, label
from domain.messages.days import day_text

_DAY: Final = TypeAdapter(Day)
IMPACT: Final = "/calendar/impact"
MOST_DIGITS: Final = 7
WEEK: Final = range(1, 8)


async def show(request: Request) -> Response:
    """A year, and the last day of a limit if one is asked for; what cannot be is told in a sentence."""
    visitor, language = await visitor_of(request), language_of(request)
    asked = {name: request.query_params.get(name, "").strip() for name in ("year", "as_known_on", "from")}
    asked |= {name: request.query_params.get(name, "").strip() for name in ("working_days", "months")}
    context = door_of(request).context
    shown, status = await asyncio.to_thread(_shown, context, asked, language)
    may = bool(visitor.caller.roles & set(PUBLISHERS))
    return page(request, "calendar.html", visitor, {**shown, "asked": asked, "may_publish": may}, status)


def _shown(context: AppContext, asked: Mapping[str, str], language: Language) -> tuple[dict[str, Any], int]:
    """What the page says, and its status; blocking."""
    calendar = calendar_now(context)
    today = day_of(context.known_on())
    shown: dict[str, Any] = {
        "today": today,
        "wrong": None,
        "year": None,
        "due": None,
        "notices": notices_of(context).items,
    }
    try:
        known_on = _day(asked["as_known_on"], language)
        year = int(_number(asked["year"], language) or today.year)
        told = year_out(calendar, year, known_on, language)
        shown |= {"year": told, "months": _months(told), "beside": _beside(year)}
        start = _day(asked["from"], language)
        if start is not None:
            working_days, months = (_number(asked[name], language) for name in ("working_days", "months"))
            if (working_days is None) == (months is None):
                raise Problem(422, "invalid", detail=label("calendar_page", "one_length", language))
            try:
                shown["due"] = explained_of(calendar, start, working_days, months, known_on, language)
            except Problem:  # all that is left to be wrong with it
                raise Problem(422, "invalid", detail=_outside(language)) from None
    except (Problem, CalendarError) as error:
        shown["wrong"] = sentence_of(error, language)
        if shown["year"] is None:
            told = year_out(calendar, today.year, None, language)
            shown |= {"year": told, "months": _months(told), "beside": _beside(today.year)}
        return shown, 422
    return shown, 200


def sentence_of(error: Problem | CalendarError, language: Language) -> str:
    """What is told of something that cannot be."""
    if isinstance(error, CalendarError):
        return _outside(language)
    if error.said is not None:
        return edition_complaint(error.said, language)
    return "; ".join(each["reason"] for each in error.errors) or title_of(error, language)


def _beside(year: int) -> Sequence[int]:
    """The year before and the year after, as far as the calendar covers them."""
    return [each for each in (year - 1, year + 1) if HORIZON.first.year <= each <= HORIZON.last.year]


def _outside(language: Language) -> str:
    known = {"first": day_text(HORIZON.first, language), "last": day_text(HORIZON.last, language)}
    return label("calendar_page", "outside", language).format(**known)


def _day(text: str, language: Language) -> date | None:
    try:
        return _DAY.validate_python(text) if text else None
    except ValidationError:
        raise Problem(422, "invalid", detail=label("calendar_page", "no_day", language)) from None


def _number(text: str, language: Language) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text)):
        raise Problem(422, "invalid", detail=label("calendar_page", "no_number", language))
    return int(text)


def _months(year: CalendarYearOut) -> list[dict[str, Any]]:
    """Each month as weeks of seven days, Monday first; None where the week belongs to another month."""
    months = []
    for month in range(1, 13):
        days = [day for day in year.days if day.date.month == month]
        padded: list[CalendarDayOut | None] = [*[None] * (days[0].weekday - 1), *days]
        padded += [None] * (-len(padded) % len(WEEK))
        weeks = [padded[at : at + len(WEEK)] for at in range(0, len(padded), len(WEEK))]
        months.append({"number": month, "weeks": weeks, "working": sum(day.working for day in days)})
    return months


# A new edition


async def preview(request: Request) -> Response:
    """On to what an edition that is uploaded would change."""
    visitor = await _publisher(request)
    language, context = language_of(request), door_of(request).context
    form = await form_of(request, visitor, files=1)
    try:
        edition = _read(await _uploaded(form.get("edition"), language), language)
        await asyncio.to_thread(impact_out, context, edition, language)
    except Problem as problem:
        return await _refused(request, visitor, problem)
    return await to_kept(request, IMPACT, {"edition": edition.to_json()})


async def show_impact(request: Request) -> Response:
    """What an edition would change as things stand, with the button that publishes exactly this one."""
    visitor, language = await _publisher(request), language_of(request)
    kept = await kept_form(request, IMPACT)
    if kept is None:
        return see_other("/calendar")
    try:
        edition = _read(kept["edition"], language)
        impact = await asyncio.to_thread(impact_out, door_of(request).context, edition, language)
    except Problem as problem:
        return await _refused(request, visitor, problem)
    shown = {"impact": impact, "edition": edition.to_json(), "wrong": None}
    return page(request, "calendar_impact.html", visitor, shown)


async def _uploaded(field: object, language: Language) -> str:
    """The text of a file. Raises Problem."""
    if not isinstance(field, UploadFile) or not field.size:
        raise Problem(422, "invalid", detail=label("calendar_page", "no_file", language))
    content = await field.read(LONGEST_EDITION + 1)
    if len(content) > LONGEST_EDITION:
        raise Problem(413, "too_large", detail=label("calendar_page", "too_large", language))
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Problem(422, "invalid", detail=label("calendar_page", "no_text", language)) from None


def _read(text: str, language: Language) -> Edition:
    """The edition in a file. Raises Problem 422: that it cannot be used, and why, for whoever has written it."""
    try:
        return read(text, label("calendar_page", "the_file", language))
    except Problem as problem:
        sentence = label("calendar_page", "unusable", language).format(reason=problem.said)
        raise Problem(422, "invalid", detail=sentence) from None


async def put_in_force(request: Request) -> Response:
    """Publish the edition that was previewed, and go on to how that goes; sent again, it does nothing again."""
    visitor = await _publisher(request)
    language, context = language_of(request), door_of(request).context
    form = await form_of(request, visitor)
    try:
        edition = _read(str(form.get("edition", "")), language)
        by, digest = acting(visitor.caller), str(form.get("digest", ""))
        await asyncio.to_thread(publish, context, edition, digest, by, language)
    except Problem as problem:
        return await _refused(request, visitor, problem)
    return see_other(f"/calendar/publications/{edition.id}")


async def publication(request: Request) -> Response:
    """How the publication of an edition goes. Raises Problem 404 for one that was not published here."""
    visitor, context = await visitor_of(request), door_of(request).context
    found = await asyncio.to_thread(publication_out, context, request.path_params["edition"])
    if found is None:
        raise Problem(404, "not_found")
    return page(request, "calendar_publication.html", visitor, {"found": found})


async def _publisher(request: Request) -> Visitor:
    visitor = await visitor_of(request)
    require_role(visitor.caller, PUBLISHERS)
    return visitor


async def _refused(request: Request, visitor: Visitor, problem: Problem) -> Response:
    """The form of an upload again, with what was wrong."""
    language = language_of(request)
    this_year = day_of(door_of(request).context.known_on()).year
    shown = {"impact": None, "wrong": sentence_of(problem, language), "this_year": this_year}
    return page(request, "calendar_impact.html", visitor, shown, problem.status_code)
