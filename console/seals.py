"""封存: the figures of an assessment shown before they are sealed, sealed, and what has changed since."""

import asyncio
from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.assessment.figures import assessment, scope_of
from api.assessment.schemas import PeriodIn
from api.assessment.seal_schemas import SealIn
from api.assessment.sealing import SEALERS, seal, seal_in_sight, sealed_out
from api.dependencies import require_role
from api.http.problems import Problem, title_of
from api.supervision.moment import overseen
from console.assessment import asked_of, assessor_of, ended_text
from console.door import Visitor, door_of, form_of, language_of
from console.pages import page, see_other
from console.refusals import problem_told
from domain.calendar import day_of
from domain.messages import label, words
from ledger.queries.assessed_parts import MEASURES

NOT_AGAIN: Final = "not_again"
"""The part of the address that says that nothing was sealed, for the figures were already."""


async def prepare(request: Request) -> Response:
    """The figures of a period that are about to be sealed."""
    visitor = await assessor_of(request)
    require_role(visitor.caller, SEALERS)
    return await _preview(request, visitor, asked_of(PeriodIn, dict(request.query_params), language_of(request)))


async def send(request: Request) -> Response:
    """Seal exactly the figures that were shown, and go on to the seal; sent again, nothing is sealed again."""
    visitor, language = await assessor_of(request), language_of(request)
    require_role(visitor.caller, SEALERS)
    form = await form_of(request, visitor)
    names = ("from", "to", "department", "procedure", "statute")
    values = {name: str(form.get(name, "")) for name in (*names, "digest", "reason")}
    asked = asked_of(PeriodIn, {name: values[name] for name in names}, language_of(request))
    try:
        body = SealIn.model_validate(values)
        made, done = await asyncio.to_thread(seal, door_of(request).context, visitor.caller, body, language)
    except ValidationError:
        wrong = title_of(Problem(422, "invalid"), language)
        if not values["reason"].strip():
            wrong = label("refusal", "reason_required", language)
        return await _preview(request, visitor, asked, values["reason"], wrong, 422)
    except Problem as problem:
        wrong = problem_told(problem, language)
        return await _preview(request, visitor, asked, values["reason"], wrong, problem.status_code)
    ours = done or (made.by.subject, made.reason) == (visitor.caller.subject, body.reason)
    return see_other(f"/assessment/seals/{made.number}{'' if ours else f'?{NOT_AGAIN}=1'}")


async def one(request: Request) -> Response:
    """A seal, and what has changed since. Raises Problem 404 for one of other places."""
    visitor, language = await assessor_of(request), language_of(request)
    context = door_of(request).context
    found = await asyncio.to_thread(seal_in_sight, context, visitor.caller, request.path_params["number"])
    told = await asyncio.to_thread(sealed_out, context, found, language)
    return page(
        request,
        "sealed.html",
        visitor,
        {"sealed": told, "not_again": NOT_AGAIN in request.query_params, **_words(request)},
    )


async def _preview(
    request: Request, visitor: Visitor, asked: PeriodIn, reason: str = "", wrong: str | None = None, status: int = 200
) -> Response:
    context, language = door_of(request).context, language_of(request)
    told = await asyncio.to_thread(assessment, context, visitor.caller, asked, language)
    scope = scope_of(asked, told.first, told.last, overseen(visitor.caller))
    newest = await asyncio.to_thread(context.reader.seals.newest, scope)
    kept = {name: value for name, value in scope.items() if name != "places" and value is not None}
    ahead = told.last > day_of(context.known_on())
    shown = {
        "told": told,
        "newest": newest,
        "scope": kept,
        "reason": reason,
        "wrong": wrong,
        "ahead": ahead,
        "scripted": True,
    }
    return page(request, "seal.html", visitor, {**shown, **_words(request)}, status)


def _words(request: Request) -> Mapping[str, Any]:
    language = language_of(request)
    return {
        "measures": MEASURES,
        "ended_of": partial(ended_text, language=language),
        "a": {word: texts[language] for word, texts in words("assessment").items()},
        "labels": {word: texts[language] for word, texts in words("procedure").items()},
    }
