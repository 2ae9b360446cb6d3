"""The console as an application of its own, at the addresses below the API's that are its pages'."""

import contextlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from itertools import chain
from typing import Final

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

from api.context import AppContext
from api.http.browsers import asks_for_page
from api.http.prefix import own_path
from api.http.problems import Problem
from api.http.unheld import unheld
from api.verify_page.endpoints import ADDRESS
from console import (
    assessment,
    audit,
    calendar,
    calendar_template,
    case_acts,
    case_notes,
    case_page,
    case_papers,
    desk,
    disputes,
    feed,
    filing,
    filing_preview,
    live,
    notices,
    replay,
    seals,
    sheet,
    sign_in,
    statutes,
    stuck,
    substitutes,
    supervision,
    verify,
    what_if,
)
from console.door import Door, SignedOut, WayIn, language_of, visitor_of
from console.oidc import RETURN
from console.onward import to_sign_in
from console.pages import HEADERS, page, script, sign, style
from console.refusals import problem_told
from console.streams import Streams
from console.typed import typed_in, with_papers
from domain.messages import label
from ledger.errors import BadCursor
from starter.errors import NotFound, Unavailable

ROUTES: Final = (
    Route("/", desk.home),
    Route("/desk", desk.show),
    Route("/desk/claim", desk.claim, methods=["POST"]),
    Route("/desk/release", desk.release, methods=["POST"]),
    Route("/desk/hand-over", desk.hand_over, methods=["POST"]),
    Route("/desk/feed", feed.show),
    Route("/desk/feed", feed.begin, methods=["POST"]),
    Route("/desk/feed/revoke", feed.revoke, methods=["POST"]),
    Route("/desk.ics", feed.ics),
    Route("/desk/notices", notices.show),
    Route("/desk/notices", notices.choose, methods=["POST"]),
    Route("/desk/notices/address", notices.ask_address, methods=["POST"]),
    Route("/desk/notices/code", notices.confirm_address, methods=["POST"]),
    Route("/desk/notices/forget", notices.forget_address, methods=["POST"]),
    Route("/desk/notices/undelivered", notices.undelivered),
    Route("/desk/substitutes", substitutes.show),
    Route("/desk/substitutes", substitutes.add, methods=["POST"]),
    Route("/desk/substitutes/end", substitutes.end, methods=["POST"]),
    Route("/stuck", stuck.show),
    Route("/stuck/batches", stuck.prepare, methods=["POST"]),
    Route("/stuck/batches/{batch_id}", stuck.batch),
    Route("/stuck/batches/{batch_id}/{what}", stuck.move, methods=["POST"]),
    Route("/stuck/{subject}", stuck.one),
    Route("/stuck/{subject}/{what}", stuck.act, methods=["POST"]),
    Route("/disputes", disputes.show),
    Route("/assessment", assessment.show),
    Route("/assessment/cases", assessment.cases),
    Route("/assessment/table", assessment.save),
    Route("/assessment/seal", seals.prepare),
    Route("/assessment/seal", seals.send, methods=["POST"]),
    Route("/assessment/seals/{number:int}", seals.one),
    Route("/supervision", supervision.show),
    Route("/supervision/cases", supervision.cases),
    Route("/supervision/confirm", supervision.show_confirmation),
    Route("/supervision/confirm", supervision.confirm, methods=["POST"]),
    Route("/supervision/urge", supervision.show_urged),
    Route("/supervision/urge", supervision.urge, methods=["POST"]),
    Route("/calendar", calendar.show),
    Route("/calendar/template", calendar_template.template),
    Route("/calendar/impact", calendar.show_impact),
    Route("/calendar/impact", calendar.preview, methods=["POST"]),
    Route("/calendar/publish", calendar.put_in_force, methods=["POST"]),
    Route("/calendar/publications/{edition}", calendar.publication),
    Route("/audit", audit.show),
    Route("/audit/findings", audit.findings),
    Route("/audit/findings.csv", audit.table),
    Route("/audit/findings.xlsx", audit.table),
    Route("/audit/log/{form}", audit.log),
    Route("/audit/checkpoints", audit.checkpoints),
    Route("/audit/acts", audit.acts),
    Route(ADDRESS, verify.show),
    Route(ADDRESS, verify.check, methods=["POST"]),
    Route("/audit/cases/{request_id}", replay.show),
    Route("/audit/cases/{request_id}/dossier", replay.dossier),
    Route("/statutes", statutes.show),
    Route("/statutes/resources", statutes.resources),
    Route("/statutes/{statute_id}", statutes.one),
    Route("/statutes/{statute_id}/procedures/{procedure}", statutes.procedure),
    Route("/what-if", what_if.show),
    Route("/what-if/form", what_if.edit, methods=["POST"]),
    Route("/what-if/move", what_if.move, methods=["POST"]),
    Route("/what-if/add", what_if.add, methods=["POST"]),
    Route("/what-if/play", what_if.show_played),
    Route("/what-if/play", what_if.play, methods=["POST"]),
    Route("/file", filing.show),
    Route("/file", filing.send, methods=["POST"]),
    Route("/file/form", filing.edit, methods=["POST"]),
    Route("/file/preview", filing_preview.show),
    Route("/file/preview", filing_preview.look_at, methods=["POST"]),
    Route("/file/sheet", sheet.show),
    Route("/file/sheet/template", sheet.template),
    Route("/file/sheet/preview", sheet.show_preview),
    Route("/file/sheet/preview", sheet.look_at, methods=["POST"]),
    Route("/file/sheet/confirm", sheet.show_done),
    Route("/file/sheet/confirm", sheet.confirm, methods=["POST"]),
    Route("/file/sheet/left", sheet.left, methods=["POST"]),
    Route("/cases/{request_id}", case_page.show),
    Route("/cases/{request_id}/commands", case_acts.give, methods=["POST"]),
    Route("/cases/{request_id}/preview", case_acts.show_preview),
    Route("/cases/{request_id}/preview", case_acts.preview, methods=["POST"]),
    Route("/cases/{request_id}/form", case_acts.edit, methods=["POST"]),
    Route("/cases/{request_id}/clear", case_acts.clear, methods=["POST"]),
    Route("/cases/{request_id}/notes", case_notes.add, methods=["POST"]),
    Route("/cases/{request_id}/papers/{name}", case_papers.paper),
    Route("/cases/{request_id}/attachments/{sha256}", case_papers.attachment),
    Route("/sign-in", sign_in.show),
    Route("/sign-in", sign_in.enter, methods=["POST"]),
    Route("/sign-in/begin", sign_in.begin),
    Route(RETURN, sign_in.come_back),
    Route("/sign-out", sign_in.leave, methods=["POST"]),
    Route("/language", sign_in.choose_language, methods=["POST"]),
    Route("/live", live.stream),
    Route("/console.css", style),
    Route("/console.js", script),
    Route("/console.svg", sign),
)
"""Every page; what is not built is not there."""


