"""Looking back (回放) and findings (审计发现), for auditors alone. Nothing here writes."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import IO, Annotated, Final

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.audit.presenters import finding_out, past_out, replay_out
from api.audit.schemas import CaseReplayOut, FindingList, PastPage
from api.context import AppContext
from api.dependencies import CallerIn, ContextIn, Cursor, LanguageIn, Limit, RequestId, StatuteId, require_role
from api.guarded import Guarded
from api.http.downloads import download, pieces_of, written
from api.http.problems import Problem
from api.http.responses import HEADERS, answer
from audit.findings.finding import FindingKind
from audit.findings.tables import Cells, Headings, csv_of, write_xlsx
from audit.findings.texts import COLUMNS, headings, row_of, told_row
from audit.mining.formats import LogFormat, log_text
from audit.replay.case import RecordedCase
from audit.replay.difference import Difference, difference
from audit.replay.hindsight import MovedLimit, moved_since
from audit.replay.state import NotFiledYet, PastState, as_it_stood
from domain.calendar import CHINA
from domain.field_types import Code, Day, Instant
from domain.messages import Language, label
from domain.words import Role
from ledger.queries.views import CaseFilter
from starter.audit_selection import selected
from starter.errors import NotFound
from starter.findings import all_findings, all_recorded, findings_page
from starter.looking_back import page_as_of, recorded_case

AUDITORS: Final = (Role.AUDITOR,)
"""Who may look at all of this."""
CSV: Final = "text/csv"


async def auditor(caller: CallerIn) -> None:
    """Raises Problem 403 for everybody else."""
    require_role(caller, AUDITORS)


router = Guarded("/v1/audit", "audit", dependencies=[Depends(auditor)])

Kind = Annotated[FindingKind | None, Query(description="Findings of this kind alone.")]
InWords = Annotated[
    bool,
    Query(description="A table for people, in the words of the language asked for; else one with codes, for programs."),
]
At = Annotated[Instant | None, Query(description="An instant with its offset; now by default.")]


async def chosen(
    department: Annotated[Code | None, Query(description="Cases in which it is requester or provider.")] = None,
    first: Annotated[Day | None, Query(alias="from", description="The first day of a period.")] = None,
    last: Annotated[Day | None, Query(alias="to", description="Its last day.")] = None,
    statute: Annotated[StatuteId | None, Query(description="Such as `nantong-2020+809`, encoded.")] = None,
) -> CaseFilter:
    """The cases that are asked for: those open at some time in the period. Raises InvalidInput."""
    return selected(department, first, last, statute)


Chosen = Annotated[CaseFilter, Depends(chosen)]


@router.get("/cases", response_model=PastPage, summary="Cases of a department in a period, as they stood")
async def cases(
    context: ContextIn,
    language: LanguageIn,
    wanted: Chosen,
    at: At = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Response:
    """The cases that were open at some time from the first day to the last, both in Asia/Shanghai, latest filing first.

    They are shown as they stood at the instant `at`; else at the end of the period, or now where that is earlier; those
    that were filed later than that are none of them.
    """
    found = await asyncio.to_thread(cases_as_they_stood, context, wanted, at, cursor, limit, language)
    return answer(found, language)


def cases_as_they_stood(
    context: AppContext, wanted: CaseFilter, at: datetime | None, cursor: str | None, limit: int, language: Language
) -> PastPage:
    """A page of the cases that ``wanted`` lets through, at an instant or at the end of its period; blocking.

    Raises BadCursor.
    """
    now = context.known_on()
    instant = at or min(now, wanted.before or now)
    page = page_as_of(context.reader, wanted, instant, cursor, limit)
    shown = [past_out(recorded, as_it_stood(recorded, _here(instant)), language) for recorded in page.cases]
    return PastPage(items=shown, next=page.next)


@router.get("/cases/{request_id}/replay", response_model=CaseReplayOut, summary="A case as it stood at an instant")
async def replay(
    request_id: RequestId,
    context: ContextIn,
    language: LanguageIn,
    at: At = None,
    against: Annotated[Instant | None, Query(description="Another instant, to be compared with.")] = None,
    event: Annotated[int | None, Query(ge=1, description="After the event with this number, not `at`.")] = None,
) -> Response:
    """Its stage, whose move it was, which commands each role might give, its limits, and what had happened.

    `known_now` compares what was known of its limits then with what is known now.
    """
    recorded = await asyncio.to_thread(recorded_case, context.reader, request_id)
    try:
        found = await asyncio.to_thread(replayed, context, recorded, at or context.known_on(), against, event)
    except NotFiledYet:
        raise Problem(404, "not_found", detail=label("audit_page", "not_filed_yet", language)) from None
    return answer(replay_out(*found, language), language)


def replayed(
    context: AppContext, recorded: RecordedCase, at: datetime, against: datetime | None, event: int | None = None
) -> tuple[RecordedCase, PastState, list[MovedLimit], Difference | None]:
    """A case at an instant, or after an event, and what another instant differs in; blocking.

    Raises NotFound for an event that there is not, NotFiledYet for an instant before the filing.
    """
    known = recorded
    if event is not None:
        if not event <= len(recorded.events):
            raise NotFound(f"{recorded.request_id} has no event {event}.")
        known, at = replace(recorded, events=recorded.events[:event]), recorded.events[event - 1].at
    state = as_it_stood(known, _here(at))
    differs = None if against is None else difference(state, as_it_stood(recorded, _here(against)))
    known_now = context.calendar_store.now().as_known_on(None)
    moved = [*moved_since(state.clocks, known_now, state.at, recorded.policy.close_of_business)]
    return recorded, state, moved, differs


@router.get(
    "/findings",
    response_model=FindingList,
    summary="What records show to be against the text",
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def findings(
    request: Request,
    context: ContextIn,
    language: LanguageIn,
    wanted: Chosen,
    limit: Limit = 50,
    cursor: Cursor = None,
    kind: Kind = None,
) -> Response:
    """Late answers with working days late, refusals without basis, decisions by the wrong body, policy limits shown as
    law, deadlines that a notice moved; each with its case, event and article, what should have been, and who.

    `limit` is how many cases are looked at: a page may be empty though more follow. A finding lies in the period when
    what shows it happened then. With `Accept: text/csv` all of them come as a table, and there are no pages.
    """
    if _wants_csv(request.headers.get("accept", "")):
        paging = [name for name in ("limit", "cursor") if name in request.query_params]
        if paging:
            reason = label("input", "unknown_key", language)
            raise Problem(400, "malformed", errors=[{"path": f"query.{name}", "reason": reason} for name in paging])
        table = await findings_csv(context, language, wanted, kind)
        table.headers["Vary"] = "Accept"
        return table
    found = await asyncio.to_thread(findings_of, context, wanted, cursor, limit, language, kind)
    return answer(found, language, headers={"Vary": "Accept, Accept-Language"})


def findings_of(
    context: AppContext,
    wanted: CaseFilter,
    cursor: str | None,
    limit: int,
    language: Language,
    kind: FindingKind | None = None,
) -> FindingList:
    """What there is in a page of cases, of one kind or any; blocking. Raises BadCursor."""
    page = findings_page(context.reader, wanted, context.known_on(), cursor, limit, kind)
    return FindingList(items=[finding_out(finding, language) for finding in page.findings], next=page.next)


def _wants_csv(accept: str) -> bool:
    """Whether a table is asked for, and no page."""
    asked = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return CSV in asked and "application/json" not in asked


@router.get(
    "/findings.csv",
    response_class=Response,
    summary="The same as a table",
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}, "description": "All of them, as CSV"}},
)
async def findings_csv(
    context: ContextIn, language: LanguageIn, wanted: Chosen, kind: Kind = None, in_words: InWords = False
) -> Response:
    """All findings, not a page of them; UTF-8 with a byte order mark, for spreadsheets; nothing in it is a formula."""
    rows, columns = _rows(context, language, wanted, kind, in_words)
    return await download(csv_of(rows, columns), CSV, "findings.csv")


def _rows(
    context: AppContext, language: Language, wanted: CaseFilter, kind: FindingKind | None, in_words: bool
) -> tuple[Iterator[Cells], Headings]:
    """The rows of a table of findings, one by one as they are found, and its columns."""
    found = all_findings(context.reader, wanted, context.known_on(), kind)
    if in_words:
        return (told_row(each, language) for each in found), headings(language)
    return map(row_of, found), COLUMNS


XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get(
    "/findings.xlsx",
    response_class=Response,
    summary="The same as a workbook",
    responses={200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}, "description": "XLSX"}},
)
async def findings_xlsx(
    context: ContextIn, language: LanguageIn, wanted: Chosen, kind: Kind = None, in_words: InWords = False
) -> Response:
    """All findings, not a page of them, as a workbook in which nothing is a formula or a link."""
    file = await asyncio.to_thread(_workbook, context, language, wanted, kind, in_words)
    headers = {
        **HEADERS,
        "Content-Disposition": 'attachment; filename="findings.xlsx"',
        "Content-Length": str(file.seek(0, 2)),
    }
    return StreamingResponse(pieces_of(file), headers=headers, media_type=XLSX)


def _workbook(
    context: AppContext, language: Language, wanted: CaseFilter, kind: FindingKind | None, in_words: bool
) -> IO[bytes]:
    """The workbook as a file to be sent."""
    rows, columns = _rows(context, language, wanted, kind, in_words)
    return written(lambda file: write_xlsx(rows, file, columns))


LOGS: Final = {
    LogFormat.OCEL: ("application/json", "log.jsonocel"),
    LogFormat.XES: ("application/xml", "log.xes"),
    LogFormat.CSV: (CSV, "log.csv"),
}
"""The media type of each log, and the name under which it is saved."""


@router.get(
    "/log",
    response_class=Response,
    summary="An event log for process mining",
    responses={
        200: {
            "content": {kind: {"schema": {"type": "string"}} for kind, _ in LOGS.values()},
            "description": "The whole log, as a file",
        }
    },
)
async def log(
    context: ContextIn,
    wanted: Chosen,
    form: Annotated[
        LogFormat, Query(alias="format", description="OCEL 2.0 as JSON, XES, or a row an event as CSV.")
    ] = LogFormat.OCEL,
) -> Response:
    """All cases that are chosen, their clocks, departments and resources, and what befell them; no persons.

    It comes while it is made, case by case: one that breaks off does not end as its format must.
    """
    return await download(log_text(form, all_recorded(context.reader, wanted)), *LOGS[form])


def _here(instant: datetime) -> datetime:
    return instant.astimezone(CHINA)
