"""提出共享申请: a share request filed by a form, in the fields of the contract."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.filing import place_of_filing
from api.cases.filing_schemas import FilingIn
from api.cases.idempotency import engine_key
from api.cases.share_requests import open_request, refuse_unless_theirs
from api.cases.sheets.texts import filed_under
from api.dependencies import require_role
from api.http.problems import Problem
from console.case_page import DONE
from console.department_names import NamesKept
from console.desk_sizes import of_requester
from console.directories import directories, with_directories
from console.door import Visitor, door_of, language_of, visitor_of
from console.filing_papers import ACCEPTED, CHOOSERS, LARGEST_TOGETHER, MOST, papers_here, sent_with_papers, size_text
from console.filing_texts import texts_offered
from console.forms import FormField, fields_of, said_with
from console.kept import address_of_kept, forget_forms, kept_form, to_kept
from console.menu import FILERS
from console.pages import page, see_other
from console.past_use import refuse_past_use
from console.refusals import REFUSED, refusal_told
from console.required import asked_of_applications
from console.shown_forms import shown_fields, with_more_rows, wrong_in
from domain.access import Caller
from domain.calendar import day_of
from domain.departments import name_in
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.words import Role
from procedures.share_request.application import Application

PAGE: Final = "/file"
FORM: Final = "file"
"""What stands before the names of fields in what identifies them."""
SELDOM: Final = (
    *("involves_provincial_department", "cross_level", "superior", "contains_state_secret", "justification"),
    "disputes_grant",
)
"""Fields that few applications need, which stand in a part of their own."""
SURE: Final = "sure"
"""The field by which a person is sure of codes that no list has; its value is those codes."""


async def show(request: Request) -> Response:
    """The form, with the visitor's own department in it; or as it was typed, where the address names it."""
    visitor = await filer_of(request)
    typed = await kept_form(request, PAGE)
    if typed is not None:
        return await _page(request, visitor, typed)
    return await _page(request, visitor, _presets() | await asyncio.to_thread(_own, request, visitor.caller))


def _own(request: Request, caller: Caller) -> dict[str, str]:
    """The department of a visitor who files for it, by code and by name: that of the list, else of its latest case.

    Blocking.
    """
    if caller.org is None or Role.REQUESTER not in caller.roles:
        return {}
    context, asks = door_of(request).context, of_requester(caller)
    name = name_in(context.departments(), caller.org)
    if name is None and asks is not None:
        name = next((case.requester_name for case in context.reader.cases(asks, None, 1).cases), None)
    return {"requester.code": caller.org, **({"requester.name": name} if name else {})}


async def send(request: Request) -> Response:
    """File it: on to the case, or back to the form with the refusal and what was typed."""
    visitor = await filer_of(request)
    sent = await sent_with_papers(request, visitor)
    if sent.wrong:
        return await _page(request, visitor, sent.values, " ".join(sent.wrong), 422)
    try:
        body, place, key = await checked(request, visitor, sent.values)
        filed = await open_request(door_of(request).context, visitor.caller, body, place, key)
    except REFUSED as refusal:
        return await refused(request, visitor, sent.values, refusal)
    await forget_forms(request, PAGE)
    return see_other(f"/cases/{filed.case.request_id}?{DONE}=1")


async def checked(request: Request, visitor: Visitor, values: Mapping[str, str]) -> tuple[FilingIn, str | None, str]:
    """What a form files, under which place's text, and the engine's key of it. Raises what forms are refused with."""
    language, said = language_of(request), said_with(fields_of(Application), values)
    key = values.get("idempotency_key") or secrets.token_hex(16)
    body = FilingIn.model_validate({**filed_under(values.get("statute")), "request": said})
    place = place_of_filing(body, visitor.caller, language)
    refuse_unless_theirs(visitor.caller, body, place)
    refuse_past_use(values, day_of(door_of(request).context.received_now()), language)
    await asyncio.to_thread(_refuse_misnamed, request, visitor, body, place, values.get(SURE, ""))
    return body, place, engine_key(visitor.caller, key)