def add_console(app: FastAPI, context: AppContext, demonstration: bool, issuer: WayIn | None = None) -> None:
    """Put the console beside the API, behind the same guards. ``demonstration``: people choose who they are; else they
    prove it at ``issuer``, if there is one."""
    console = Starlette(routes=list(ROUTES), exception_handlers={**_HANDLERS, 500: _defect})
    # What it redirects to would be a Host that anybody can make up.
    console.router.redirect_slashes = False
    console.state.door = Door(context, demonstration, Streams(context.reader.lasting_sessions), issuer)
    app.router.routes.insert(0, _Instead(console))
    app.router.routes.append(_Pages(console))


class _Pages(BaseRoute):
    """The console's addresses among those of the API, known by the first part of the path; and to browsers all that
    the API, which stands before, does not know."""

    path = "/(console)"

    def __init__(self, app: Starlette) -> None:
        self._app = app
        self._first = {route.path.split("/")[1] for route in ROUTES}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for a page."""
        if scope["type"] != "http":
            return Match.NONE, {}
        if own_path(scope).split("/")[1] not in self._first and not asks_for_page(scope):
            return Match.NONE, {}
        # A HEAD is answered as a GET by whoever stands before: here it is taken as it comes.
        return Match.FULL, {"route": self}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a page, under the console's headers; what nothing can be called is not looked for."""
        asked = Request({**scope, "app": self._app})
        if unheld([own_path(scope), *chain.from_iterable(asked.query_params.multi_items())]):
            answer = await _told(asked, 400, label("body", "unheld", language_of(asked)))
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, send)


class _Instead(_Pages):
    """A page of the console that stands in the place of one of the API's."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether a request is for it."""
        if scope["type"] == "http" and own_path(scope) == ADDRESS:
            return Match.FULL, {"route": self}
        return Match.NONE, {}


Telling = Callable[[Request, Exception], Awaitable[Response]]


async def _signed_out(request: Request, _: Exception) -> Response:
    """On to the way in; whoever has typed something into a form sees it once more before."""
    language = language_of(request)
    if await typed_in(request, language) or (with_papers(request) and request.method == "POST"):
        return await _told(request, 403, label("console", "session_ended", language))
    return to_sign_in(request)


async def _of_library(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if isinstance(error, Problem):
        return await _told(request, error.status_code, problem_told(error, language_of(request)), error.headers)
    if error.status_code == HTTPStatus.BAD_REQUEST:  # of a form: too many fields, or none that can be told apart
        return await _told(request, 400, label("console", "form_unreadable", language_of(request)))
    code = "not_found" if error.status_code == HTTPStatus.NOT_FOUND else "method_not_allowed"
    return await _told(request, error.status_code, label("problem", code, language_of(request)), error.headers)


async def _not_found(request: Request, _: Exception) -> Response:
    return await _told(request, 404, label("problem", "not_found", language_of(request)))


async def _bad_cursor(request: Request, _: Exception) -> Response:
    return await _told(request, 400, label("problem", "bad_cursor", language_of(request)))


async def _unavailable(request: Request, _: Exception) -> Response:
    return await _told(request, 503, label("problem", "unavailable", language_of(request)))


async def _defect(request: Request, _: Exception) -> Response:
    return await _told(request, 500, label("problem", "defect", language_of(request)))


async def _told(request: Request, status: int, sentence: str, headers: object = None) -> Response:
    """A page of one sentence; to whoever is signed out as well."""
    visitor = None
    if status < HTTPStatus.INTERNAL_SERVER_ERROR:
        with contextlib.suppress(SignedOut, Problem):
            visitor = await visitor_of(request)
    lost = status == HTTPStatus.FORBIDDEN or hasattr(request.state, "sent")
    typed = await typed_in(request, language_of(request)) if lost else ()
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and not typed and request.method == "POST":
        sentence = f"{sentence}{label('console', 'still_in_the_form', language_of(request))}"
    shown = {"sentence": sentence, "typed": typed, "defect": status >= HTTPStatus.INTERNAL_SERVER_ERROR}
    answer = page(request, "problem.html", visitor, shown, status)
    if isinstance(headers, dict):
        answer.headers.update({**headers, **HEADERS})
    return answer


_HANDLERS: Final[dict[type[Exception], Telling]] = {
    SignedOut: _signed_out,
    HTTPException: _of_library,
    NotFound: _not_found,
    BadCursor: _bad_cursor,
    Unavailable: _unavailable,
}
