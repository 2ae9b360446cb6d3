"""The papers of a case in a browser: its form and notices to read, and attachments to save."""

import asyncio
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from api.attachments import endpoints as attachments
from api.dependencies import visible_case
from api.documents import endpoints as documents
from api.http.prefix import prefixed
from console.door import door_of, language_of, visitor_of
from starter.errors import NotFound

DIGEST: Final = re.compile("[0-9a-f]{64}")


async def paper(request: Request) -> Response:
    """A form or a notice, as a page of its own that leads back to the case. Raises NotFound where there is none."""
    visitor, language = await visitor_of(request), language_of(request)
    context, request_id = door_of(request).context, request.path_params["request_id"]
    name, back = request.path_params["name"], prefixed(f"/cases/{request_id}")
    page = await asyncio.to_thread(documents.page_of, context, visitor.caller, request_id, name, language, back)
    return documents.as_sent(page, language, request.headers.get("if-none-match"))


async def attachment(request: Request) -> Response:
    """A paper that was brought as a file, to be saved. Raises NotFound for one that is not the visitor's to see."""
    visitor, language = await visitor_of(request), language_of(request)
    context, sha256 = door_of(request).context, request.path_params["sha256"]
    await asyncio.to_thread(visible_case, context, visitor.caller, request.path_params["request_id"])
    if not DIGEST.fullmatch(sha256):
        raise NotFound("There is no such attachment.")
    known = request.headers.get("if-none-match")
    return await attachments.as_sent(context, visitor.caller, sha256, language, known)
