"""Guard against server-side request forgery: every connection of webhooks is opened here, to a checked address.

A name is resolved once and the connection goes to the checked address, so DNS rebinding has no effect. The server name
for TLS stays the one in the URL.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import httpcore
import httpx

from background.webhooks.addresses import (
    METADATA_NAMES,
    NOTHING,
    Allowed,
    address_of,
    is_public,
)

LONGEST_URL = 2000
RESOLVE_SECONDS = 5.0
DEFAULT_PORTS = {"https": 443, "http": 80}

ResolveHost = Callable[[str, int], Awaitable[Sequence[str]]]
"""Resolves a host to its addresses. Raises OSError if there are none."""

# A pool of its own, so that slow DNS does not block threads for the database.
_RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="resolver")


class Unfit(Exception):
    """A URL that must not be used; ``word`` (kind ``webhook_error`` of the catalogue) says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Destination:
    """A parsed URL: ``host`` to be resolved, ``netloc`` for the Host header, ``target`` the path."""

    scheme: str
    host: str
    port: int
    netloc: bytes
    target: bytes

    @property
    def plain(self) -> bool:
        """Whether it is sent without TLS."""
        return self.scheme == "http"


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a host, by this machine's resolver."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def place_in(url: str) -> Destination:
    """Parse a URL. Raises Unfit for one that no webhook may have, whatever its addresses."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url:
        raise Unfit("malformed")
    try:
        parts = httpx.URL(url)
        host = parts.raw_host.decode("ascii").lower()
        port = DEFAULT_PORTS.get(parts.scheme, 0) if parts.port is None else parts.port
    except (httpx.InvalidURL, ValueError):
        raise Unfit("malformed") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise Unfit("https_required")
    if not host or parts.fragment or not 0 < port < 65536:
        raise Unfit("malformed")
    if parts.userinfo:
        raise Unfit("credentials")
    return Destination(parts.scheme, host, port, parts.netloc, parts.raw_path)


class AddressGuard:
    """Refuses addresses that are not public, except those that the operator allows. ``resolve`` resolves names."""

    def __init__(self, allowed: Allowed = NOTHING, resolve: ResolveHost = resolve_host) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def check(self, url: str) -> Destination:
        """Parse a URL and check its current addresses. Raises Unfit."""
        place = place_in(url)
        await self.addresses(place.host, place.port, place.plain)
        return place

    async def addresses(self, host: str, port: int, plain: bool) -> Sequence[str]:
        """The addresses to connect to. Raises Unfit if any of them is refused; then none is used.

        Without TLS (``plain``), only allowed places are accepted.
        """
        if self._allowed.place(host, port):
            return await self._resolved(host, port)
        if host.rstrip(".") in METADATA_NAMES:
            raise Unfit("address_refused")
        found = await self._resolved(host, port)
        addresses = [address_of(each) for each in found]
        outside = [each for each in addresses if not self._allowed.address(each)]
        if not all(is_public(each) for each in outside):
            raise Unfit("address_refused")
        if outside and plain:
            raise Unfit("https_required")
        return found

    async def _resolved(self, host: str, port: int) -> Sequence[str]:
        try:
            async with asyncio.timeout(RESOLVE_SECONDS):
                found = await self._resolve(host, port)
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            raise Unfit("not_resolved") from None
        if not found:
            raise Unfit("not_resolved")
        return found


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """A network backend that connects only to addresses checked by the guard."""

    def __init__(self, guard: AddressGuard, plain: bool) -> None:
        self._guard = guard
        self._plain = plain
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore calls it so
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect to the first address that answers. Raises Unfit, or httpcore's connection errors."""
        addresses = await self._guard.addresses(host, port, self._plain)
        for address in addresses[:-1]:
            try:
                return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await self._network.sleep(seconds)
