"""Where people drop a dossier, a key and a checkpoint, and read what each check says.

A form of a browser brings no bearer token. The page needs none of the ledger: what it checks is what was dropped, in a
process that knows nothing else. So it asks nobody who they are; it is there only where the operator says how often one
address may ask it.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.audit.dossiers import checked
from api.dependencies import ContextIn, LanguageIn
from api.http.prefix import prefixed
from api.http.problems import Problem, title_of
from audit.verification.results import CheckResult
from audit.verification.verify import conclusion_of
from domain.messages import words

ADDRESS: Final = "/audit/verify"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
}
"""A browser runs nothing, loads the style sheet alone, and sends the form nowhere else."""

router = APIRouter(prefix=ADDRESS, tags=["verify_page"], include_in_schema=False)


@router.get("")
async def form(context: ContextIn) -> Response:
    """The empty form."""
    _refuse_where_none_is(context.settings.verify_page is not None)
    return _page()


@router.post("")
async def verify(request: Request, context: ContextIn, language: LanguageIn) -> Response:
    """The form again, with what each check says of what was dropped, or why it cannot be checked."""
    _refuse_where_none_is(context.settings.verify_page is not None)
    try:
        context.limits.checks_dossier(request.client.host if request.client else "unknown")
        results = await checked(request, context, language)
    except Problem as problem:
        return _page(status=problem.status_code, problem=_said(problem), headers=problem.headers)
    return _page(results)


@router.get(".css")
async def style(context: ContextIn) -> Response:
    """The style sheet."""
    _refuse_where_none_is(context.settings.verify_page is not None)
    return Response(_style(), headers=_HEADERS, media_type="text/css")


def _refuse_where_none_is(served: bool) -> None:
    if not served:
        raise Problem(404, "not_found")


def _said(problem: Problem) -> list[str]:
    """A problem in both languages, with what is wrong with each field."""
    said = [title_of(problem, "zh"), title_of(problem, "en"), problem.said or ""]
    return [*said, *(f"{each['path']}: {each['reason']}" for each in problem.errors)]


def _page(
    results: Sequence[CheckResult] = (),
    status: int = 200,
    problem: Sequence[str] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    fixed = words("verify_page")
    text = (
        _templates()
        .get_template("verify.html")
        .render(t=fixed, address=prefixed(ADDRESS), results=results, conclusion=conclusion_of(results), problem=problem)
    )
    return HTMLResponse(text, status, {**_HEADERS, **(headers or {})})


@cache
def _templates() -> Environment:
    package = PackageLoader("api.verify_page", "templates")
    return Environment(loader=package, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def _style() -> str:
    return files("api.verify_page").joinpath("templates/verify.css").read_text(encoding="utf-8")
