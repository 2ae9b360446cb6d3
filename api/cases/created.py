"""The answer to whatever opens a case, at either address."""

import asyncio

from fastapi import Response

from api.cases.presenters import as_of, case_out, etag_of, opened_out, path_of
from api.context import AppContext
from api.http.responses import answer
from domain.messages import Language
from ledger.queries.views import CaseDetail
from starter.engine_client import FiledCase


async def as_created(context: AppContext, filed: FiledCase, language: Language) -> Response:
    """The answer to a filing: the case as it left it, and where it stands."""
    case = await asyncio.to_thread(_as_filed, context, filed)
    context.filed[case.request_id] = case
    headers = {"Location": path_of(case), "ETag": etag_of(case)}
    if filed.repeated:
        headers["Idempotency-Replayed"] = "true"
    # Only a filing that ends its case at once has led to another by then.
    followed = await asyncio.to_thread(context.reader.openings, case.request_id, case.seq) if case.outcome else ()
    return answer(case_out(case, language, opens=opened_out(followed, language)), language, 201, headers)


def _as_filed(context: AppContext, filed: FiledCase) -> CaseDetail:
    """The case as its filing left it, whatever has happened since."""
    return as_of(context.reader, context.client.get(filed.case.request_id), filed.events)
