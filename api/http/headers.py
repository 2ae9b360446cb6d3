"""Headers as they come: what says one thing stands once, lists are put together, and bodies come as they are."""

from collections import Counter
from collections.abc import Iterable, Iterator

from starlette.types import ASGIApp, Receive, Scope, Send

from api.http.language import language_of
from api.http.problems import Problem, response
from domain.messages import label

Raw = tuple[bytes, bytes]

SINGLE = frozenset(
    {
        *(b"authorization", b"content-type", b"content-length", b"content-disposition", b"host"),
        *(b"idempotency-key", b"last-event-id", b"x-filename"),
    }
)
"""Headers that say one thing; so do all attributes of an event (``ce-``)."""
ATTRIBUTE = b"ce-"

LISTS = frozenset({b"accept", b"accept-language", b"content-encoding", b"if-match", b"if-none-match"})
"""Headers that may be split over several lines (RFC 9110, 5.3)."""

AS_IT_IS = frozenset({"", "identity"})
BODIES = frozenset({"POST", "PUT", "PATCH"})


class Headers:
    """Refuses what can be read in two ways before anybody reads it in one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, each of its lists on one line."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = list(joined(scope["headers"]))
        language = language_of(dict(headers).get(b"accept-language", b"").decode("latin-1"))
        twice = _twice(headers)
        if twice:
            reason = label("input", "header_twice", language)
            errors = [{"path": f"header.{name.decode('latin-1')}", "reason": reason} for name in twice]
            await response(Problem(400, "malformed", errors=errors), language)(scope, receive, send)
            return
        coding = dict(headers).get(b"content-encoding", b"").decode("latin-1").strip().lower()
        if coding not in AS_IT_IS and scope["method"] in BODIES:
            detail = label("body", "encoded", language).format(coding=coding[:40])
            problem = Problem(415, "wrong_type", detail=detail, headers={"Accept-Encoding": "identity"})
            await response(problem, language)(scope, receive, send)
            return
        scope["headers"] = headers
        await self._app(scope, receive, send)


def joined(headers: Iterable[Raw]) -> Iterator[Raw]:
    """The headers, with the lines of each list put together where the first of them stood."""
    headers = list(headers)
    told: set[bytes] = set()
    for name, value in headers:
        if name not in LISTS:
            yield name, value
        elif name not in told:
            told.add(name)
            yield name, b", ".join(said for other, said in headers if other == name)


def _twice(headers: Iterable[Raw]) -> list[bytes]:
    counted = Counter(name for name, _ in headers if name in SINGLE or name.startswith(ATTRIBUTE))
    return [name for name, times in counted.items() if times > 1]
