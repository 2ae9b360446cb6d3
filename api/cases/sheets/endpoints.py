"""Filing many share requests by a sheet, over HTTP."""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

from fastapi import Query, Request, Response

from api.cases.sheets.filing import RowOutcome, RowResult, SheetFiling
from api.cases.sheets.reading import MOST_BYTES, SheetRow, SheetUnusable, read_sheet
from api.cases.sheets.schemas import SheetOut, SheetRowOut
from api.cases.sheets.template import MEDIA_TYPE, template_xlsx
from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.downloads import BINARY
from api.http.problems import Problem
from api.http.responses import HEADERS, answer
from domain.messages import Language, label
from domain.words import Role

SHEET_FILERS: Final = (Role.REQUESTER, Role.PLATFORM)
"""Who files share requests, one or many."""
_TAKEN_AS: Final = ("application/octet-stream", MEDIA_TYPE)
_SHEET: Final = {"requestBody": {"required": True, "content": {kind: {"schema": BINARY} for kind in _TAKEN_AS}}}

router = Guarded("/v1/requests/batch", "requests")


@router.get(
    "/template",
    response_class=Response,
    summary="The template of a sheet of requests",
    responses={200: {"content": {MEDIA_TYPE: {"schema": BINARY}}, "description": "An XLSX sheet"}},
)
async def template(caller: CallerIn, language: LanguageIn) -> Response:
    """One row a request: the words of the columns in the first row, the names of the fields in the second."""
    require_role(caller, SHEET_FILERS)
    return sheet_download(await asyncio.to_thread(template_xlsx, language), "requests.xlsx")


@router.post("", response_model=SheetOut, summary="File many requests by a sheet", openapi_extra=_SHEET)
async def file_sheet(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    preview: Annotated[bool, Query(description="Only tell what would come of each row.")] = False,
) -> Response:
    """The body is the sheet, an XLSX of 512 KiB and 500 rows at most. Each row is filed by itself, or told why not.

    A row that was filed before, by this sheet or another, is the case that it was: by its `reference`, else by all that
    it says. Formulas are not worked out: a cell with one is told as wrong.
    """
    require_role(caller, SHEET_FILERS)
    rows = await asyncio.to_thread(rows_in, await _body(request), language)
    filing = SheetFiling(context, caller, language)
    results = await (filing.look_at(rows) if preview else filing.file(rows))
    return answer(sheet_out(results, language), language)


async def _body(request: Request) -> bytes:
    """The body, given up as soon as it is longer than a sheet may be."""
    taken = bytearray()
    async for piece in request.stream():
        taken += piece
        if len(taken) > MOST_BYTES:
            break
    return bytes(taken)


def rows_in(content: bytes, language: Language) -> Sequence[SheetRow]:
    """The rows of a sheet; blocking. Raises Problem 422 with why it is none that can be used."""
    try:
        return read_sheet(content)
    except SheetUnusable as unusable:
        raise Problem(422, "invalid", detail=unusable.sentence(language)) from None


def sheet_download(content: bytes, name: str) -> Response:
    """A sheet that a browser saves."""
    told = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, headers=told, media_type=MEDIA_TYPE)


def sheet_out(results: Sequence[RowResult], language: Language) -> SheetOut:
    """The results of a sheet as they are told."""
    outcomes = [each.outcome for each in results]
    numbers = {outcome: outcomes.count(outcome) for outcome in RowOutcome}
    return SheetOut(items=[_row_out(each, language) for each in results], numbers=numbers)


def _row_out(each: RowResult, language: Language) -> SheetRowOut:
    return SheetRowOut(
        row=each.row.number,
        reference=each.row.reference,
        outcome=each.outcome,
        outcome_label=label("row_outcome", each.outcome, language),
        request_id=each.request_id,
        statute=each.statute,
        stage=each.stage,
        stage_label=label("stage", each.stage, language) if each.stage else None,
        why=each.why,
        cell=each.cell,
    )
