"""What would come of an application, before it is filed: where it goes first, and what the check would find lacking."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.cases.filing_schemas import FilingIn
from api.cases.share_requests import PROCEDURE
from api.context import AppContext
from api.http.problems import Problem
from console.case_forms import Typed, typed_lines
from console.directories import completed, directories
from console.door import Visitor, door_of, language_of
from console.filing import PAGE, SURE, checked, filer_of, refused
from console.filing_papers import sent_with_papers
from console.kept import kept_form, to_kept
from console.pages import page, see_other
from console.refusals import REFUSED
from console.said import value_text
from domain.messages import Language, label
from procedures.share_request.filing import as_requester
from protocol.opening import Played
from starter.case_opening import Entered, enter_case
from starter.in_force import text_in_force
from starter.overlaid import title_with_above

PREVIEW: Final = "/file/preview"


async def look_at(request: Request) -> Response:
    """On to what would come of the application, with names that its codes bring; or the form and why it was refused."""
    visitor = await filer_of(request)
    sent = await sent_with_papers(request, visitor)
    if sent.wrong:
        return await refused(request, visitor, sent.values, Problem(422, "invalid", title=" ".join(sent.wrong)))
    known = await directories(door_of(request).context, visitor.caller, language_of(request))
    values = completed(sent.values, known)
    try:
        await _would(request, visitor, values)
    except REFUSED as refusal:
        return await refused(request, visitor, values, refusal)
    return await to_kept(request, PAGE, values, PREVIEW)


async def show(request: Request) -> Response:
    """Where the application would go first, and what the check would find lacking, with the button that files it."""
    visitor, language = await filer_of(request), language_of(request)
    values = await kept_form(request, PAGE)
    if values is None:
        return see_other(PAGE)
    try:
        entered = await _would(request, visitor, values)
    except REFUSED as refusal:
        return await refused(request, visitor, values, refusal)
    shown = {
        **_told(entered, language),
        "typed_lines": list(typed_lines(Typed("", _answers(values)), language)),
        "values": values.items(),
        "form_at": f"{PAGE}?{urlencode(request.query_params)}",
    }
    return page(request, "file_preview.html", visitor, shown)


def _answers(values: Mapping[str, str]) -> Mapping[str, str]:
    """What of the form is told field by field, beside the text under which it is filed."""
    return {name: value for name, value in values.items() if name not in ("statute", SURE)}


async def _would(request: Request, visitor: Visitor, values: Mapping[str, str]) -> Entered:
    """The case as it would begin. Raises what forms are refused with."""
    body, place, key = await checked(request, visitor, values)
    return await asyncio.to_thread(_entered, door_of(request).context, visitor, body, place, key)


def _entered(context: AppContext, visitor: Visitor, body: FilingIn, place: str | None, key: str) -> Entered:
    """Blocking. Raises RequestRefused, Unavailable."""
    client, at = context.client, context.receipt() or datetime.now(UTC)
    statute = body.statute or text_in_force(client.reader, place or "", key, at)
    actor, played = as_requester(body.request, visitor.caller.subject), Played(context.shift())
    return enter_case(PROCEDURE, statute, body.request, actor, client.policy, key, at, played=played)


def _told(entered: Entered, language: Language) -> dict[str, Any]:
    filed, last = entered.events[0], entered.events[-1]
    request: Any = entered.case.application
    return {
        "about": request.resource.name or "",
        "provider": request.provider.name or "",
        "text": title_with_above(entered.case.statute, language),
        "stage": label("stage", last.stage, language),
        "lacking": [value_text("findings", each, language) for each in filed.data.get("findings") or ()],
    }
