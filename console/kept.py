"""Forms on their way: what was typed is kept with the session, and a page at its own address shows what comes of it.

A form that asks for a page is answered by the way to it (303). The browser asks for that page anew whenever it is shown
again, by Back, by a reload or in another language: nothing is sent twice, and nothing that was typed is lost.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from console.door import CSRF, door_of, session_of
from console.pages import see_other

KEPT: Final = "kept"
"""The part of an address that names a form of the session."""
DIGITS: Final = 32


async def to_kept(request: Request, page: str, said: Mapping[str, str], shown_by: str = "") -> Response:
    """On to a page that shows what its form says, or to ``shown_by``, which shows it in its stead."""
    return see_other(await address_of_kept(request, page, said, shown_by))


async def address_of_kept(request: Request, page: str, said: Mapping[str, str], shown_by: str = "") -> str:
    """Where a form of a page is shown as it is, until it is sent for good, its session ends, or many others came."""
    text = json.dumps({name: value for name, value in said.items() if name != CSRF}, ensure_ascii=False)
    form_id = hashlib.sha256(f"{page}\n{text}".encode()).hexdigest()[:DIGITS]
    forms = door_of(request).context.writer.forms
    await asyncio.to_thread(forms.keep, session_of(request), page, form_id, text)
    return f"{shown_by or page}?{urlencode({KEPT: form_id})}"


async def kept_form(request: Request, page: str) -> dict[str, str] | None:
    """What the form of a page says that the address names; None where it names none, or one that is not kept."""
    form_id = request.query_params.get(KEPT)
    if form_id is None:
        return None
    text = await asyncio.to_thread(door_of(request).context.writer.forms.kept, session_of(request), page, form_id)
    return None if text is None else _said(text)


async def kept_results(request: Request, page: str) -> dict[str, str] | None:
    """As :func:`kept_form`, with what ``came`` of it; None for one that was only typed, or looked at, so far."""
    kept = await kept_form(request, page)
    return kept if kept and "came" in kept else None


async def latest_forms(request: Request, page: str) -> Sequence[dict[str, str]]:
    """What was typed last on a page and in each part of it, and not sent for good."""
    texts = await asyncio.to_thread(door_of(request).context.writer.forms.latest, session_of(request), page)
    return [_said(text) for text in texts]


async def forget_forms(request: Request, page: str) -> None:
    """What was typed on a page, or in a part of it, has been sent for good."""
    await asyncio.to_thread(door_of(request).context.writer.forms.forget, session_of(request), page)


def _said(text: str) -> dict[str, str]:
    said: dict[str, str] = json.loads(text)
    return said
