"""Papers of a case: the system-generated application form and the notices, as printable pages."""

import asyncio
import hashlib
from typing import Annotated

from fastapi import Header, Path, Query, Response
from fastapi.responses import HTMLResponse

from api.cases.presenters import path_of
from api.cases.routers import at_both, both_routers
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, RequestId, visible_case
from api.documents.schemas import DocumentList, DocumentOut
from api.http.prefix import prefixed
from api.http.responses import answer
from domain.access import Caller
from domain.messages import Language
from starter.documents.dossier import Dossier
from starter.documents.page import TAGS, content_security_policy
from starter.documents.papers import Listed, listed, paper_named
from starter.errors import NotFound

routers = both_routers("documents")

HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept-Language",
}


InLanguage = Annotated[Language | None, Query(description="The paper's language; else by Accept-Language.")]


@at_both("GET", "/{request_id}/documents", routers, response_model=DocumentList, summary="A case's papers")
async def documents(
    request_id: RequestId, context: ContextIn, caller: CallerIn, language: LanguageIn, lang: InLanguage = None
) -> Response:
    """The application form (需求申请表), then one notice (通知) for each event that tells somebody something.

    Papers are made for share requests; cases of other procedures have none.
    """
    dossier = await asyncio.to_thread(_dossier, context, caller, request_id)
    spoken = lang or language
    found = await asyncio.to_thread(listed, dossier, spoken)
    base = f"{path_of(dossier.detail)}/documents"
    items = [DocumentOut(**vars(paper), href=f"{base}/{paper.name}") for paper in found]
    return answer(DocumentList(items=items), spoken)


@at_both(
    "GET",
    "/{request_id}/documents/{name}",
    routers,
    response_class=HTMLResponse,
    summary="One paper, to be printed",
    responses={304: {"description": "As known"}},
)
async def document(
    request_id: RequestId,
    name: Annotated[str, Path(max_length=40, description="`application` or `notice-{seq}`.")],
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    lang: InLanguage = None,
    if_none_match: Annotated[str | None, Header(max_length=400)] = None,
) -> Response:
    """HTML for A4, with the article and its words, and a link back. The same record gives the same page."""
    spoken = lang or language
    link = f"/v1/requests/{request_id}"
    back = f"{context.settings.public_url}{link}" if context.settings.public_url else prefixed(link)
    page = await asyncio.to_thread(page_of, context, caller, request_id, name, spoken, back)
    return as_sent(page, spoken, if_none_match)


def as_sent(page: str, language: Language, if_none_match: str | None) -> Response:
    """A paper's page under the headers with which a browser shows it, unless it is known there."""
    etag = f'"{hashlib.sha256(page.encode("utf-8")).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": etag}
    if etag in [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]:
        return Response(status_code=304, headers=headers)
    headers |= {"Content-Security-Policy": content_security_policy(), "Content-Language": TAGS[language]}
    return HTMLResponse(page, headers=headers)


def _dossier(context: AppContext, caller: Caller, request_id: str) -> Dossier:
    case = visible_case(context, caller, request_id)
    return Dossier(case, context.reader.events(request_id))


def page_of(context: AppContext, caller: Caller, request_id: str, name: str, language: Language, back: str) -> str:
    """A paper of a case that the caller may see, with a link ``back``; blocking. Raises NotFound for all others."""
    paper = paper_named(_dossier(context, caller, request_id), name)
    if paper is None:
        raise NotFound(f"Request {request_id} has no such paper.")
    return paper.html(language, back)


def listed_papers(context: AppContext, caller: Caller, request_id: str, language: Language) -> list[Listed]:
    """The papers of a case that the caller may see; blocking. Raises NotFound for all others."""
    return listed(_dossier(context, caller, request_id), language)
