"""The feed of the visitor's deadlines for programs of calendars: its address, shown once, and what stands there."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.context import AppContext
from api.http.prefix import prefixed
from api.worklist import division
from console.door import (
    begin_feed,
    door_of,
    end_feed,
    form_of,
    language_of,
    owner_of_feed,
    session_secret,
    visitor_of,
)
from console.icalendar import AllDay, calendar
from console.kept import forget_forms, kept_form, to_kept
from console.pages import HEADERS, page, see_other
from domain.access import Caller
from domain.calendar import day_of
from domain.engine.lights import most_pressing
from domain.messages import Language, label
from domain.messages.days import day_text

AT_MOST = 500
"""So many deadlines stand in a feed, the soonest."""


PAGE: Final = "/desk/feed"
"""Its address is worked out from what is kept with the session and the browser's cookie: kept nowhere itself."""


async def show(request: Request) -> Response:
    """Whether the visitor has a feed; how to begin one, and how to end it. A new one's address is shown once."""
    visitor = await visitor_of(request)
    division.require_division(visitor.caller)
    begun = await kept_form(request, PAGE)
    if begun is not None:
        await forget_forms(request, PAGE)
    since = await asyncio.to_thread(door_of(request).context.reader.feed_since, visitor.caller.subject)
    return page(request, "feed.html", visitor, {"since": since, "address": begun and _address(request, begun)})


def _address(request: Request, begun: Mapping[str, str]) -> str:
    token, said = session_secret(request, begun["salt"]), "&language=en" if language_of(request) == "en" else ""
    return f"{_base(request)}/desk.ics?token={token}{said}"


async def begin(request: Request) -> Response:
    """Begin a feed, and on to the page that shows its address: asked for again, it makes no other one."""
    visitor = await visitor_of(request)
    division.require_division(visitor.caller)
    await form_of(request, visitor)
    salt = secrets.token_urlsafe(32)
    await begin_feed(request, visitor.caller, session_secret(request, salt))
    return await to_kept(request, PAGE, {"salt": salt})


async def revoke(request: Request) -> Response:
    """End the visitor's feed for good."""
    visitor = await visitor_of(request)
    await form_of(request, visitor)
    await end_feed(request, visitor.caller)
    return see_other(PAGE)


async def ics(request: Request) -> Response:
    """The deadlines of whoever the token of the address is of; without one, where to get it. Problem 404 for others."""
    if "token" not in request.query_params:
        return see_other(PAGE)
    caller = await owner_of_feed(request, request.query_params["token"])
    context = door_of(request).context
    language: Language = "en" if request.query_params.get("language") == "en" else "zh"
    entries = await asyncio.to_thread(_deadlines, context, caller, language, _base(request))
    text = calendar(label("console", "feed_name", language), entries, context.known_on())
    return Response(text, headers=HEADERS, media_type="text/calendar; charset=utf-8")


def _base(request: Request) -> str:
    public = door_of(request).context.settings.public_url
    return public.rstrip("/") if public else f"{request.url.scheme}://{request.url.netloc}{prefixed('')}"


def _deadlines(context: AppContext, caller: Caller, language: Language, base: str) -> Sequence[AllDay]:
    """The most pressing limit of each case that the caller does now; blocking."""
    now = context.known_on()
    days = context.calendar_store.now().as_known_on(day_of(now))
    found = division.tab_of_worklist(context, caller, "mine", None, AT_MOST)
    entries = []
    for case in found.cases:
        clock, light = most_pressing(case.clocks, now, days, context.client.policy.warnings)
        if clock is None:
            continue
        said = f"{label('clock', clock.id, language)}: {case.resource_name} ({case.request_id})"
        parties = f"{case.requester_name} / {case.provider_name}"
        state = f"{_due(clock.due_date, language)} {light.words(language, day_of(now))}"
        uid, url = f"{case.request_id}-{clock.number}@shareflow", f"{base}/cases/{case.request_id}"
        entries.append(AllDay(uid, clock.due_date, said, f"{parties}\n{state}\n{url}", url))
    return entries


def _due(day: date, language: Language) -> str:
    return f"{label('console', 'due', language)} {day_text(day, language)}"
