"""我的待办: the cases in which it is the visitor's move, the most pressing first; and lists of cases in general."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from api.cases.presenters import case_out
from api.context import AppContext
from api.worklist.endpoints import waiting_for
from console.door import door_of, language_of, visitor_of
from console.lights import most_pressing
from console.pages import page, see_other
from domain.calendar import day_of
from domain.messages import Language, label
from ledger.queries.views import CaseSummary, Page

ROWS: Final = 50


async def home(_: Request) -> Response:
    """The first page is the desk."""
    return see_other("/desk")


async def show(request: Request) -> Response:
    """What waits for the visitor."""
    visitor = await visitor_of(request)
    context, cursor = door_of(request).context, request.query_params.get("cursor")
    found = await asyncio.to_thread(context.reader.worklist, waiting_for(visitor.caller), cursor, ROWS)
    shown = await asyncio.to_thread(rows, context, found.cases, language_of(request))
    return page(request, "list.html", visitor, {"kind": "desk", "rows": shown, "next": next_of("/desk", found)})


def next_of(path: str, found: Page, query: Mapping[str, str] | None = None) -> str | None:
    """Where the following page of a list is, under the same ``query``."""
    return next_after(path, found.next, query)


def next_after(path: str, cursor: str | None, query: Mapping[str, str] | None = None) -> str | None:
    """Where the page after a cursor is; None after the last."""
    return f"{path}?{urlencode({**(query or {}), 'cursor': cursor})}" if cursor else None


def rows(context: AppContext, cases: Sequence[CaseSummary], language: Language) -> list[dict[str, Any]]:
    """What a list says of each case; blocking, for the calendar is asked."""
    now = context.known_on()
    days, today = context.calendar_store.now().as_known_on(day_of(now)), day_of(now)
    return [_row(context, case, language, now, days, today) for case in cases]


def _row(
    context: AppContext, case: CaseSummary, language: Language, now: datetime, days: Any, today: date
) -> dict[str, Any]:
    clock, light = most_pressing(case.clocks, now, days, context.client.policy.warnings)
    return {
        "case": case_out(case, language),
        "clock": clock,
        "clock_label": label("clock", clock.id, language) if clock else "",
        "light": light,
        "light_words": light.words(language, today),
    }
