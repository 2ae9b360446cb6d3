"""替岗: who stands in for an absent colleague of the department, from which day to which."""

import asyncio
from datetime import timedelta

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import Problem
from api.worklist import division
from api.worklist.schemas import StandInIn
from background.turns import unit_of
from console.colleagues import colleagues_of
from console.desk import with_others
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.pages import page, see_other
from domain.access import Caller
from domain.messages import label
from domain.messages.days import day_text

PAGE = "/desk/substitutes"
LONGEST = timedelta(days=366)


async def show(request: Request) -> Response:
    """The stand-ins of the department, and a form for another."""
    return await _page(request, await visitor_of(request))


async def add(request: Request) -> Response:
    """Have a colleague stand in."""
    visitor = await visitor_of(request)
    form = with_others(await form_of(request, visitor))
    try:
        said = StandInIn.model_validate({name: form[name] for name in StandInIn.model_fields if form.get(name)})
        await asyncio.to_thread(_entered, request, visitor.caller, said, "sure" in form)
    except (ValidationError, Problem) as refusal:
        if isinstance(refusal, Problem) and refusal.status_code != 422:
            raise
        sentence = refusal.title if isinstance(refusal, Problem) else None
        sentence = sentence or label("console", "stand_in_incomplete", language_of(request))
        return await _page(request, visitor, form, sentence, 422)
    return see_other(PAGE)


def _entered(request: Request, caller: Caller, said: StandInIn, sure: bool) -> None:
    """Have somebody stand in, for a year at most, and under a new name only where the person is ``sure`` of it.

    Blocking. Raises Problem 422 with a sentence, or as ``division.stand_in``.
    """
    context, language = door_of(request).context, language_of(request)
    division.require_division(caller)
    latest = division.today(context) + LONGEST
    if said.last_day > latest:
        title = label("console", "stand_in_too_long", language).format(last=day_text(latest, language))
        raise Problem(422, "invalid", title=title)
    if not sure:
        colleagues_of(context, caller, language).refuse_unknown(said.absent or caller.subject, said.substitute)
    division.stand_in(context, caller, said)


async def end(request: Request) -> Response:
    """End a stand-in now."""
    visitor = await visitor_of(request)
    form = await form_of(request, visitor)
    division.require_division(visitor.caller)
    number = str(form.get("id", ""))
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        raise Problem(404, "not_found")
    writer, unit = door_of(request).context.writer, unit_of(visitor.caller)
    if not await asyncio.to_thread(writer.end_stand_in, unit, int(number), visitor.caller.subject):
        raise Problem(404, "not_found")
    return see_other(PAGE)


async def _page(
    request: Request,
    visitor: Visitor,
    values: dict[str, str] | None = None,
    wrong: str | None = None,
    status: int = 200,
) -> Response:
    division.require_division(visitor.caller)
    context = door_of(request).context
    unit, day = unit_of(visitor.caller), division.today(context)
    me = visitor.caller.subject
    found = await asyncio.to_thread(context.reader.stand_ins, unit, day)
    known = await asyncio.to_thread(colleagues_of, context, visitor.caller, language_of(request))
    told = {"found": found, "values": values or {}, "wrong": wrong, "me": me, "colleagues": known, "scripted": True}
    return page(request, "substitutes.html", visitor, told, status)
