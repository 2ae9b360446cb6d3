"""审计回放: one case as it stood after each event, or at any instant, and what two instants differ in."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from fastapi import Response
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from api.audit.dossiers import dossier as packed_dossier
from api.audit.endpoints import replayed
from api.audit.presenters import replay_out
from api.audit.schemas import CaseReplayOut
from api.context import AppContext
from api.http.problems import Problem
from audit.replay.case import RecordedCase
from audit.replay.state import NotFiledYet
from console.audit import auditor_of
from console.case_story import clock_told, reason_told, said_in
from console.door import door_of, language_of
from console.pages import page
from console.said import actor_text
from domain.calendar import CHINA
from domain.field_types import Instant
from domain.messages import Language, event_label, label
from domain.words import ClockState, Role
from starter.errors import NotFound
from starter.looking_back import recorded_case

_INSTANT: Final = TypeAdapter(Instant)


@dataclass(frozen=True)
class Looked:
    """What is looked at: after which event, or at which instant (None: now), and two instants to be compared."""

    event: int | None
    at: datetime | None
    first: datetime | None
    last: datetime | None


async def show(request: Request) -> Response:
    """The case as it stood, with the way to the event before and after. Raises NotFound for one that is not there."""
    visitor, language = await auditor_of(request), language_of(request)
    context, request_id = door_of(request).context, request.path_params["request_id"]
    asked = {name: request.query_params.get(name, "").strip() for name in ("event", "at", "from", "to")}
    recorded = await asyncio.to_thread(recorded_case, context.reader, request_id)
    case = await asyncio.to_thread(context.client.get, request_id)
    wrong, looked = None, Looked(None, None, None, None)
    try:
        looked = _looked(asked, recorded, language)
        told, compared = await asyncio.to_thread(_told, context, recorded, looked, language)
    except (Problem, NotFound, NotFiledYet) as error:
        wrong = error.said if isinstance(error, Problem) else label("audit_page", "not_filed_yet", language)
        told, compared = await asyncio.to_thread(_told, context, recorded, Looked(None, None, None, None), language)
    names = {case.requester_code: case.requester_name, case.provider_code: case.provider_name}
    shown = {
        "request_id": request_id,
        "wrong": wrong,
        "asked": asked,
        "told": told,
        "compared": compared,
        "number": len(told.events),
        "last": len(recorded.events),
        "may": [(label("role", role, language), _commands(told, role, language)) for role in told.allowed],
        "labels": {event.seq: event_label(event.type, event.data, language) for event in recorded.events},
        "times": {event.seq: event.at for event in recorded.events},
        "actors": {event.seq: actor_text(event.actor, language) for event in recorded.events},
        "scripted": True,
        "reasons": {event.seq: reason_told(event, language) for event in recorded.events},
        "limits_told": {event.seq: clock_told(event, language) for event in recorded.events},
        "said": {event.seq: said_in(event, recorded.statute, language, names) for event in recorded.events},
        "states": {state.value: label("clock_state", state, language) for state in ClockState},
        "others": _others(compared, language),
        "about": case.resource_name,
        "names": names,
    }
    return page(request, "audit_case.html", visitor, shown, 422 if wrong else 200)


def _told(
    context: AppContext, recorded: RecordedCase, looked: Looked, language: Language
) -> tuple[CaseReplayOut, CaseReplayOut | None]:
    """The case as it stood, and as two instants differ, where two are named; blocking. Raises NotFound, NotFiledYet."""
    now = context.known_on()
    told = replay_out(*replayed(context, recorded, looked.at or now, None, looked.event), language)
    if looked.first is None and looked.last is None:
        return told, None
    first, last = looked.first or recorded.events[0].at, looked.last or now
    return told, replay_out(*replayed(context, recorded, last, first), language)


def _looked(asked: dict[str, str], recorded: RecordedCase, language: Language) -> Looked:
    """What is asked for. Raises Problem 422 with one sentence."""
    event = asked["event"]
    if event and not (event.isascii() and event.isdigit() and 1 <= int(event[:9]) <= len(recorded.events)):
        raise Problem(422, "invalid", detail=label("audit_page", "no_event", language))
    at, first, last = (_instant(asked[name], language) for name in ("at", "from", "to"))
    return Looked(int(event) if event else None, at, first, last)


def _instant(text: str, language: Language) -> datetime | None:
    """An instant, with its offset or in Beijing time, as a field for a day and an hour sends it."""
    if not text:
        return None
    try:
        bare = datetime.fromisoformat(text)
        whole = text if bare.tzinfo else bare.replace(tzinfo=CHINA).isoformat()
        return _INSTANT.validate_python(whole).astimezone(CHINA)
    except (ValueError, ValidationError, OverflowError):
        raise Problem(422, "invalid", detail=label("audit_page", "no_instant", language)) from None


def _commands(told: CaseReplayOut, role: Role, language: Language) -> list[str]:
    return [label("command", name, language) for name in told.allowed[role]]


def _others(compared: CaseReplayOut | None, language: Language) -> dict[str, Any]:
    """The words of what two instants differ in."""
    if compared is None or compared.difference is None:
        return {}
    found = compared.difference
    joined = "、" if language == "zh" else ", "
    return {
        name: [
            (label("role", role, language), joined.join(label("command", each, language) for each in names))
            for role, names in given.items()
        ]
        for name, given in (("gained", found.gained), ("lost", found.lost))
    }


async def dossier(request: Request) -> Response:
    """The dossier of the case, as a file."""
    await auditor_of(request)
    return await packed_dossier(request.path_params["request_id"], door_of(request).context)
