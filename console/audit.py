"""审计: cases as they stood at an instant, findings, checkpoints of the log, acts of operators. Nothing here writes."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from fastapi import Response
from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request

from api.audit.endpoints import (
    AUDITORS,
    LOGS,
    cases_as_they_stood,
    findings_csv,
    findings_of,
    findings_xlsx,
)
from api.audit.endpoints import log as event_log
from api.checkpoints.endpoints import checkpoint_out
from api.context import AppContext
from api.dependencies import require_role
from api.http.problems import Problem
from api.operator_acts.endpoints import act_out
from audit.findings.finding import FindingKind
from audit.mining.formats import LogFormat
from console.desk import ROWS, next_after
from console.directories import known_departments
from console.door import Visitor, door_of, language_of, visitor_of
from console.pages import page, see_other
from console.saved import saved_as
from domain.field_types import Code, Day
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from ledger.queries.views import CaseFilter
from starter.audit_selection import selected
from starter.errors import InvalidInput
from starter.overlaid import title_with_above

_DAY: Final = TypeAdapter(Day)
_CODE: Final = TypeAdapter(Code)
ASKED: Final = ("department", "from", "to", "statute", "kind")
LONGEST_ID: Final = 64


async def auditor_of(request: Request) -> Visitor:
    """Who asks. Raises SignedOut, and Problem 403 for all but auditors."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, AUDITORS)
    return visitor


async def show(request: Request) -> Response:
    """A case by its id, or the cases of a department in a period as they stood at its end."""
    visitor, language = await auditor_of(request), language_of(request)
    request_id = request.query_params.get("case", "").strip()[:LONGEST_ID]
    if request_id:
        return see_other(f"/audit/cases/{quote(request_id, safe='')}")
    asked, context = asked_of(request), door_of(request).context
    shown: dict[str, Any] = {"wrong": None, "found": (), "next": None}
    try:
        wanted = wanted_of(asked, language)
        cursor = request.query_params.get("cursor")
        found = await asyncio.to_thread(cases_as_they_stood, context, wanted, None, cursor, ROWS, language)
        shown |= {"found": found.items, "next": next_after("/audit", found.next, said_of(asked))}
        shown["abouts"] = await _abouts(context, [row.request_id for row in found.items])
    except Problem as problem:
        shown["wrong"] = problem.said
    return _page(request, visitor, "audit.html", asked, shown, 422 if shown["wrong"] else 200)


async def findings(request: Request) -> Response:
    """What records show to be against the text, a page of cases at a time."""
    visitor, language = await auditor_of(request), language_of(request)
    asked, context = asked_of(request), door_of(request).context
    shown: dict[str, Any] = {"wrong": None, "found": (), "next": None}
    try:
        wanted = wanted_of(asked, language)
        cursor, kind = request.query_params.get("cursor"), _kind(asked)
        found = await asyncio.to_thread(findings_of, context, wanted, cursor, ROWS, language, kind)
        shown |= {"found": found.items, "next": next_after("/audit/findings", found.next, said_of(asked))}
        shown["abouts"] = await _abouts(context, [row.request_id for row in found.items])
    except Problem as problem:
        shown["wrong"] = problem.said
    return _page(request, visitor, "audit_findings.html", asked, shown, 422 if shown["wrong"] else 200)


async def _abouts(context: AppContext, request_ids: Sequence[str]) -> Mapping[str, str]:
    """What cases are about, by id."""
    return await asyncio.to_thread(context.reader.stuck_book.abouts, request_ids)


def _page(
    request: Request, visitor: Visitor, template: str, asked: Mapping[str, str], shown: Mapping[str, Any], status: int
) -> Response:
    context, language = door_of(request).context, language_of(request)
    formats = [(form.value, label("console", f"log_{form.value}", language)) for form in LOGS]
    more = {
        "asked": asked,
        "said": said_of(asked),
        "statutes": [(id_, title_with_above(it, language)) for id_, it in packaged_statutes().items()],
        "formats": formats,
        "kinds": [(kind.value, label("audit_kind", kind, language)) for kind in FindingKind],
        "known": known_departments(context),
        "verifies": _verifies(context),
    }
    return page(request, template, visitor, {**shown, **more}, status)


