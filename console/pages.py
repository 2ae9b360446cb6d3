"""Pages: templates, the words of the reader's language, and the headers under which a browser takes them."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.http.prefix import own_path, prefixed
from api.worklist.endpoints import OVERSEERS
from console.door import CSRF, Visitor, language_of
from domain.messages import words
from starter.documents.page import TAGS
from starter.documents.wording import day_text, said, time_text

HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would not say of a form from which address it comes.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
"""A browser runs nothing, loads from here alone, and sends forms nowhere else."""


def page(
    request: Request, template: str, visitor: Visitor | None, context: Mapping[str, Any], status: int = 200
) -> Response:
    """A page in the reader's language."""
    language = language_of(request)
    text = (
        _templates()
        .get_template(template)
        .render(
            t={word: texts[language] for word, texts in words("console").items()},
            role_labels={word: texts[language] for word, texts in words("role").items()},
            language=language,
            tag=TAGS[language],
            visitor=visitor,
            oversees=visitor is not None and bool(visitor.caller.roles & set(OVERSEERS)),
            csrf=CSRF,
            here=own_path(request.scope),
            **context,
        )
    )
    return HTMLResponse(text, status, {**HEADERS, "Content-Language": TAGS[language]})


def see_other(path: str) -> Response:
    """Send the browser on to another page, which it asks for anew."""
    return RedirectResponse(prefixed(path), 303, HEADERS)


async def style(_: Request) -> Response:
    """The one style sheet."""
    return Response(_style(), headers=HEADERS, media_type="text/css")


@cache
def _style() -> str:
    return files("console").joinpath("templates/console.css").read_text(encoding="utf-8")


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
    made.filters.update(said=said, day=day_text, instant=time_text)
    return made
