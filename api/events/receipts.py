"""Taking in one event or a batch of them, and telling what became of each."""

import asyncio
import json
from collections.abc import Sequence

from fastapi import Request, Response
from starlette.exceptions import HTTPException

from api.cases.presenters import as_of, case_out, etag_of, path_of
from api.context import AppContext
from api.events.schemas import BatchItem, BatchOut, ReceiptOut
from api.events_in.reading import Incoming
from api.events_in.receiving import Receipt, receive, refuse_without_a_text
from api.http.problems import AGAIN_SECONDS, Problem, ProblemOut
from api.http.responses import answer
from domain.access import Caller
from domain.messages import Language
from ledger.failures import DATABASE_FAILED
from ledger.queries.views import CaseDetail
from starter.errors import EngineError

TAKEN, STARTED, MIXED, AWAY = 200, 201, 207, 503

REFUSALS = (HTTPException, EngineError, *DATABASE_FAILED)
"""What may become of an event besides a receipt."""


async def take_one(context: AppContext, caller: Caller, event: Incoming, language: Language) -> Response:
    """Take an event in; 201 when it started a case. Raises as :func:`api.events_in.receiving.receive`."""
    receipt = await receive(context, caller, event, language)
    case = await asyncio.to_thread(_case_of, context, receipt)
    headers = {}
    if case is not None:
        headers = {"Location": path_of(case), "ETag": etag_of(case)}
    return answer(_told(receipt, case, language), language, _status(receipt), headers)


async def take_batch(
    request: Request, context: AppContext, caller: Caller, events: Sequence[Incoming], language: Language
) -> Response:
    """Take events in, one after the other; each has its own answer.

    200: all were taken; 207: some were not and never will be. Raises Problem 503 when the engine could not answer for
    one of them: the whole batch can then be sent again, what was taken stays so.
    """
    for event in events:
        refuse_without_a_text(caller, event, language)
    items = [await _item(request, context, caller, event, language) for event in events]
    if any(item.status == AWAY for item in items):
        told = [item.model_dump(mode="json", exclude_none=True) for item in items]
        raise Problem(AWAY, "unavailable", headers={"Retry-After": AGAIN_SECONDS}, items=told)
    refused = any(item.problem is not None for item in items)
    return answer(BatchOut(items=items), language, MIXED if refused else TAKEN)


async def _item(
    request: Request, context: AppContext, caller: Caller, event: Incoming, language: Language
) -> BatchItem:
    try:
        receipt = await receive(context, caller, event, language)
        case = await asyncio.to_thread(_case_of, context, receipt)
    except REFUSALS as error:
        return await _refused(request, error)
    return BatchItem.model_construct(status=_status(receipt), receipt=_told(receipt, case, language))


async def _refused(request: Request, error: Exception) -> BatchItem:
    """The problem that the application would have answered with."""
    handlers = request.app.exception_handlers
    handler = next(handlers[kind] for kind in type(error).__mro__ if kind in handlers)
    response: Response = await handler(request, error)
    problem = ProblemOut.model_validate(json.loads(bytes(response.body)))
    return BatchItem(status=response.status_code, problem=problem)


def _case_of(context: AppContext, receipt: Receipt) -> CaseDetail | None:
    """The case of a filing: as its filing left it for the event that started it, as it is now for all others."""
    request_id = receipt.received.request_id
    if receipt.filing_key is None or request_id is None:
        return None
    case = context.client.get(request_id)
    if receipt.received.effect != "started":
        return case
    filing = context.reader.events_of_key(request_id, receipt.filing_key)
    return as_of(context.reader, case, filing[-1].seq)


def _status(receipt: Receipt) -> int:
    return STARTED if receipt.received.effect == "started" and not receipt.duplicate else TAKEN


def _told(receipt: Receipt, case: CaseDetail | None, language: Language) -> ReceiptOut:
    received = receipt.received
    assert received.effect is not None  # receipts are given for events that had one
    return ReceiptOut.model_construct(
        source=received.source,
        id=received.id,
        type=received.type,
        effect=received.effect,
        duplicate=receipt.duplicate,
        request_id=received.request_id,
        case=case_out(case, language) if case else None,
    )
