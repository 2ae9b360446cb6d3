"""Who is at the console: sessions as rows of the ledger's database, the cookie, the token of each form."""

import asyncio
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol
from urllib.parse import urlsplit

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from api.context import AppContext
from api.http.limits import too_much_came
from api.http.prefix import own_path
from api.http.problems import Problem
from api.http.unheld import unheld
from console.streams import Streams
from domain.access import Caller, as_it_was, as_kept
from domain.codes import code_key
from domain.messages import Language, label

COOKIE: Final = "__Host-shareflow"
"""The prefix: a browser takes it only as Secure, for this host alone and for every path."""
LANGUAGE: Final = "__Host-shareflow-language"
LASTS: Final = timedelta(hours=12)
CSRF: Final = "csrf_token"
LIVE: Final = "shareflow-live"
"""The header by which a page says that it asks by itself, because something changed."""
MOST_FIELDS: Final = 1000
LARGEST_FIELD: Final = 8 * 2**20
"""In bytes as they are sent. Bodies are bounded as a whole; a field beside files is bounded by this alone."""


class SignedOut(Exception):
    """Nobody is signed in: the session is missing, over or revoked."""


class SignInRefused(Exception):
    """Whoever came back from where people prove who they are has proven nothing."""


class WayIn(Protocol):
    """Where people prove who they are."""

    async def begin(self, request: Request) -> Response:
        """Send the browser there. Raises Unavailable when it does not answer."""

    async def finish(self, request: Request) -> "CameBack":
        """Who came back. Raises SignInRefused, and Unavailable."""

    async def way_out(self) -> str | None:
        """Where the session there ends; None where that is not offered."""


@dataclass(frozen=True)
class CameBack:
    """Who has proven to be a ``caller``, and what people there call him (``name``), where that is told."""

    caller: Caller
    name: str | None


@dataclass(frozen=True)
class Door:
    """What the pages stand on. ``demonstration``: people choose at /sign-in who they are; else ``issuer`` leads to
    where they prove it, if anywhere. ``streams``: who listens for changes."""

    context: AppContext
    demonstration: bool
    streams: Streams
    issuer: "WayIn | None" = None


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, and the token that forms of the session carry."""

    caller: Caller
    csrf: str


def door_of(request: Request) -> Door:
    """What the page of a request stands on."""
    door: Door = request.app.state.door
    return door


def language_of(request: Request) -> Language:
    """Chinese unless the reader has switched."""
    return "en" if request.cookies.get(LANGUAGE) == "en" else "zh"


async def visitor_of(request: Request) -> Visitor:
    """Who asks. Raises SignedOut, and Problem 429 for too many calls."""
    context = door_of(request).context
    address = came_from(request)
    token = request.cookies.get(COOKIE)
    if not token:
        raise SignedOut
    bearer = await asyncio.to_thread(context.reader.bearer_of, session_of(request), not _unasked(request))
    if bearer is None:
        context.limits.failed(address)
        raise SignedOut
    caller = as_it_was(bearer)
    context.limits.asked(f"{code_key(caller.org or '')}/{caller.subject}")
    return Visitor(caller, _csrf(token))


def session_of(request: Request) -> str:
    """The digest under which the session of a request stands, if it has one."""
    return _digest(request.cookies.get(COOKIE, ""))


def session_secret(request: Request, salt: str) -> str:
    """What the browser of a session alone can have worked out again, by its cookie, of which nothing is kept."""
    token = request.cookies.get(COOKIE, "")
    return hmac.new(token.encode("utf-8", "surrogateescape"), f"secret {salt}".encode(), hashlib.sha256).hexdigest()


def _unasked(request: Request) -> bool:
    """Whether a page asks by itself: that nobody is there must end a session, although things change."""
    return LIVE in request.headers or own_path(request.scope) == "/live"


def from_elsewhere(request: Request) -> bool:
    """Whether a page of another address sends a form here."""
    origin = request.headers.get("origin")
    foreign = origin is not None and urlsplit(origin).netloc != request.headers.get("host")
    return foreign or request.headers.get("sec-fetch-site") in ("cross-site", "same-site")


async def form_of(request: Request, visitor: Visitor | None, files: int = 0) -> FormData:
    """What a form sent, with so many files at most.

    Raises Problem 403 where it does not come from a page of this session, or of this address, 413 for one that is too
    large, and 400 for a character that nothing can hold.
    """
    language = language_of(request)
    if from_elsewhere(request):
        raise Problem(403, "form_expired", title=label("console", "form_expired", language))
    form = await request.form(max_files=files, max_fields=MOST_FIELDS, max_part_size=LARGEST_FIELD)
    request.state.sent = form  # a body is read once: whoever tells why it was not taken finds it here
    if too_much_came(request.scope):
        raise Problem(413, "too_large")
    if unheld(text for pair in form.multi_items() for text in pair if isinstance(text, str)):
        raise Problem(400, "malformed", title=label("body", "unheld", language))
    if visitor is not None and not hmac.compare_digest(str(form.get(CSRF, "")).encode(), visitor.csrf.encode()):
        raise Problem(403, "form_expired", title=label("console", "form_expired", language))
    return form


async def sign_in(request: Request, caller: Caller, answer: Response, name: str | None = None) -> Response:
    """Begin a session, whose token the answer brings to the browser, of a caller whom colleagues know by a name."""
    token = secrets.token_urlsafe(32)
    context = door_of(request).context
    bearer = {**as_kept(caller), **({"name": name} if name else {})}
    await asyncio.to_thread(context.writer.open_session, _digest(token), bearer, LASTS)
    set_cookie(answer, COOKIE, token)
    return answer


async def sign_out(request: Request, answer: Response) -> Response:
    """Revoke the session for good, and have the browser let go of the pages that it has."""
    door, session = door_of(request), session_of(request)
    await asyncio.to_thread(door.context.writer.revoke_session, session)
    door.streams.end(session)
    answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


async def begin_feed(request: Request, caller: Caller, token: str) -> None:
    """Begin a feed of a caller's calendar, whose address has the token."""
    writer = door_of(request).context.writer
    await asyncio.to_thread(writer.open_feed, _digest(token), caller.subject, as_kept(caller))


async def end_feed(request: Request, caller: Caller) -> None:
    """End the feed of a caller's calendar for good."""
    await asyncio.to_thread(door_of(request).context.writer.revoke_feed, caller.subject)


async def owner_of_feed(request: Request, token: str) -> Caller:
    """Whose calendar a token feeds. Raises Problem 404 for one that is revoked or none, 429 for too many calls."""
    context, address = door_of(request).context, came_from(request)
    bearer = await asyncio.to_thread(context.reader.bearer_of_feed, _digest(token)) if token else None
    if bearer is None:
        context.limits.failed(address)
        raise Problem(404, "not_found")
    caller = as_it_was(bearer)
    context.limits.asked(f"{code_key(caller.org or '')}/{caller.subject}")
    return caller


def set_cookie(answer: Response, name: str, value: str, lasts: int | None = None) -> None:
    """Bring something to the browser that no script reads and no other site sends, for so many seconds if said."""
    answer.set_cookie(name, value, lasts, path="/", secure=True, httponly=True, samesite="lax")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _csrf(token: str) -> str:
    return hmac.new(token.encode("utf-8", "surrogateescape"), b"form", hashlib.sha256).hexdigest()


def came_from(request: Request) -> str:
    """The address of whoever asks, by which floods are held back."""
    return request.client.host if request.client else "unknown"
