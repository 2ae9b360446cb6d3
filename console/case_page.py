"""案件: one case, what happened in it, its limits, and a form for each command that the visitor may give now."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.commands import carry_out
from api.cases.presenters import before_anything, case_out, etag_of, opened_out
from api.cases.schemas import CommandIn
from api.context import AppContext
from api.dependencies import parties_of, visible_case
from api.http.problems import UNPROCESSABLE, Problem, title_of
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.forms import FormField, choice_of, fields_of, name_of, said_with
from console.lights import light_of
from console.pages import page, see_other
from domain.access import Caller, capacities
from domain.calendar import day_of
from domain.engine.evolve import evolve_all
from domain.engine.records import RecordedEvent
from domain.messages import Language, label
from domain.words import CommandName, ProcedureName, Role
from ledger.queries.views import CaseDetail
from procedures.registry import PROCEDURES, allowed
from starter.documents.wording import limit_text
from starter.errors import InvalidInput, KeyReused, NeedsOperator, RequestRefused, Stale, Unavailable

REFUSED = (Problem, RequestRefused, InvalidInput, KeyReused, NeedsOperator, Stale, Unavailable)


@dataclass(frozen=True)
class Typed:
    """A form that was refused: which, in what sentence, and what was typed into it."""

    command: str
    sentence: str
    values: Mapping[str, str]


async def show(request: Request) -> Response:
    """The case as it stands. Raises NotFound for one that is not the visitor's to see."""
    return await _page(request, await visitor_of(request))


async def give(request: Request) -> Response:
    """Give a command: back to the case when it is done, or to the form with the refusal and what was typed."""
    visitor = await visitor_of(request)
    form, language = await form_of(request, visitor), language_of(request)
    context, request_id = door_of(request).context, request.path_params["request_id"]
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    case = await asyncio.to_thread(visible_case, context, visitor.caller, request_id)
    name = values.get("command", "")
    rule = next((rule for rule in PROCEDURES[ProcedureName(case.procedure)].rules.values() if rule.name == name), None)
    said = said_with(fields_of(rule.says), values) if rule else {}
    try:
        body = CommandIn.model_validate({"command": name, "as": values.get("as") or None, "with": said})
        key = values.get("idempotency_key") or secrets.token_hex(16)
        await carry_out(context, visitor.caller, request_id, body, key, values.get("if_match"))
    except REFUSED as refusal:
        status, sentence = refusal_told(refusal, language)
        return await _page(request, visitor, Typed(name, sentence, values), status)
    except ValidationError:
        return await _page(request, visitor, Typed(name, label("problem", "invalid", language), values), 422)
    return see_other(f"/cases/{request_id}")


def refusal_told(refusal: Exception, language: Language) -> tuple[int, str]:
    """The status of a refusal, and the sentence in which it is told."""
    match refusal:
        case Problem():
            return refusal.status_code, title_of(refusal, language)
        case RequestRefused():
            return 422 if refusal.code in UNPROCESSABLE else 409, refusal.sentence(language)
        case InvalidInput():
            return 422, str(refusal)
        case KeyReused():
            return 422, label("problem", "key_reused", language)
        case Stale():
            return 409, label("problem", "stale", language)
        case Unavailable():
            return 503, label("problem", "unavailable", language)
    return 500, label("problem", "needs_operator", language)


async def _page(request: Request, visitor: Visitor, typed: Typed | None = None, status: int = 200) -> Response:
    context, language = door_of(request).context, language_of(request)
    request_id = request.path_params["request_id"]
    shown = await asyncio.to_thread(_shown, context, visitor.caller, request_id, language)
    return page(request, "case.html", visitor, {**shown, "typed": typed}, status)


def _shown(context: AppContext, caller: Caller, request_id: str, language: Language) -> dict[str, Any]:
    """All that the page says of a case; blocking."""
    case = visible_case(context, caller, request_id)
    events = context.reader.events(request_id, limit=case.seq)
    return {
        "case": case_out(case, language, opens=opened_out(context.reader.openings(request_id, case.seq), language)),
        "etag": etag_of(case),
        "application": [(_told(name, language), value) for name, value in case.application.items() if value],
        "limits": _limits(context, case, language),
        "events": [_event(event, language) for event in events],
        "forms": _forms(case, events, caller, language),
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


def _forms(
    case: CaseDetail, events: Sequence[RecordedEvent], caller: Caller, language: Language
) -> list[dict[str, Any]]:
    """A form for each command that the rules let this caller give now, with the roles in which it may."""
    now = evolve_all(before_anything(case, case.statute_then), events)
    may = {role: set(allowed(now, role)) for role in caller.roles}
    found = []
    for name, rule in PROCEDURES[ProcedureName(case.procedure)].rules.items():
        able = [role for role in capacities(caller, rule.by, parties_of(case), rule.settles) if name in may[role]]
        if able:
            found.append(_form(name, able, fields_of(rule.says), language))
    return found


def _form(name: CommandName, able: Sequence[Role], fields: Sequence[FormField], language: Language) -> dict[str, Any]:
    return {
        "name": name.value,
        "label": label("command", name, language),
        "roles": [(role.value, label("role", role, language)) for role in able],
        "key": secrets.token_hex(16),
        "fields": [
            {
                "field": field,
                "label": name_of(field, language),
                "choices": [(word, choice_of(word, language)) for word in field.choices],
            }
            for field in fields
        ],
    }
