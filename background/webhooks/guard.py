"""Where a webhook may lead: every connection is opened here, to an address that was looked at.

A name is resolved once and the connection goes to that very address: a name that answers differently a moment
later changes nothing. The server's name for TLS stays the one in the URL.
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
"""Finds the addresses of a host. Raises OSError when there are none."""

# Of their own: names that take long to resolve must not keep the database waiting.
_RESOLVERS = ThreadPoolExecutor(8, thread_name_prefix="resolver")


class Unfit(Exception):
    """A URL that nothing is sent to; ``word`` (of the messages' kind ``webhook_error``) says why."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Destination:
    """A URL taken apart: ``host`` as it is resolved, ``netloc`` as the Host header says it, ``target`` the path."""

    scheme: str
    host: str
    port: int
    netloc: bytes
    target: bytes

    @property
    def plain(self) -> bool:
        """Whether what is sent there can be read on the way."""
        return self.scheme == "http"


async def resolve_host(host: str, port: int) -> Sequence[str]:
    """The addresses of a host as this machine finds them."""
    look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def place_in(url: str) -> Destination:
    """Take a URL apart. Raises Unfit for one that no webhook may have, wherever it leads."""
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
    """Refuses what is not public, save what the operator allows. ``resolve`` finds the addresses of a name."""

    def __init__(self, allowed: Allowed = NOTHING, resolve: ResolveHost = resolve_host) -> None:
        self._allowed = allowed
        self._resolve = resolve

    async def check(self, url: str) -> Destination:
        """Take a URL apart and see where it leads now. Raises Unfit."""
        place = place_in(url)
        await self.addresses(place.host, place.port, place.plain)
        return place

    async def addresses(self, host: str, port: int, plain: bool) -> Sequence[str]:
        """The addresses that may be connected to. Raises Unfit when any is refused: then none is used.

        What is ``plain`` (no TLS) may go to allowed places only.
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
    """Opens connections to addresses that the guard has looked at, and no others."""

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
        """Connect to the first address that answers. Raises Unfit, and httpcore's errors of connecting."""
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
