"""批量提出申请: many share requests by one XLSX sheet: looked at first, then filed, each row told what came of it."""

import asyncio
import base64
import binascii
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from api.cases.filing_schemas import FilingIn
from api.cases.sheets.endpoints import rows_in, sheet_download, sheet_out
from api.cases.sheets.filing import RowOutcome, RowResult, SheetFiling
from api.cases.sheets.reading import MOST_BYTES, SheetRow
from api.cases.sheets.schemas import SheetOut
from api.cases.sheets.template import sheet_xlsx, template_xlsx
from api.dependencies import require_role
from api.http.problems import Problem
from console.department_names import NamesKept
from console.door import Visitor, door_of, form_of, language_of, visitor_of
from console.kept import kept_form, kept_results, to_kept
from console.menu import FILERS
from console.pages import page, see_other
from console.past_use import refuse_past_filing
from console.refusals import problem_told
from console.saved import saved_as
from domain.access import Caller
from domain.calendar import day_of
from domain.messages import Language

PAGE: Final = "/file/sheet"
PREVIEW: Final = "/file/sheet/preview"
DONE: Final = "/file/sheet/confirm"
_GOOD: Final = (RowOutcome.WOULD_BE_FILED, RowOutcome.FILED)


async def show(request: Request) -> Response:
    """Where to get the template, and a form that brings a sheet."""
    return page(request, "sheet.html", await _filer(request), {"sentence": None})


async def template(request: Request) -> Response:
    """The template, to be saved."""
    await _filer(request)
    language = language_of(request)
    blank = sheet_download(await asyncio.to_thread(template_xlsx, language), "requests.xlsx")
    return saved_as(blank, "requests", language)


async def look_at(request: Request) -> Response:
    """On to what would come of each row of the sheet that is brought."""
    visitor = await _filer(request)
    form = await form_of(request, visitor, files=1)
    brought = form.get("sheet")
    content = await brought.read(MOST_BYTES + 1) if isinstance(brought, UploadFile) else b""
    try:
        await asyncio.to_thread(rows_in, content, language_of(request))
    except Problem as problem:
        return _refused(request, visitor, problem)
    return await to_kept(request, PAGE, {"sheet": _carried(content)}, PREVIEW)


async def show_preview(request: Request) -> Response:
    """What would come of each row of a sheet, with the button that files exactly this one."""
    visitor, language = await _filer(request), language_of(request)
    kept = await kept_form(request, PAGE)
    if kept is None:
        return see_other(PAGE)
    _, rows = await _same_sheet(kept, language)
    filing = await _filing(request, visitor)
    results = await filing.look_at(rows)
    warned = _warnings(await _names(request), visitor.caller, results)
    told = sheet_out(results, language)
    return _told(request, visitor, "sheet_preview.html", told, rows, kept["sheet"], warned)


async def confirm(request: Request) -> Response:
    """File the rows of the sheet that was looked at, and on to what came of each; sent again, it files none again."""
    visitor, language = await _filer(request), language_of(request)
    try:
        content, rows = await _same_sheet(await form_of(request, visitor), language)
    except Problem as problem:
        return _refused(request, visitor, problem)
    filing = await _filing(request, visitor)
    told = sheet_out(await filing.file(rows), language)
    return await to_kept(request, PAGE, {"sheet": _carried(content), "came": told.model_dump_json()}, DONE)


async def show_done(request: Request) -> Response:
    """What came of each row of a sheet."""
    visitor, language = await _filer(request), language_of(request)
    kept = await kept_results(request, PAGE)
    if kept is None:
        return see_other(PAGE)
    _, rows = await _same_sheet(kept, language)
    told = SheetOut.model_validate_json(kept["came"])
    return _told(request, visitor, "sheet_done.html", told, rows, kept["sheet"])


async def left(request: Request) -> Response:
    """The rows that are not filed by now, as a sheet to be filled in again, with why each is not."""
    visitor, language = await _filer(request), language_of(request)
    try:
        _, rows = await _same_sheet(await form_of(request, visitor), language)
    except Problem as problem:
        return _refused(request, visitor, problem)
    filing = await _filing(request, visitor)
    results = await filing.look_at(rows)
    why = {each.row.number: _why(each) for each in results if each.outcome is not RowOutcome.FILED_BEFORE}
    kept = [row for row in rows if row.number in why]
    left = sheet_download(await asyncio.to_thread(sheet_xlsx, kept, why, language), "requests-left.xlsx")
    return saved_as(left, "requests_left", language)


async def _filer(request: Request) -> Visitor:
    visitor = await visitor_of(request)
    require_role(visitor.caller, FILERS)
    return visitor


async def _names(request: Request) -> NamesKept:
    return NamesKept(await asyncio.to_thread(door_of(request).context.departments), language_of(request))


async def _filing(request: Request, visitor: Visitor) -> SheetFiling:
    names, context = await _names(request), door_of(request).context
    today = day_of(context.received_now())

    def refuse(body: FilingIn) -> None:
        names.refuse_another(body)
        refuse_past_filing(body, today, names.language)

    return SheetFiling(context, visitor.caller, names.language, refuse)


async def _same_sheet(form: Mapping[str, Any], language: Language) -> tuple[bytes, Sequence[SheetRow]]:
    """The sheet that a form carries. Raises Problem 422 for what is none."""
    try:
        content = base64.urlsafe_b64decode(str(form.get("sheet", "")).encode())
    except (ValueError, binascii.Error):
        content = b""
    return content, await asyncio.to_thread(rows_in, content, language)


def _carried(content: bytes) -> str:
    """A sheet as a form carries it."""
    return base64.urlsafe_b64encode(content).decode()


def _refused(request: Request, visitor: Visitor, problem: Problem) -> Response:
    sentence = problem_told(problem, language_of(request))
    return page(request, "sheet.html", visitor, {"sentence": sentence}, problem.status_code)


def _warnings(names: NamesKept, caller: Caller, results: Sequence[RowResult]) -> Mapping[int, str]:
    """What is to be looked at again before rows are filed, by their numbers."""
    unlisted = {
        each.row.number: names.unlisted(FilingIn.model_validate(each.row.filing), caller, each.statute)
        for each in results
        if each.outcome is RowOutcome.WOULD_BE_FILED
    }
    return {number: names.unlisted_told(codes) for number, codes in unlisted.items() if codes}


def _told(
    request: Request,
    visitor: Visitor,
    template: str,
    told: SheetOut,
    rows: Sequence[SheetRow],
    carried: str,
    warned: Mapping[int, str] = MappingProxyType({}),
) -> Response:
    numbers = told.numbers
    counted = {
        "number": len(told.items),
        "good": sum(numbers[outcome] for outcome in _GOOD),
        "before": numbers[RowOutcome.FILED_BEFORE],
        "bad": numbers[RowOutcome.NOT_FILED],
    }
    shown: list[dict[str, Any]] = [
        {
            "out": out,
            "warned": warned.get(out.row),
            "requester": _party(row, "requester"),
            "resource": _party(row, "resource"),
        }
        for out, row in zip(told.items, rows, strict=True)
    ]
    return page(request, template, visitor, {"rows": shown, "counted": counted, "sheet": carried})


def _party(row: SheetRow, name: str) -> str:
    """What a row calls a department or a resource: its name, else its code."""
    return row.texts.get(f"{name}.name") or row.texts.get(f"{name}.code", "")


def _why(each: RowResult) -> str:
    return " ".join(filter(None, (each.cell, each.why)))
