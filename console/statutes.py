"""目录与法规: the texts clause by clause, the stages of each procedure under them, and the resources that are known."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from api.http.problems import Problem
from api.law.catalogue import resources_of
from api.law.clauses import clause_list
from api.law.endpoints import brief_of
from api.procedures.endpoints import drawn
from console.desk import next_after
from console.door import door_of, language_of, visitor_of
from console.pages import page
from domain.messages import Language, label
from domain.statutes.loader import packaged_statutes
from domain.statutes.model import Statute
from domain.words import ProcedureName
from procedures.registry import PROCEDURES
from starter.diagram.of_procedure import picture_of
from starter.diagram.picture import Picture, done_here, links_of
from starter.overlaid import title_with_above
from starter.procedures import required

LONGEST_ARTICLE: Final = 3
LONGEST_CODE: Final = 64


async def show(request: Request) -> Response:
    """Every text that is kept here as data."""
    visitor, language = await visitor_of(request), language_of(request)
    rows = [
        {
            "statute": brief_of(statute),
            "title": title_with_above(statute, language),
            "limits": _lengths(statute, language),
            "path": _path(statute.id),
        }
        for statute in packaged_statutes().values()
    ]
    return page(request, "statutes.html", visitor, {"rows": rows})


def _path(statute_id: str) -> str:
    return f"/statutes/{quote(statute_id)}"


def _lengths(statute: Statute, language: Language) -> list[str]:
    """The limits that a text sets for an answer to a request, in words, each once."""
    return list(
        dict.fromkeys(
            label("limit_length", limit.unit, language).format(number=limit.amount)
            for limit in statute.limits
            if limit.clock == "provider_answer"
        )
    )


async def one(request: Request) -> Response:
    """One text, clause by clause. Raises Problem 404 for one that is not there."""
    visitor, language = await visitor_of(request), language_of(request)
    statute_id = request.path_params["statute_id"]
    article, of = request.query_params.get("article"), request.query_params.get("of")
    if article is not None and not (article.isascii() and article.isdigit() and len(article) <= LONGEST_ARTICLE):
        raise Problem(404, "not_found")
    if statute_id not in packaged_statutes():
        raise Problem(404, "unknown_statute", title=label("console", "no_such_text", language))
    context = door_of(request).context
    found = await asyncio.to_thread(clause_list, context, visitor.caller, statute_id, article, of, language)
    if article is not None and not found.items:
        raise Problem(404, "not_found")
    statute = packaged_statutes()[statute_id]
    shown = {
        "statute": brief_of(statute),
        "of": of,
        "article": article,
        "found": found,
        "texts": {each.statute for each in found.items},
        "path": _path(statute_id),
        "titles": _titles(statute, language),
        "procedures": [
            (f"{_path(statute_id)}/procedures/{name}", label("procedure", name, language))
            for name in PROCEDURES
            if statute_id in texts_having(name)
        ],
    }
    return page(request, "statute.html", visitor, shown)


def _titles(statute: Statute, language: Language) -> Mapping[str, str]:
    """The titles of the texts whose clauses stand in a text."""
    known = packaged_statutes()
    own = known.get(statute.id.partition("+")[0], statute)
    above = {id_: each.title for id_, each in statute.regulations.items()}
    titles = {statute.id: statute.title, own.id: own.title, **above}
    return {id_: title.zh if language == "zh" else title.en for id_, title in titles.items()}


@lru_cache(maxsize=len(ProcedureName))
def texts_having(name: ProcedureName) -> Sequence[str]:
    """The ids of the texts that have a procedure."""
    return list(required(PROCEDURES[name]))


async def procedure(request: Request) -> Response:
    """The stages of a procedure under a text, drawn and as a table. Raises Problem 404."""
    visitor, language = await visitor_of(request), language_of(request)
    statute_id, word = request.path_params["statute_id"], request.path_params["procedure"]
    name = next((each for each in PROCEDURES if each.value == word), None)
    if name is None or statute_id not in texts_having(name):
        raise Problem(404, "not_found")
    statute = packaged_statutes()[statute_id]
    picture = await asyncio.to_thread(picture_of, PROCEDURES[name], statute, language)
    svg = await asyncio.to_thread(drawn, name, statute_id, language, bilingual=False)
    shown = {
        "statute": brief_of(statute),
        "name": label("procedure", name, language),
        "drawing": Markup(svg),  # ours: made of the declaration and of the text alone, and escaped there
        "stages": _stages(picture),
        "path": _path(statute_id),
    }
    return page(request, "procedure.html", visitor, shown)


def _stages(picture: Picture) -> list[dict[str, Any]]:
    """What the drawing shows, as rows of a table: each stage, whom it waits for, its limits, what leads where."""
    named = {box.id: _named(box.zh, box.en, picture) for box in picture.stages}
    named |= {end.id: _named(end.zh, end.en, picture) for end in picture.ends}
    links = links_of(picture)
    return [
        {
            "name": named[box.id],
            "waits_for": box.waits_for,
            "limits": box.limits,
            "ways": [(named[link.end], link.labels) for link in links if link.start == box.id],
            "here": done_here(picture, box),
        }
        for box in picture.stages
    ]


def _named(zh: str, en: str, picture: Picture) -> str:
    return zh if picture.language == "zh" else en


async def resources(request: Request) -> Response:
    """The resources that are known from cases and from changes of the catalogue."""
    visitor, language = await visitor_of(request), language_of(request)
    code = request.query_params.get("code", "").strip()[:LONGEST_CODE] or None
    cursor = request.query_params.get("cursor")
    context = door_of(request).context
    found = await asyncio.to_thread(resources_of, context, visitor.caller, code, cursor, language)
    following = next_after("/statutes/resources", found.next, {"code": code} if code else None)
    shown = {"found": found, "code": code or "", "next": following}
    return page(request, "resources.html", visitor, shown)
