"""备注: what people write beside a case, at its page."""

import asyncio
import secrets

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.notes import LONGEST, NoteIn, added
from console.case_forms import Typed
from console.case_page import case_shown
from console.door import door_of, form_of, language_of, visitor_of
from console.pages import see_other
from console.refusals import REFUSED, refusal_told
from domain.messages import label

NOTE = "note"
"""What the form of a note is called beside those of commands."""


async def add(request: Request) -> Response:
    """Write a note: back to the case when it stands, or to the form with what is wrong and what was typed."""
    visitor, language = await visitor_of(request), language_of(request)
    form = await form_of(request, visitor)
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    context, request_id = door_of(request).context, request.path_params["request_id"]
    said = {name: values[name] for name in ("text", "shown", "as") if values.get(name)}
    key = values.get("idempotency_key") or secrets.token_hex(16)
    try:
        body = NoteIn.model_validate(said)
        await asyncio.to_thread(added, context, visitor.caller, request_id, body, key)
    except ValidationError:
        sentence = label("console", "note_wrong", language).format(most=LONGEST)
        return await case_shown(request, visitor, Typed(NOTE, values, sentence), 422)
    except REFUSED as refusal:
        status, sentence = refusal_told(refusal, language)
        return await case_shown(request, visitor, Typed(NOTE, values, sentence), status)
    return see_other(f"/cases/{request_id}#notes")
