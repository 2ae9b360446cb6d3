"""案件: one case, what happened in it, its limits, and a form for each command that the visitor may give now."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.accounts.endpoints import CaseTold, account_out, told_of
from api.cases.diagrams import drawn
from api.cases.notes import note_out, notes_for, sides_of, writing_roles
from api.cases.presenters import case_out, etag_of, opened_out, waiting_after
from api.cases.schemas import HolderOut
from api.context import AppContext
from api.dependencies import parties_of
from api.documents.endpoints import listed_papers
from api.http.problems import Problem
from background.turns import DIVIDING
from console.case_forms import Typed, forms, says_something, to_be_looked_at, typed_lines
from console.case_story import story
from console.door import Visitor, door_of, language_of, visitor_of
from console.drafts import NOTE, address_of_draft, drafts_of
from console.pages import ANY_CASE, page
from console.reach import openable
from console.said import field_name, value_text
from domain.access import Caller, visibility_of
from domain.messages import Language, label
from domain.rule_texts import KNOWN
from domain.words import CommandName, ProcedureName, Role
from procedures.registry import PROCEDURES

DONE: Final = "done"
"""The part of the address that names the event which the visitor has just recorded."""
NOTES: Final = 20
PAPERS: Final = 100
"""So many papers that a case names are shown; a case may name more."""


async def show(request: Request) -> Response:
    """The case as it stands, with what the visitor has typed here and not sent yet.

    Raises NotFound for one that is not the visitor's to see.
    """
    return await case_shown(request, await visitor_of(request), await drafts_of(request))


async def case_refused(request: Request, visitor: Visitor, typed: Typed, status: int) -> Response:
    """The page with a form that was refused, as it was typed; what is typed stays there in another language as well."""
    back = await address_of_draft(request, typed.values)
    drafts = {**await drafts_of(request), typed.command: typed}
    return await case_shown(request, visitor, drafts, status, {"back": back})


async def case_shown(
    request: Request,
    visitor: Visitor,
    drafts: Mapping[str, Typed],
    status: int = 200,
    besides: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """The page, with its forms as they were typed so far."""
    context, language = door_of(request).context, language_of(request)
    request_id, before = request.path_params["request_id"], _before(request)
    cursor = request.query_params.get("notes")
    shown = await asyncio.to_thread(_shown, context, visitor.caller, request_id, drafts, language)
    story_of_it = await asyncio.to_thread(story, shown["told"], context.known_on(), before, language)
    beside = await asyncio.to_thread(_notes, context, visitor.caller, shown["told"], cursor, language)
    live = f"{ANY_CASE}?{urlencode({'case': request_id, 'head': shown['told'].case.seq})}"
    done = _done(request.query_params.get(DONE, ""), shown["told"], visitor.caller, language)
    return page(
        request, "case.html", visitor, {**shown, **story_of_it, **beside, "done": done, **besides}, status, live
    )


def _done(number: str, told: CaseTold, caller: Caller, language: Language) -> str | None:
    """What the visitor has just done, by the number of its event; None for what somebody else did, or nobody."""
    its = (event for event in told.account.recorded.events if str(event.seq) == number)
    return next((label("event", event.type, language) for event in its if event.actor.person == caller.subject), None)


def _before(request: Request) -> int | None:
    """Before which event the page is to end. Raises Problem 400 for what is no number of an event."""
    said = request.query_params.get("before")
    if said is None:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) > 1):
        raise Problem(400, "malformed")
    return int(said)


def _beside_the_chain(told: CaseTold) -> frozenset[str]:
    """The cases that its events name, but for those of its chain, which can all be opened."""
    return frozenset(it.request_id for it in told.account.related) - {it.case.request_id for it in told.chain}


def _shown(
    context: AppContext, caller: Caller, request_id: str, drafts: Mapping[str, Typed], language: Language
) -> dict[str, Any]:
    """Where the case stands and what may be done; blocking."""
    told = told_of(context, caller, request_id)
    case, now = told.case, told.account.examined.case
    application = [
        (field_name(name, language), text)
        for name, value in case.application.items()
        if name not in _TOLD_APART and (text := value_text(name, value, language, case.statute_then))
    ]
    found = to_be_looked_at(now, told.account.recorded.events, language)
    waits_for = waiting_after(case, now, language)
    offered = forms(case, now, caller, drafts, found, language)
    listed = {NOTE, *(form["name"] for form in offered)}
    stages = PROCEDURES[ProcedureName(case.procedure)].under(KNOWN.statute(case.statute_digest)).stages
    return {
        "told": told,
        "case": case_out(case, language, opens=opened_out(context.reader.openings(request_id, case.seq), language)),
        "etag": etag_of(case),
        "account": account_out(told, language),
        "openable": openable(context, caller, _beside_the_chain(told)),
        "application": application,
        "forms": offered,
        "others_turn": _others_turn(waits_for, caller, offered, language),
        "urges_itself": not case.superior and {each.role for each in waits_for} == {Role.BUREAU},
        "to_be_looked_at": found,
        "waits_for": waits_for,
        "refused": next((each for each in drafts.values() if each.sentence), None),
        "note_typed": drafts.get(NOTE),
        "listed": listed,
        "unlisted": [
            (form, list(typed_lines(typed, language)))
            for form, typed in drafts.items()
            if form not in listed and says_something(typed)
        ],
        "all_stages": [(it.stage, label("stage", it.stage, language)) for it in stages],
        # Drawn here, of elements of ours alone.
        "diagram": Markup(drawn(case, language, bilingual=False)),
        "clock_words": {clock.id: label("clock", clock.id, language) for clock in case.clocks},
        "papers": _papers(context, caller, told, language),
    }


def _others_turn(
    waits_for: Sequence[HolderOut], caller: Caller, offered: Sequence[Mapping[str, Any]], language: Language
) -> str | None:
    """Whose move it is, for whoever decides cases and can carry nothing on in this one; None for all others."""
    if not waits_for or not caller.roles & set(DIVIDING) or any(form["name"] != CommandName.URGE for form in offered):
        return None
    who = label("console", "enumerated", language).join(each.name or each.role_label for each in waits_for)
    return label("console", "others_turn", language).format(who=who)


_TOLD_APART: Final = ("requester", "provider", "department", "resource", "documents")


def _papers(context: AppContext, caller: Caller, told: CaseTold, language: Language) -> dict[str, Any]:
    """The form and the notices to read; the papers that were named, and which of them are here to be fetched."""
    named = told.account.papers[:PAPERS]
    digests = {paper.sha256 for paper in named if paper.sha256}
    visibility = visibility_of(caller)
    kept = {it for it in digests if context.reader.attachment(it, caller.org, visibility) is not None}
    return {
        "made": listed_papers(context, caller, told.case.request_id, language),
        "named": named,
        "kept": kept,
        "more": len(told.account.papers) - len(named),
    }


def _notes(
    context: AppContext, caller: Caller, told: CaseTold, cursor: str | None, language: Language
) -> dict[str, Any]:
    """The notes that are the visitor's to read, and in which roles it may write one; blocking."""
    found, following = notes_for(context, caller, told.case.request_id, cursor, NOTES)
    return {
        "notes": [note_out(note, language) for note in found],
        "more_notes": following,
        "note_roles": [
            (it.value, label("role", it, language)) for it in writing_roles(sides_of(caller, parties_of(told.case)))
        ],
        "note_key": secrets.token_hex(16),
    }
