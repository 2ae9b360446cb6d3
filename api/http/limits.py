"""How much one caller may ask, and how large a body may be."""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network

from cachetools import TTLCache
from limits import RateLimitItem
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.browsers import asks_for_page
from api.http.language import language_of
from api.http.prefix import own_path
from api.http.problems import Problem, response

HEARD_OUT = 4
"""Of what a page's form sends, so many times as much is read as is taken: what was typed can be shown once more."""
SEEN = "shareflow.body_seen"
"""Under this an application finds in its scope the :class:`BodySeen` of a request."""
OWN_LIMITS = ("/v1/attachments", "/v1/audit/verify", "/audit/verify")
"""How the paths begin whose endpoints count the bytes themselves."""
FORMS_WITH_PAPERS = ("/file", "/file/form", "/file/preview")
"""Pages that do so too, whose paths others begin with."""


REMEMBERED = 100_000
"""Of so many callers, and so many addresses, it is known how often they came; of more the oldest are forgotten."""


class Limits:
    """Counts what each caller asks and each address fails with, in this process."""

    def __init__(self, rate: RateLimitItem, failures: RateLimitItem, checks: RateLimitItem | None = None) -> None:
        self._callers, self._failures = _Counted(rate), _Counted(failures)
        self._checks = None if checks is None else _Counted(checks)

    def asked(self, caller: str) -> None:
        """Count a call. Raises Problem 429 when it is one too many."""
        if self._callers.full(caller):
            raise _too_many(self._callers.rate)
        self._callers.hit(caller)

    def failed(self, address: str) -> None:
        """Count a bad token. Raises Problem 429 when it is one too many of this address.

        A good token of the same address is never counted: others stand behind the address of an office. To tell
        which is good costs a look at one signature, or at one row by its key, and no guess is the likelier for it.
        """
        network = network_of(address)
        if self._failures.full(network):
            raise _too_many(self._failures.rate)
        self._failures.hit(network)

    def checks_dossier(self, address: str) -> None:
        """Count a dossier that an address has checked on the page. Raises Problem 429 when it is one too many."""
        network = network_of(address)
        if self._checks is None or self._checks.full(network):
            raise _too_many((self._checks or self._failures).rate)
        self._checks.hit(network)


def network_of(address: str) -> str:
    """Whose an address is: of IPv6 its network of 64 bits, which is the least that anybody is given; else itself."""
    if ":" not in address:
        return address
    try:
        parsed = IPv6Address(address)
    except ValueError:
        return address
    return str(parsed.ipv4_mapped or IPv6Network((int(parsed), 64), strict=False))


class _Counted:
    """How often each came since its window began; the window is as long as the rate says, and begins with a first hit.

    The memory storage of ``limits`` starts a thread for nearly every hit, which was a quarter of a call's time.
    """

    def __init__(self, rate: RateLimitItem) -> None:
        self.rate = rate
        self._hits: TTLCache[str, list[int]] = TTLCache(REMEMBERED, rate.get_expiry())

    def full(self, name: str) -> bool:
        return self._hits.get(name, [0])[0] >= self.rate.amount

    def hit(self, name: str) -> None:
        self._hits.setdefault(name, [0])[0] += 1


def _too_many(rate: RateLimitItem) -> Problem:
    return Problem(429, "too_many_requests", headers={"Retry-After": str(rate.get_expiry())})


@dataclass
class BodySeen:
    """How many bytes of a body have come, of how many that are taken."""

    at_most: int
    number: int = 0

    @property
    def over(self) -> bool:
        """Whether more came than is taken."""
        return self.number > self.at_most


def too_much_came(scope: Scope) -> bool:
    """Whether the body of a page's form, which has been read, is larger than one may be."""
    seen = scope.get(SEEN)
    return isinstance(seen, BodySeen) and seen.over


class BodyLimit:
    """Refuses bodies that are too large before they are read whole; those of pages' forms once they are.

    Whoever reads a page's form asks :func:`too_much_came`.
    """

    def __init__(self, app: ASGIApp, at_most: int) -> None:
        self._app = app
        self._at_most = at_most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, counting what comes."""
        if scope["type"] != "http" or _counts_itself(own_path(scope)):
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        stated = headers.get(b"content-length", b"0")
        page = asks_for_page(scope)
        read = self._at_most * (HEARD_OUT if page else 1)
        if not stated.isdigit() or int(stated) > read:
            if page:
                await self._app(scope, _too_large, send)
                return
            language = language_of(headers.get(b"accept-language", b"").decode("latin-1"))
            await response(Problem(413, "too_large"), language)(scope, receive, send)
            return
        seen = BodySeen(self._at_most)

        async def counted() -> Message:
            message = await receive()
            seen.number += len(message.get("body", b""))
            if seen.number > read:
                raise Problem(413, "too_large")
            return message

        scope[SEEN] = seen  # in this scope itself: whoever stands around reads in it which endpoint answered
        await self._app(scope, counted, send)


def _counts_itself(path: str) -> bool:
    return path.startswith(OWN_LIMITS) or path in FORMS_WITH_PAPERS


async def _too_large() -> Message:
    """Stands for a body that is not read: whoever answers with pages tells so with one."""
    raise Problem(413, "too_large")
