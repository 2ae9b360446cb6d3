"""Dossiers over HTTP: packed for auditors, and checked for them. Neither writes to a case."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Annotated, Any, Final

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import TypeAdapter

from api.audit.endpoints import auditor
from api.audit.uploads import FIELDS, FORM, ZIPS, brought
from api.context import AppContext
from api.dependencies import ContextIn, LanguageIn, RequestId
from api.guarded import Guarded
from api.http.downloads import BINARY, pieces_of, written
from api.http.problems import Problem
from api.http.responses import HEADERS
from audit.dossier.contents import CaseDossier, DossierUnusable
from audit.dossier.packing import write_dossier
from audit.dossier.seal import seal_of
from audit.verification.results import CheckFailed, CheckResult
from domain.log.keys import CannotSign
from domain.messages import Language, label
from starter.dossier_checks import TooMuch
from starter.dossiers import dossier_of, papers_in
from starter.errors import Crowded, NeedsOperator, Unavailable

AGAIN_SECONDS: Final = "10"
"""When whoever found another one's dossier being made or checked may come again."""
_RESULTS: Final = TypeAdapter(tuple[CheckResult, ...])

router = Guarded("/v1/audit", "audit", dependencies=[Depends(auditor)])


@router.get(
    "/cases/{request_id}/dossier",
    response_class=Response,
    summary="The dossier of a case",
    responses={200: {"content": {ZIPS[0]: {"schema": BINARY}}, "description": "The dossier, a zip"}},
)
async def dossier(
    request_id: RequestId,
    context: ContextIn,
    checkpoint: Annotated[
        int | None, Query(ge=0, le=2**62, description="How many entries a checkpoint covers that you have kept.")
    ] = None,
    without_persons: Annotated[
        bool, Query(description="Name nobody who acted in the case; the bytes of papers are left out, too.")
    ] = False,
) -> Response:
    """All that is known of a case, as `shareflow audit export` packs it; sealed where this process has the log's key.

    It is proved up to the newest checkpoint: none is made for it. With `checkpoint` its proof goes on from that one,
    too. `without_persons` gives one to be handed on; where something in the history may name anybody, it is 409
    `persons_stay`. One is packed at a time.
    """
    if context.packing.locked():
        raise _crowded()
    async with context.packing:
        packed = await _packed(context, request_id, [] if checkpoint is None else [checkpoint], not without_persons)
        file = await asyncio.to_thread(_written, context, packed)
    name = re.sub(r"[^A-Za-z0-9._-]", "_", request_id)
    headers = {
        **HEADERS,
        "Content-Disposition": f'attachment; filename="{name}.zip"',
        "Content-Length": str(file.seek(0, 2)),
    }
    return StreamingResponse(pieces_of(file), headers=headers, media_type=ZIPS[0])


async def _packed(context: AppContext, request_id: str, kept: Sequence[int], with_persons: bool) -> CaseDossier:
    find, temporal = papers_in(context.attachments), context.client.temporal
    try:
        made = await dossier_of(context.reader, temporal, request_id, kept, find, context.archive, with_persons)
    except CheckFailed as error:
        raise NeedsOperator(f"No dossier can be made of {request_id}: {error.detail}.") from None
    if context.signer is None:
        return made
    try:
        return replace(made, seal=await asyncio.to_thread(seal_of, made.manifest, context.signer))
    except CannotSign as error:
        raise Unavailable(str(error)) from error


def _written(context: AppContext, packed: CaseDossier) -> IO[bytes]:
    """The zip as a file to be sent. Raises Unavailable."""
    try:
        return written(lambda file: write_dossier(file, packed, papers_in(context.attachments)))
    except OSError as error:
        raise Unavailable(f"The dossier cannot be written: {error.strerror}.") from error


_TAKEN: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            FORM: {"schema": {"type": "object", "required": [FIELDS[0]], "properties": dict.fromkeys(FIELDS, BINARY)}},
        },
    }
}


@router.post("/verify", response_model=list[CheckResult], summary="Check a dossier", openapi_extra=_TAKEN)
async def verify(request: Request, context: ContextIn, language: LanguageIn) -> Response:
    """Every check of a dossier, as `shareflow audit verify` makes them; 200 whether or not all hold.

    The body is the dossier, or a form with the file `dossier` and, if you like, `key` (public keys, one a line) and
    `checkpoint` (one that you have kept). What is no dossier is 422 `dossier_unusable`. Nothing of it is kept, and the
    ledger is not asked. One is checked at a time; meanwhile others are told to come again (503).
    """
    results = await checked(request, context, language)
    return Response(_RESULTS.dump_json(results), headers=HEADERS, media_type="application/json")


async def checked(request: Request, context: AppContext, language: Language) -> tuple[CheckResult, ...]:
    """The checks of what a call brings. Raises Problem."""
    try:
        context.dossier_checks.refuse_when_busy()
        async with brought(request, context.settings.dossier_limit, language) as what:
            return await context.dossier_checks.check(what.dossier, what.keys, what.checkpoint)
    except Crowded:
        raise _crowded() from None
    except DossierUnusable as error:
        raise Problem(422, "dossier_unusable", detail=str(error)) from None
    except TooMuch:
        raise Problem(422, "dossier_unusable", detail=label("brought_dossier", "too_much", language)) from None


def _crowded() -> Problem:
    return Problem(503, "unavailable", headers={"Retry-After": AGAIN_SECONDS})
