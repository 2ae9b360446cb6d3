"""案件: one case, what happened in it, its limits, and a form for each command that the visitor may give now."""

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.cases.presenters import before_anything, case_out, etag_of, opened_out
from api.context import AppContext
from api.dependencies import visible_case
from console.case_forms import Typed, forms
from console.door import Visitor, door_of, language_of, visitor_of
from console.forms import FormField
from console.lights import light_of
from console.pages import page
from console.shown_forms import name_of
from domain.access import Caller
from domain.calendar import day_of
from domain.engine.evolve import evolve_all
from domain.engine.records import RecordedEvent
from domain.messages import Language, label
from ledger.queries.views import CaseDetail
from starter.documents.wording import limit_text


async def show(request: Request) -> Response:
    """The case as it stands. Raises NotFound for one that is not the visitor's to see."""
    return await case_shown(request, await visitor_of(request))


async def case_shown(request: Request, visitor: Visitor, typed: Typed | None = None, status: int = 200) -> Response:
    """The page, with a form as it was ``typed`` where one came back."""
    context, language = door_of(request).context, language_of(request)
    request_id = request.path_params["request_id"]
    shown = await asyncio.to_thread(_shown, context, visitor.caller, request_id, typed, language)
    return page(request, "case.html", visitor, shown, status)


def _shown(
    context: AppContext, caller: Caller, request_id: str, typed: Typed | None, language: Language
) -> dict[str, Any]:
    """All that the page says of a case; blocking."""
    case = visible_case(context, caller, request_id)
    events = context.reader.events(request_id, limit=case.seq)
    now = evolve_all(before_anything(case, case.statute_then), events)
    return {
        "case": case_out(case, language, opens=opened_out(context.reader.openings(request_id, case.seq), language)),
        "etag": etag_of(case),
        "application": [(_told(name, language), value) for name, value in case.application.items() if value],
        "limits": _limits(context, case, language),
        "events": [_event(event, language) for event in events],
        "forms": forms(case, now, caller, typed, language),
        "typed": typed,
    }


def _told(name: str, language: Language) -> str:
    try:
        return name_of(FormField(name, "text"), language)
    except LookupError:
        return name


def _limits(context: AppContext, case: CaseDetail, language: Language) -> list[dict[str, Any]]:
    now = context.known_on()
    days = context.calendar_store.now().as_known_on(day_of(now))
    lights = [light_of(clock, now, days, case.policy_then.warnings) for clock in case.clocks]
    return [
        {
            "clock": clock,
            "label": label("clock", clock.id, language),
            "state": label("clock_state", clock.state, language),
            "basis": label("basis", clock.basis, language),
            "length": limit_text(clock, language),
            "light": light,
            "light_words": light.words(language, day_of(now)),
        }
        for clock, light in zip(case.clocks, lights, strict=True)
    ]


def _event(event: RecordedEvent, language: Language) -> dict[str, Any]:
    reason = event.data.get("reason")
    return {
        "event": event,
        "label": label("event", event.type, language),
        "role": label("role", event.actor.role, language),
        "reason": reason if isinstance(reason, str) else None,
    }
