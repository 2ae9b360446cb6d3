"""核验卷宗 within the console: a dossier is dropped, and each check says what it found.

The API has the same page for whoever is no user of the engine; where the console is, this one stands in its place. Here
too nobody is asked who they are: what is checked is what was brought, in a process that knows nothing else.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import Response

from api.audit.dossiers import checked
from api.http.problems import Problem, title_of
from api.verify_page.endpoints import ADDRESS
from audit.verification.in_chinese import in_chinese
from audit.verification.results import Result
from audit.verification.verify import conclusion_of
from console.door import SignedOut, Visitor, came_from, door_of, language_of, visitor_of
from console.dossier_said import altered_event, finding_said
from console.pages import page
from domain.messages import Language, label, words

BROUGHT: Final = ("dossier", "key", "checkpoint")
"""The fields of the form, each a file; all but the first may be left out."""


async def show(request: Request) -> Response:
    """The empty form. Raises Problem 404 where the operator wants no such page."""
    return _page(request, await _visitor(request))


async def check(request: Request) -> Response:
    """The form again, with what each check says of what was brought, or why it cannot be checked."""
    visitor, context, language = await _visitor(request), door_of(request).context, language_of(request)
    try:
        context.limits.checks_dossier(came_from(request))
        results = await checked(request, context, language)
    except Problem as problem:
        said = [in_chinese(problem.said) if language == "zh" else problem.said] if problem.said else []
        wrong = [title_of(problem, language), *said, *(_field_said(each, language) for each in problem.errors)]
        answer = _page(request, visitor, {"wrong": wrong}, problem.status_code)
        answer.headers.update(problem.headers or {})
        return answer
    told = {came: [each for each in results if each.result == came] for came in get_args(Result)}
    found = {each.check: finding_said(each, language) for each in results if each.detail}
    conclusion = {"conclusion": conclusion_of(results), "altered": altered_event(results)}
    return _page(request, visitor, {"told": told, "found": found, **conclusion})


def _field_said(error: Mapping[str, str], language: Language) -> str:
    """What is wrong with a field, by its name on the page."""
    known = words("verify_page").get(error["path"])
    colon = label("console", "colon", language)
    return f"{known[language] if known else error['path']}{colon}{error['reason']}"


async def _visitor(request: Request) -> Visitor | None:
    if door_of(request).context.settings.verify_page is None:
        raise Problem(404, "not_found")
    with suppress(SignedOut):
        return await visitor_of(request)
    return None


def _page(
    request: Request, visitor: Visitor | None, told: dict[str, object] | None = None, status: int = 200
) -> Response:
    language = language_of(request)
    fixed = {word: texts[language] for word, texts in words("verify_page").items()}
    names = {check: texts[language] for check, texts in words("audit_check").items()}
    means = {check: texts[language] for check, texts in words("audit_check_means").items()}
    shown = {
        "v": fixed,
        "names": names,
        "means": means,
        "address": ADDRESS,
        "brought": BROUGHT,
        "back": ADDRESS,
        "scripted": True,
    }
    return page(request, "audit_verify.html", visitor, {"told": {}, "wrong": (), **shown, **(told or {})}, status)
