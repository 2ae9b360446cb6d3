"""卡住的流程: what the ledger knows to be held up, or overdue, for those who look after such cases."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response

from api.dependencies import require_role
from api.worklist.endpoints import OVERSEERS
from console.desk import ROWS, next_of, rows
from console.door import door_of, language_of, visitor_of
from console.pages import page
from domain.access import visibility_of
from ledger.queries.views import CaseFilter


async def show(request: Request) -> Response:
    """Cases parked by the engine with their reasons, and cases with a breached limit."""
    visitor = await visitor_of(request)
    require_role(visitor.caller, OVERSEERS)
    context, cursor = door_of(request).context, request.query_params.get("cursor")
    wanted = CaseFilter(stuck=True, visibility=visibility_of(visitor.caller))
    found = await asyncio.to_thread(context.reader.cases, wanted, cursor, ROWS)
    shown = await asyncio.to_thread(rows, context, found.cases, language_of(request))
    return page(request, "list.html", visitor, {"kind": "stuck", "rows": shown, "next": next_of("/stuck", found)})