async def refused(request: Request, visitor: Visitor, values: Mapping[str, str], refusal: Exception) -> Response:
    """The form as it was typed, with why it was refused."""
    language = language_of(request)
    status, sentence = refusal_told(refusal, language)
    unlisted = refusal.more.get("unlisted", "") if isinstance(refusal, Problem) else ""
    said = said_with(fields_of(Application), values)
    return await _page(request, visitor, values, _fully(refusal, sentence, said, language), status, unlisted)


def _refuse_misnamed(request: Request, visitor: Visitor, body: FilingIn, place: str | None, sure: str) -> None:
    """A listed department has the name that the list gives it; of codes that no list has the person is ``sure``.

    Blocking. Raises Problem 422, with those codes as ``unlisted``.
    """
    names = NamesKept(door_of(request).context.departments(), language_of(request))
    names.refuse_another(body)
    unlisted = names.unlisted(body, visitor.caller, place)
    if not set(unlisted) <= set(sure.split()):
        title = f"{names.unlisted_told(unlisted)} {label('console', 'unlisted_tick', names.language)}"
        raise Problem(422, "invalid", title=title, unlisted=" ".join(unlisted))


async def edit(request: Request) -> Response:
    """On to the form as it was typed so far, with one more row of a list; papers that were not taken are told."""
    visitor = await filer_of(request)
    sent = await sent_with_papers(request, visitor)
    values = with_more_rows(sent.values)
    if sent.wrong:
        return await _page(request, visitor, values, " ".join(sent.wrong), 422)
    return await to_kept(request, PAGE, values)


async def filer_of(request: Request) -> Visitor:
    """Who files. Raises Problem 403 for whoever may not."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, FILERS)
    return visitor


def _fully(refusal: Exception, sentence: str, said: Mapping[str, Any], language: Language) -> str:
    """The sentence of a refusal with the fields that are meant."""
    if isinstance(refusal, ValidationError):
        return wrong_in(Application, said, language) or sentence
    if isinstance(refusal, Problem) and refusal.errors:
        return " ".join([sentence, *(each["reason"] for each in refusal.errors)])
    return sentence


def _presets() -> dict[str, str]:
    return {field.name: field.default for field in fields_of(Application) if field.default}


async def _page(
    request: Request,
    visitor: Visitor,
    values: Mapping[str, str],
    sentence: str | None = None,
    status: int = 200,
    unlisted: str = "",
) -> Response:
    """The form; ``unlisted``: the codes that are asked about."""
    context, language = door_of(request).context, language_of(request)
    here = await asyncio.to_thread(lambda: list(papers_here(context, visitor.caller, values)))
    statute, day = values.get("statute", ""), day_of(context.received_now())
    shown = {
        "fields": with_directories(shown_fields(_fields(), values, language, FORM)),
        "known": await directories(context, visitor.caller, language),
        "texts": texts_offered(visitor.caller, statute, day, language),
        "seldom": SELDOM,
        "statute": statute,
        "sentence": sentence,
        "key": values.get("idempotency_key") if sentence is None else None,
        "new_key": secrets.token_hex(16),
        "papers": {"here": here, "fields": CHOOSERS, "accepted": ACCEPTED, **_bounds(context.attachments.at_most)},
        "unlisted": unlisted or values.get(SURE, ""),
        SURE: not unlisted,
        "scripted": True,
        **({"back": await address_of_kept(request, PAGE, values)} if request.method == "POST" else {}),
    }
    return page(request, "file.html", visitor, shown, status)


def _bounds(largest: int) -> dict[str, Any]:
    """How many papers may come with the form, and how large they may be: for the script, and in words."""
    together = LARGEST_TOGETHER * largest
    said = {"most": MOST, "size": size_text(largest), "together": size_text(together)}
    return {"most": MOST, "each": largest, "together": together, "said": said}


@cache
def _fields() -> tuple[FormField, ...]:
    """The fields of an application, those marked that every text asks for."""
    asked = asked_of_applications(list(packaged_statutes().values()))
    return tuple(replace(field, required=field.name in asked) for field in fields_of(Application))
