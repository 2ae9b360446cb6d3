"""The engine that a test is given: where it is, clients for everybody, and its time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from domain.words import Role
from embedded.testing.background import Background, in_background
from embedded.testing.stack import EngineStack, engine_stack
from shareflow._async_client import AsyncClient
from shareflow._client import Client
from shareflow._wire import no_authorities


class ShareflowEngine:
    """A running engine whose time can be advanced.

    ``url`` is the address of its HTTP API. All tests of a run share it: use request ids, not counts.
    """

    def __init__(self, background: Background[EngineStack], until_the_end: ExitStack) -> None:
        self._background = background
        self._until_the_end = until_the_end
        self.url = background.inside.url

    # Time

    @property
    def now(self) -> datetime:
        """The instant in all cases, in Asia/Shanghai. It passes as in the world until it is advanced."""
        return self._background.inside.time.now()

    def advance(self, *, days: float | None = None, until: datetime | None = None) -> datetime:
        """Let time pass, in every case, by so many days or until an instant; gives the new ``now``.

        Limits that end by then are breached, warnings given and lapses recorded when it returns, each with the
        instant at which it happened. Blocks; from asynchronous code ``await asyncio.to_thread(engine.advance, …)``
        lets other tasks go on. An instant that has passed already changes nothing: time only goes forward.
        Raises starter.errors.NeedsOperator, which says why, when the code of a case fails on the way.
        """
        if (days is None) == (until is None):
            raise ValueError("advance takes either days or until.")
        if days is not None and days < 0:
            raise ValueError("Time only goes forward: days must not be below 0.")
        if until is not None and until.tzinfo is None:
            raise ValueError("until needs an offset, such as +08:00.")
        target = until if until is not None else self.now + timedelta(days=days or 0)
        self._background.call(self._background.inside.time.advance(target))
        return self.now

    # People

    def token(
        self,
        role: str | Sequence[str],
        org: str | None = None,
        *,
        jurisdiction: Sequence[str] | None = None,
        subject: str | None = None,
    ) -> str:
        """A bearer token for somebody in a role (or several) of an organisation, named by its code.

        Bureaus and other organs have jurisdiction everywhere unless told where (``nantong``, ``cn`` …).
        Raises ValueError for a role that is none.
        """
        roles = [Role(each) for each in ([role] if isinstance(role, str) else role)]
        return self._background.inside.issuer.token(roles, org, subject, jurisdiction)

    def client(
        self,
        role: str | Sequence[str],
        org: str | None = None,
        *,
        jurisdiction: Sequence[str] | None = None,
        subject: str | None = None,
        **options: Any,
    ) -> Client:
        """A client of somebody's, closed with the engine; ``options`` are those of ``starter.Client``."""
        token = self._tokens(role, org, jurisdiction, subject)
        client = Client(self.url, token, **{"transport": httpx.HTTPTransport(verify=no_authorities()), **options})
        self._until_the_end.callback(client.close)
        return client

    def async_client(
        self,
        role: str | Sequence[str],
        org: str | None = None,
        *,
        jurisdiction: Sequence[str] | None = None,
        subject: str | None = None,
        **options: Any,
    ) -> AsyncClient:
        """A client of somebody's for an event loop; use it in ``async with``."""
        token = self._tokens(role, org, jurisdiction, subject)
        return AsyncClient(
            self.url, token, **{"transport": httpx.AsyncHTTPTransport(verify=no_authorities()), **options}
        )

    def _tokens(
        self, role: str | Sequence[str], org: str | None, jurisdiction: Sequence[str] | None, subject: str | None
    ) -> Callable[[], str]:
        self.token(role, org, jurisdiction=jurisdiction, subject=subject)  # a role that is none is told here
        return lambda: self.token(role, org, jurisdiction=jurisdiction, subject=subject)


@contextmanager
def running_engine(begins: datetime | None = None) -> Iterator[ShareflowEngine]:
    """An engine whose time begins at an instant (None: now), gone afterwards. Raises StartupError."""
    with in_background(lambda: engine_stack(begins)) as background, ExitStack() as until_the_end:
        yield ShareflowEngine(background, until_the_end)
