"""Attachments: papers brought as files, known by digest, for whoever sees a case that their bringer named them in."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import Header, Path, Request, Response
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from api.attachments.schemas import AttachmentOut
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.prefix import prefixed
from api.http.problems import RESPONSES, Problem
from api.http.responses import answer
from domain.access import Caller, visibility_of
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.attachments import Attachment
from starter.attachments import AttachmentDamaged
from starter.attachments.arriving import Arriving, TooLarge
from starter.attachments.kinds import ENDINGS, NotTaken, fitting_name, kind_of, refuse_foreign_claim
from starter.attachments.names import BadName, name_from
from starter.errors import NotFound, Unavailable

router = Guarded("/v1/attachments", "attachments")

BRINGERS = (Role.REQUESTER, Role.PROVIDER, Role.BUREAU, Role.PLATFORM)
"""Who may bring papers."""

PIECE = 256 * 1024
HEADERS = {
    "Cache-Control": "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
DAMAGED = {**RESPONSES[404], "description": "It is damaged or lost, and not served"}
BINARY = {"schema": {"type": "string", "format": "binary"}}

log = logging.getLogger("shareflow.attachments")


Digest = Annotated[str, Path(pattern="^[0-9a-f]{64}$", description="SHA-256, in lower-case hexadecimal.")]


@router.post(
    "",
    status_code=201,
    response_model=AttachmentOut,
    summary="Bring a paper",
    responses={200: {"model": AttachmentOut, "description": "Your organisation brought it before"}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": BINARY}}},
)
async def bring(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    x_filename: Annotated[str | None, Header(max_length=2000, description="Its name, percent-encoded UTF-8.")] = None,
    content_disposition: Annotated[str | None, Header(max_length=2000, description="Or here, in `filename*`.")] = None,
) -> Response:
    """The body is the paper itself. PDF, OFD, PNG, JPEG, DOCX, XLSX and plain text or CSV (UTF-8, GB18030) are taken.

    What it is is told from its content; a Content-Type that says something else is refused.
    """
    require_role(caller, BRINGERS)
    if caller.org is None:
        raise Problem(403, "organisation_required")
    claimed = request.headers.get("content-type")
    with Arriving(context.attachments.at_most) as arriving:
        try:
            name = name_from(x_filename, content_disposition, language)
            refuse_foreign_claim(claimed)
            await _take(request, arriving)
            brought, new = await asyncio.to_thread(keep, context, caller, arriving, claimed, name)
        except BadName as error:
            where = "header.X-Filename" if x_filename else "header.Content-Disposition"
            raise Problem(422, "invalid", errors=[{"path": where, "reason": str(error)}]) from None
        except NotTaken as error:
            detail = label("attachment", error.word, language).format_map(error.details)
            raise Problem(415, "wrong_type", detail=detail) from None
        except TooLarge:
            detail = label("attachment", "too_large", language).format(at_most=arriving.at_most)
            raise Problem(413, "too_large", detail=detail) from None
        except Empty:
            reason = label("attachment", "empty", language)
            raise Problem(422, "invalid", errors=[{"path": "body", "reason": reason}]) from None
    headers = {"Location": prefixed(f"/v1/attachments/{brought.sha256}")}
    return answer(AttachmentOut(**vars(brought)), language, 201 if new else 200, headers)


class Empty(Exception):
    """A body without a single byte."""


async def _take(request: Request, arriving: Arriving) -> None:
    """Take in the body as it comes. Raises TooLarge, where it says so itself before anything is read; Empty."""
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and int(stated) > arriving.at_most:
        raise TooLarge
    try:
        async for piece in request.stream():
            arriving.take(piece)
    except ClientDisconnect:
        raise Problem(400, "malformed") from None
    if not arriving.size:
        raise Empty


def keep(
    context: AppContext, caller: Caller, arriving: Arriving, claimed: str | None, name: str | None
) -> tuple[Attachment, bool]:
    """Look at a paper, store it, note who brought it: in this order and at once, so that whatever is noted is there.

    Whether the organisation had not brought it before stands beside it. Raises NotTaken, and Unavailable; blocking.
    """
    kind = kind_of(arriving.file, claimed, name)
    brought = Attachment(arriving.sha256, arriving.sm3, arriving.size, kind, fitting_name(name, kind))

    def store() -> None:
        try:
            context.attachments.put(arriving.sha256, arriving.file)
        except OSError as error:
            log.exception("attachment not stored", extra={"sha256": arriving.sha256})
            raise Unavailable("The store of attachments cannot be written.") from error

    return context.writer.note_attachment(brought, caller.org or "", caller.subject, store)


@router.get(
    "/{sha256}",
    response_class=Response,
    summary="Fetch a paper",
    responses={
        200: {"content": dict.fromkeys(ENDINGS, BINARY), "description": "The paper, to be saved"},
        304: {"description": "As known"},
        500: DAMAGED,
    },
)
async def fetch(
    sha256: Digest,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    if_none_match: Annotated[str | None, Header(max_length=400)] = None,
) -> Response:
    """For the organisation that brought it and whoever may see a case of its own that names it; for others it is not
    there, whatever digests they name."""
    return await as_sent(context, caller, sha256, language, if_none_match)


async def as_sent(
    context: AppContext, caller: Caller, sha256: str, language: Language, if_none_match: str | None
) -> Response:
    """A paper for whoever may have it, unless it is known there. Raises NotFound, and Problem for a damaged one."""
    headers = await _headers(context, caller, sha256)
    if _known(sha256, if_none_match):
        return Response(status_code=304, headers={**HEADERS, "ETag": headers["ETag"]})
    content = await _opened(context, sha256, language)
    return StreamingResponse(_pieces(content), headers=headers)


@router.head(
    "/{sha256}",
    response_class=Response,
    summary="Whether a paper is there for you",
    responses={500: DAMAGED},
)
async def look(sha256: Digest, context: ContextIn, caller: CallerIn, language: LanguageIn) -> Response:
    """The headers under which the paper would come, without its content; 404 where there is none that you may see."""
    headers = await _headers(context, caller, sha256)
    (await _opened(context, sha256, language)).close()
    return Response(headers=headers)


async def _headers(context: AppContext, caller: Caller, sha256: str) -> dict[str, str]:
    """The headers under which a paper goes out to this caller. Raises NotFound."""
    found = await asyncio.to_thread(context.reader.attachment, sha256, caller.org, visibility_of(caller))
    if found is None:
        raise NotFound(f"There is no attachment {sha256}.")
    # Always to be saved, never shown: a browser must not run what stands in it.
    disposition = f"attachment; filename=\"{_ascii(found.name)}\"; filename*=UTF-8''{quote(found.name, safe='')}"
    return {
        **HEADERS,
        "Content-Type": found.media_type,
        "Content-Length": str(found.size),
        "Content-Disposition": disposition,
        "ETag": f'"{sha256}"',
    }


async def _opened(context: AppContext, sha256: str, language: Language) -> BinaryIO:
    """The content, found whole. Raises Problem 500 for one that is damaged or lost, Unavailable for a store away."""
    try:
        return await asyncio.to_thread(context.attachments.open, sha256)
    except AttachmentDamaged as damaged:
        log.error("attachment damaged", extra={"sha256": sha256})
        detail = label("attachment", "damaged", language)
        raise Problem(500, "attachment_damaged", detail=detail) from damaged
    except OSError as error:
        raise Unavailable("The store of attachments cannot be read.") from error


def _pieces(content: BinaryIO) -> Iterator[bytes]:
    with content:
        while piece := content.read(PIECE):
            yield piece


def _known(sha256: str, if_none_match: str | None) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")]
    return f'"{sha256}"' in tags or "*" in tags


def _ascii(name: str) -> str:
    """The name for programs that know nothing beyond ASCII."""
    return "".join(x if x.isascii() and x.isprintable() and x not in '"\\%;' else "_" for x in name)
