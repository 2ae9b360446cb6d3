"""备注: what people write beside a case, at its page."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response

from api.cases.notes import LONGEST, NoteIn, added
from console.case_forms import Typed
from console.case_page import case_refused
from console.door import door_of, form_of, language_of, visitor_of
from console.drafts import NOTE, forget_draft
from console.pages import see_other
from console.refusals import REFUSED, refusal_told
from console.shown_forms import wrong_in
from domain.messages import Language, label


async def add(request: Request) -> Response:
    """Write a note: back to the case when it stands, or to the form with what is wrong and what was typed."""
    visitor, language = await visitor_of(request), language_of(request)
    form = await form_of(request, visitor)
    values = {name: value for name, value in form.items() if isinstance(value, str)}
    context, request_id = door_of(request).context, request.path_params["request_id"]
    said: dict[str, str] = {name: values[name] for name in ("text", "shown") if name in values}
    if values.get("as"):
        said["as"] = values["as"]
    key = values.get("idempotency_key") or secrets.token_hex(16)
    try:
        body = NoteIn.model_validate(said)
        await asyncio.to_thread(added, context, visitor.caller, request_id, body, key)
    except ValidationError as error:
        sentence = _wrong(error, said, language)
        return await case_refused(request, visitor, Typed(NOTE, values, sentence), 422)
    except REFUSED as refusal:
        status, sentence = refusal_told(refusal, language)
        return await case_refused(request, visitor, Typed(NOTE, values, sentence), status)
    await forget_draft(request, NOTE)
    return see_other(f"/cases/{request_id}#notes")


def _wrong(error: ValidationError, said: Mapping[str, str], language: Language) -> str:
    """What is wrong with a note, in one sentence."""
    problems = {each["loc"][0]: each["type"] for each in error.errors(include_url=False)}
    if problems.get("text") in _LENGTHS:
        return label("console", "note_wrong", language).format(most=LONGEST)
    if "shown" in problems:
        return label("console", "note_for_nobody", language)
    return wrong_in(NoteIn, said, language) or label("problem", "invalid", language)


_LENGTHS: Final = ("missing", "too_short", "too_long", "string_too_short", "string_too_long")
