"""Errors as ``application/problem+json`` (RFC 9457): a code for programs, a sentence in the reader's language."""

import logging
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException as LibraryProblem
from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.language import language_of
from api.http.prefix import own_path
from domain.messages import Language, label, refusal_sentence, words
from domain.refusal_codes import RefusalCode
from domain.validation_messages import all_problems, key_path
from ledger.errors import BadCursor, CursorExpired
from ledger.failures import DATABASE_AWAY
from starter.errors import (
    AlreadyOpen,
    InvalidInput,
    KeyReused,
    NeedsOperator,
    NotFound,
    PersonsStay,
    RequestRefused,
    Stale,
    Unavailable,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:shareflow:problem:"
AGAIN_SECONDS = "2"

log = logging.getLogger("shareflow.api")

UNPROCESSABLE = frozenset(
    {
        RefusalCode.REASON_REQUIRED,
        RefusalCode.LEGAL_BASIS_REQUIRED,
        RefusalCode.JUSTIFICATION_REQUIRED,
        RefusalCode.NECESSITY_REQUIRED,
        RefusalCode.MISSING_LIST_REQUIRED,
        RefusalCode.APPLICATION_INCOMPLETE,
        RefusalCode.CLASS_NOT_SHAREABLE,
        RefusalCode.SECRET_DATA_EXCLUDED,
        RefusalCode.UNKNOWN_STATUTE,
        RefusalCode.STATUTE_NOT_IN_FORCE,
        RefusalCode.EXTENSION_TOO_LONG,
        RefusalCode.TERM_NOT_IN_FUTURE,
        RefusalCode.GROUND_NOT_LISTED,
        RefusalCode.LIMIT_REQUIRED,
        RefusalCode.SERIOUSNESS_REQUIRED,
        RefusalCode.CATALOGUE_BASIS_REQUIRED,
        RefusalCode.CATALOGUE_CONDITIONS_REQUIRED,
        RefusalCode.DUTY_WITHOUT_BODY,
        RefusalCode.DAY_OUT_OF_RANGE,
        RefusalCode.REQUESTER_IS_PROVIDER,
    }
)
"""Refusals of what was said (422); all others are refusals of the moment or the actor (409)."""

OF_STATUS = {
    400: "malformed",
    401: "not_authenticated",
    403: "role_required",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "wrong_type",
    422: "invalid",
    429: "too_many_requests",
    503: "unavailable",
}
"""The code of a problem that a library found, by its status."""


class Problem(HTTPException):
    """Something a caller did that cannot be answered; ``code`` is a refusal code or a word of ``problem``.

    ``errors`` are fields: their path and what is wrong with each. ``more`` are further members of the body. ``word``
    is the detail as a word of the catalogue (kind ``body``), for whoever does not know the reader's language.
    """

    def __init__(
        self,
        status: int,
        code: str,
        *,
        detail: str | None = None,
        article: str | None = None,
        title: str | None = None,
        word: str | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(status, code, dict(headers or {}))
        self.code = code
        self.said = detail
        self.word = word
        self.article = article
        self.title = title
        self.errors = list(errors)
        self.more = more


class FieldProblem(BaseModel):
    """One field that cannot be used."""

    path: str = Field(description="Where it is, such as request.provider.code")
    reason: str


class ProblemOut(BaseModel):
    """What went wrong (RFC 9457). Programs read `code`; people read `title` and `detail`."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    code: str
    detail: str | None = None
    article: str | None = None
    statute: str | None = None
    errors: list[FieldProblem] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "model": ProblemOut,
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}}},
    }
    for status in (400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 429, 500, 503)
}
"""The problems that any endpoint may answer with, for the API's description."""


def answer_problems(app: FastAPI) -> None:
    """Answer every error of the application as a problem."""

    def render(
        kind: type[Exception],
        made: Callable[[Any, Language], Problem],
        noted: Callable[[Exception, str | None], None] | None = None,
    ) -> None:
        """``noted`` is told of an error and of the case that the call is about, if it is about one."""

        async def handler(request: Request, error: Exception) -> Response:
            if noted is not None:
                noted(error, request.path_params.get("request_id"))
            language = language_of(request.headers.get("accept-language"))
            return response(made(error, language), language)

        app.add_exception_handler(kind, handler)

    render(Problem, lambda error, _: error)

    async def found_by_library(request: Request, error: Exception) -> Response:
        assert isinstance(error, LibraryProblem)
        problem = _of_library(error)
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            problem.headers = {"Allow": ", ".join(_methods(app, own_path(request.scope)))}
        return response(problem, language_of(request.headers.get("accept-language")))

    app.add_exception_handler(LibraryProblem, found_by_library)
    render(RequestValidationError, _invalid)
    render(RequestRefused, _refused)
    render(NotFound, lambda *_: Problem(404, "not_found"))
    render(InvalidInput, lambda error, _: Problem(422, "invalid", detail=str(error)))
    render(KeyReused, lambda *_: Problem(422, "key_reused"))
    render(AlreadyOpen, lambda error, _: Problem(409, "already_open", detail=str(error), request_id=error.request_id))
    render(Stale, lambda *_: Problem(412, "stale"))
    # No Retry-After: asking again would only bring the same answer.
    render(NeedsOperator, lambda *_: Problem(500, "needs_operator"), _note_what_needs_an_operator)
    render(PersonsStay, lambda *_: Problem(409, "persons_stay"))
    render(BadCursor, lambda error, _: Problem(400, "bad_cursor", detail=str(error)))
    render(CursorExpired, lambda *_: Problem(410, "cursor_expired"))
    again = {"Retry-After": AGAIN_SECONDS}
    for away in (Unavailable, *DATABASE_AWAY):
        render(away, lambda *_: Problem(503, "unavailable", headers=again), _note_what_is_away)
    app.add_middleware(Unexpected)


def response(problem: Problem, language: Language) -> Response:
    """A problem as it is sent."""
    body = ProblemOut(
        type=TYPE_PREFIX + problem.code,
        title=title_of(problem, language),
        status=problem.status_code,
        code=problem.code,
        detail=label("body", problem.word, language) if problem.word else problem.said,
        article=problem.article,
        errors=[FieldProblem.model_validate(error) for error in problem.errors] or None,
        **problem.more,
    )
    headers = {**(problem.headers or {}), "Content-Language": "zh-CN" if language == "zh" else "en"}
    text = body.model_dump_json(exclude_none=True)
    return Response(text, problem.status_code, headers, media_type=MEDIA_TYPE)


def title_of(problem: Problem, language: Language) -> str:
    """What went wrong, in one sentence for people."""
    if problem.title is not None:
        return problem.title
    if problem.code in set(RefusalCode):
        return refusal_sentence(problem.code, language, problem.article, problem.more.get("details"))
    return words("problem")[problem.code][language]


def _refused(refusal: RequestRefused, language: Language) -> Problem:
    status = 422 if refusal.code in UNPROCESSABLE else 409
    more: dict[str, Any] = {"statute": refusal.statute} if refusal.statute else {}
    if refusal.details:
        more["details"] = refusal.details
    return Problem(status, refusal.code, article=refusal.article, title=refusal.sentence(language), **more)


def _invalid(error: RequestValidationError, language: Language) -> Problem:
    details = error.errors()
    if any(detail["type"] == "json_invalid" for detail in details):
        return Problem(400, "malformed_json")
    if [(detail["type"], detail["loc"]) for detail in details] == [("missing", ("header", "idempotency-key"))]:
        return Problem(400, "idempotency_key_required")
    found = [{"path": _where(path), "reason": reason} for path, reason in all_problems(details, language)]
    return Problem(422, "invalid", errors=found)


def _where(path: Sequence[str | int]) -> str:
    """A field's path: in the body from its top, elsewhere behind the part of the request (``query.limit``)."""
    return key_path(path[1:] if path and path[0] == "body" else path)


def _methods(app: FastAPI, path: str) -> list[str]:
    """Every method that some endpoint at a path takes (RFC 9110, 15.5.6)."""
    described: dict[str, dict[str, Any]] = app.openapi()["paths"]
    found = {m.upper() for route, ways in described.items() if compile_path(route)[0].match(path) for m in ways}
    return sorted({*found, "HEAD"} if "GET" in found else found)


def _of_library(error: LibraryProblem) -> Problem:
    code = OF_STATUS.get(error.status_code, "malformed" if error.status_code < 500 else "unavailable")
    return Problem(error.status_code, code, headers=error.headers)


def _note_what_is_away(error: Exception, case: str | None) -> None:
    log.warning("unavailable", extra={"error": f"{type(error).__name__}: {error}", "request_id": case})


def _note_what_needs_an_operator(error: Exception, case: str | None) -> None:
    log.error("needs an operator", extra={"error": str(error), "request_id": case})


class Unexpected:
    """A defect is logged in full and told in one sentence."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. What has begun to be answered can only break off."""
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("unexpected", extra={"method": scope["method"], "path": scope["path"]})
            if begun:
                raise
            accept = dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1")
            await response(Problem(500, "defect"), language_of(accept))(scope, receive, send)