async def table(request: Request) -> Response:
    """All findings as a file, in words: CSV or XLSX by the end of the address. Raises Problem 422."""
    await auditor_of(request)
    context, asked, language = door_of(request).context, asked_of(request), language_of(request)
    make = findings_csv if request.url.path.endswith(".csv") else findings_xlsx
    made = await make(context, language, wanted_of(asked, language), _kind(asked), in_words=True)
    return saved_as(made, "findings", language)


async def log(request: Request) -> Response:
    """The event log of the cases that are chosen, in a format for process mining. Raises Problem 422, and 404."""
    await auditor_of(request)
    context, wanted = door_of(request).context, wanted_of(asked_of(request), language_of(request))
    word = request.path_params["form"]
    form = next((each for each in LogFormat if each.value == word), None)
    if form is None:
        raise Problem(404, "not_found")
    return await event_log(context, wanted, form)


async def checkpoints(request: Request) -> Response:
    """Checkpoints of the log, to be copied and kept elsewhere, and the log's public key."""
    visitor = await auditor_of(request)
    context, cursor = door_of(request).context, request.query_params.get("cursor")
    found, following = await asyncio.to_thread(context.reader.log.checkpoints, cursor, ROWS)
    newest = await asyncio.to_thread(context.reader.log.newest_checkpoint)
    shown = {
        "found": [checkpoint_out(each) for each in found],
        "key": newest.key if newest else None,
        "verifies": _verifies(context),
        "next": next_after("/audit/checkpoints", following),
    }
    return page(request, "audit_checkpoints.html", visitor, shown)


async def acts(request: Request) -> Response:
    """What those who run the engine did, the newest first."""
    visitor, language = await auditor_of(request), language_of(request)
    context, cursor = door_of(request).context, request.query_params.get("cursor")
    found, following = await asyncio.to_thread(context.reader.all_acts, cursor, ROWS)
    shown = {
        "found": [act_out(act, language) for act in found],
        "verifies": _verifies(context),
        "next": next_after("/audit/acts", following),
    }
    return page(request, "audit_acts.html", visitor, shown)


def _verifies(context: AppContext) -> bool:
    """Whether the operator has a page on which dossiers are checked."""
    return context.settings.verify_page is not None


def asked_of(request: Request) -> dict[str, str]:
    """What was typed into the form that chooses cases."""
    return {name: request.query_params.get(name, "").strip() for name in ASKED}


def _kind(asked: Mapping[str, str]) -> FindingKind | None:
    """The kind of findings that was chosen, if any."""
    return next((kind for kind in FindingKind if kind.value == asked["kind"]), None)


def said_of(asked: Mapping[str, str]) -> dict[str, str]:
    """What of it was filled in, as it stands in an address."""
    return {name: value for name, value in asked.items() if value}


def wanted_of(asked: Mapping[str, str], language: Language) -> CaseFilter:
    """The cases that are asked for. Raises Problem 422 with one sentence."""
    try:
        department = _CODE.validate_python(asked["department"]) if asked["department"] else None
    except ValidationError:
        raise Problem(422, "invalid", detail=label("audit_page", "no_code", language)) from None
    if asked["statute"] and asked["statute"] not in packaged_statutes():
        raise Problem(422, "invalid", detail=label("audit_page", "no_statute", language))
    first, last = (_day(asked[name], language) for name in ("from", "to"))
    try:
        return selected(department, first, last, asked["statute"] or None)
    except InvalidInput:
        raise Problem(422, "invalid", detail=label("audit_page", "no_period", language)) from None


def _day(text: str, language: Language) -> date | None:
    try:
        return _DAY.validate_python(text) if text else None
    except ValidationError:
        raise Problem(422, "invalid", detail=label("calendar_page", "no_day", language)) from None
