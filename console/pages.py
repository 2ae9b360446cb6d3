"""Pages: templates, the words of the reader's language, and the headers under which a browser takes them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.cases.sheets.texts import places_with_texts
from api.http.prefix import own_path, prefixed
from console.door import CSRF, Visitor, door_of, language_of
from console.listed_names import ListedNames
from console.menu import menu_of
from console.said import organ_text, resource_text
from domain.messages import Language, label, words
from domain.messages.articles import article_text
from domain.messages.days import day_text
from domain.messages.period_names import period_said, periods_said
from domain.statutes.loader import packaged_statutes, regulation_title
from domain.stuck_words import told_of_error, told_of_point, told_of_reason, told_of_subject
from starter.documents.page import TAGS
from starter.documents.wording import said, time_text
from starter.overlaid import title_with_above

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would not say of a form from which address it comes.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
"""A browser runs and loads what comes from here alone, nothing that stands in a page, and sends forms nowhere else."""
SHOWN_AGAIN: Final = {"Cache-Control": "private, no-cache"}
"""What answers a form cannot be asked for again: Back shows what the browser has of it, until somebody signs out."""


ANY_CASE: Final = "/live"
"""Where a tab hears that something changed among the cases that the visitor may see."""


def page(
    request: Request,
    template: str,
    visitor: Visitor | None,
    context: Mapping[str, Any],
    status: int = 200,
    live: str | None = None,
) -> Response:
    """A page in the reader's language; ``live``: where a tab hears that it changed, if it can be asked for again.

    ``scripted`` in the context: the page has use for the script although nobody tells it of changes.
    """
    language, listed = language_of(request), ListedNames(door_of(request).context)
    text = (
        _templates()
        .get_template(template)
        .render(
            t={word: texts[language] for word, texts in words("console").items()},
            role_labels={word: texts[language] for word, texts in words("role").items()},
            clock_states={word: texts[language] for word, texts in words("clock_state").items()},
            basis_labels={word: texts[language] for word, texts in words("basis").items()},
            language=language,
            tag=TAGS[language],
            visitor=visitor,
            menu=menu_of(visitor.caller) if visitor else [],
            org_name=listed.name(visitor.caller.org) if visitor else None,
            listed_as=listed.otherwise,
            demonstrates=door_of(request).demonstration,
            csrf=CSRF,
            here=own_path(request.scope),
            paged="cursor" in request.query_params,
            about_lights=_about_lights(request, language),
            live=live if request.method == "GET" else None,
            **{"back": shown_at(request), "scripted": False, **context},
        )
    )
    again = SHOWN_AGAIN if request.method == "POST" else {}
    return HTMLResponse(text, status, {**HEADERS, **again, "Content-Language": TAGS[language]})


def _about_lights(request: Request, language: Language) -> str:
    """From when on a limit is nearly due, by the policy here: two with the same days left may differ."""
    warnings = door_of(request).context.client.policy.warnings
    said = {"least": warnings.for_limits_of_at_least, "before": max(warnings.working_days_before, default=0)}
    return label("console", "about_lights", language).format(**said)


def shown_at(request: Request) -> str:
    """Where the page that is shown can be asked for again: what a form was sent to lies below it."""
    path = own_path(request.scope)
    if request.method not in ("GET", "HEAD"):
        return path.rpartition("/")[0] or "/"
    return f"{path}?{request.url.query}" if request.url.query else path


def see_other(path: str) -> Response:
    """Send the browser on to another page, which it asks for anew."""
    return RedirectResponse(prefixed(path), 303, HEADERS)


async def style(_: Request) -> Response:
    """The style of all pages: what they share, then what single pages need besides."""
    return Response(_style(), headers=HEADERS, media_type="text/css")


async def script(_: Request) -> Response:
    """What shows changes without a reload; every page does without it."""
    return Response(_script(), headers=HEADERS, media_type="text/javascript")


async def sign(_: Request) -> Response:
    """The small picture by which a browser marks the pages."""
    return Response(_templates().get_template("sign.svg").render(), headers=HEADERS, media_type="image/svg+xml")


def text_name(statute_id: str, language: Language) -> str:
    """What a text is called, by its own title alone; its id where it is none of ours."""
    title = regulation_title(statute_id) or regulation_title(statute_id.partition("+")[0])
    return statute_id if title is None else getattr(title, language)


def place_name(place: str, language: Language) -> str:
    """What people call a place that has a text; its word where it has none."""
    known = places_with_texts().get(place)
    return place if known is None else getattr(known, language)


def _procedure_name(procedure: str, language: Language) -> str:
    return label("procedure", procedure, language)


def whole_text_name(statute_id: str, language: Language) -> str:
    """What a text is called with the regulations that are merged into it; its id where it is none of ours."""
    known = packaged_statutes().get(statute_id)
    return text_name(statute_id, language) if known is None else title_with_above(known, language)


@cache
def _style() -> str:
    folder = files("console").joinpath("templates")
    own = sorted(folder.joinpath("styles").iterdir(), key=lambda file: file.name)
    return "\n".join(file.read_text(encoding="utf-8") for file in (folder.joinpath("console.css"), *own))


@cache
def _script() -> str:
    return files("console").joinpath("static/live.js").read_text(encoding="utf-8")


@cache
def _templates() -> Environment:
    made = Environment(
        loader=PackageLoader("console", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["at"] = prefixed
    made.filters.update(
        article=article_text,
        text=text_name,
        whole_text=whole_text_name,
        place=place_name,
        procedure=_procedure_name,
        with_above=title_with_above,
        said=said,
        organ=organ_text,
        resource=resource_text,
        day=day_text,
        period=period_said,
        periods=periods_said,
        instant=time_text,
        held_up=told_of_reason,
        point=told_of_point,
        stuck_subject=told_of_subject,
        told_error=told_of_error,
    )
    return made
