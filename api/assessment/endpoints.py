"""Assessment (考核): what came of the cases of a period, department by department, and exactly which cases."""

import asyncio
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

from fastapi import Query, Request, Response

from api.assessment.figures import assessed_page, assessment
from api.assessment.schemas import AssessedIn, AssessedPage, AssessmentOut, PeriodIn
from api.assessment.tables import assessment_csv, assessment_xlsx
from api.cases.presenters import case_out
from api.dependencies import CallerIn, ContextIn, LanguageIn, require_role
from api.guarded import Guarded
from api.http.downloads import download
from api.http.prefix import own_path, prefixed
from api.http.responses import HEADERS, answer, link_next
from api.supervision.moment import SUPERVISORS

router = Guarded("/v1/assessment", "assessment")

CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TableForm = Literal["csv", "xlsx"]


class AssessedPageIn(AssessedIn):
    """Which cases, and which page of them."""

    limit: Annotated[int, Query(ge=1, le=500, description="How many rows at most.")] = 50
    cursor: Annotated[str | None, Query(max_length=400, description="The `next` of the page before.")] = None


class TableIn(PeriodIn):
    """What is assessed, and as which file."""

    form: TableForm = Query("csv", alias="format", description="CSV, or a workbook.")


@router.get("", response_model=AssessmentOut, summary="What came of the cases of a period")
async def numbers(
    context: ContextIn, caller: CallerIn, language: LanguageIn, asked: Annotated[PeriodIn, Query()]
) -> Response:
    """Limits kept and missed, working days, extensions, refusals, disputes, urgings: by department and procedure.

    For bureau, leading group, government and audit: of the cases of their places that were filed in the period.
    """
    require_role(caller, SUPERVISORS)
    return answer(await asyncio.to_thread(assessment, context, caller, asked, language), language)


@router.get("/cases", response_model=AssessedPage, summary="The cases that a number of an assessment counts")
async def cases(
    request: Request,
    context: ContextIn,
    caller: CallerIn,
    language: LanguageIn,
    asked: Annotated[AssessedPageIn, Query()],
) -> Response:
    """Exactly the cases that a number counts, latest filing first; for the same roles."""
    require_role(caller, SUPERVISORS)
    total, page = await asyncio.to_thread(assessed_page, context, caller, asked, asked.cursor, asked.limit, language)
    headers = {}
    if page.next is not None:
        kept = [(name, value) for name, value in request.query_params.multi_items() if name != "cursor"]
        headers = link_next(prefixed(own_path(request.scope)), urlencode([*kept, ("cursor", page.next)]))
    items = [case_out(case, language) for case in page.cases]
    return answer(AssessedPage.model_construct(total=total, items=items, next=page.next), language, headers=headers)


@router.get(
    "/table",
    summary="An assessment as a file",
    response_class=Response,
    responses={
        200: {
            "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}, CSV: {"schema": {"type": "string"}}}
        }
    },
)
async def table(
    context: ContextIn, caller: CallerIn, language: LanguageIn, asked: Annotated[TableIn, Query()]
) -> Response:
    """A row for each department and procedure, to be saved; no cell is taken for a formula."""
    require_role(caller, SUPERVISORS)
    told = await asyncio.to_thread(assessment, context, caller, asked, language)
    return await table_of(told, asked.form, language)


async def table_of(told: AssessmentOut, form: TableForm, language: LanguageIn, with_total: bool = False) -> Response:
    """A file that a browser saves. A workbook has the sum of all departments, a CSV file only ``with_total``."""
    name = f"assessment-{told.first}-{told.last}"
    if form == "csv":
        return await download(assessment_csv(told, language, with_total), CSV, f"{name}.csv")
    content = await asyncio.to_thread(assessment_xlsx, told, language)
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.xlsx"'}
    return Response(content, headers=headers, media_type=XLSX)
