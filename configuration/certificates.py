"""The certificates on which a process rests (证书): what it shows and trusts, from files, and what servers show it."""

import socket
import ssl
import struct
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from cryptography import x509

from configuration.errors import StartupError
from configuration.settings import Settings

PATIENCE: Final = 5.0
"""Seconds for all servers together."""
_BY_TLS: Final = frozenset({"require", "verify-ca", "verify-full"})
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
"""What PostgreSQL's protocol has a client say who wants TLS; the server answers S."""
_UNUSABLE: Final = (OSError, ValueError, RuntimeError, StartupError)
"""Of a file that is no certificate, and of a setting that names nothing: told by whoever needs it."""


class _Server(NamedTuple):
    """Where a certificate is shown; ``greeted``: as PostgreSQL, once it is asked for TLS in its own words."""

    host: str
    port: int
    greeted: bool = False


def certificates_of(settings: Settings) -> Mapping[str, datetime]:
    """Until when each is good: of files by what it is for, as in the catalogue, of servers by their address.

    What cannot be read, and a server that does not answer in five seconds, is left out. Of several authorities in one
    file the last to expire counts: the one before it stays there while it is exchanged. Temporal's files count as they
    were when the process first asked for them, for it goes on with those.
    """
    found, servers = dict[str, datetime](), set[_Server]()
    for name, in_file in _FILES.items():
        with suppress(*_UNUSABLE):
            until = in_file(settings)
            found |= {name: until} if until is not None else {}
    for named in _SERVERS:
        with suppress(*_UNUSABLE):
            server = named(settings)
            servers |= {server} if server is not None else set()
    return {**found, **_shown_by(servers)}


def _own(pem: bytes | None) -> datetime | None:
    """Of the first in a file: those behind it lead to its authority."""
    return x509.load_pem_x509_certificates(pem)[0].not_valid_after_utc if pem else None


def _last(pem: bytes | None) -> datetime | None:
    return max(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem)) if pem else None


def _of_temporal(settings: Settings, name: str) -> bytes | None:
    found: bytes | None = getattr(settings.temporal.get("tls"), name, None)
    return found


def _of_database(settings: Settings, name: str) -> bytes | None:
    named = parse_qs(urlsplit(settings.database_url or "").query).get(name)
    return Path(named[0]).read_bytes() if named else None


def _of_timestamps(settings: Settings) -> bytes | None:
    return settings.timestamp_roots.read_bytes() if settings.timestamp_roots else None


_FILES: Final[Mapping[str, Callable[[Settings], datetime | None]]] = {
    "temporal_client": lambda settings: _own(_of_temporal(settings, "client_cert")),
    "temporal_authorities": lambda settings: _last(_of_temporal(settings, "server_root_ca_cert")),
    "database_client": lambda settings: _own(_of_database(settings, "sslcert")),
    "database_authorities": lambda settings: _last(_of_database(settings, "sslrootcert")),
    "timestamp_authorities": lambda settings: _last(_of_timestamps(settings)),
}


def _by_https(address: str | None) -> _Server | None:
    parts = urlsplit(address or "")
    return _Server(parts.hostname, parts.port or 443) if parts.scheme == "https" and parts.hostname else None


def _temporal(settings: Settings) -> _Server | None:
    host, _, port = (settings.temporal_address or "").rpartition(":")
    return _Server(host, int(port)) if host and settings.temporal.get("tls") else None


def _database(settings: Settings) -> _Server | None:
    parts = urlsplit(settings.database_url or "")
    by_tls = not _BY_TLS.isdisjoint(parse_qs(parts.query).get("sslmode", ()))
    return _Server(parts.hostname, parts.port or 5432, greeted=True) if by_tls and parts.hostname else None


_SERVERS: Final[Sequence[Callable[[Settings], _Server | None]]] = (
    lambda settings: _by_https(settings.public_url),
    lambda settings: _by_https(settings.oidc_issuer),
    _temporal,
    _database,
)


def _shown_by(servers: Collection[_Server]) -> Mapping[str, datetime]:
    if not servers:
        return {}
    pool = ThreadPoolExecutor(len(servers), thread_name_prefix="certificates")
    asked = {f"{each.host}:{each.port}": pool.submit(_shown, each) for each in servers}
    answered, _ = wait(asked.values(), PATIENCE)
    pool.shutdown(wait=False, cancel_futures=True)
    ends = {address: told.result() for address, told in asked.items() if told in answered}
    return {address: until for address, until in ends.items() if until is not None}


def _shown(server: _Server) -> datetime | None:
    """Until when a server's certificate is good; whether it may be trusted is the caller's to see."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((server.host, server.port), PATIENCE) as plain:
            if server.greeted:
                plain.sendall(_SSL_REQUEST)
                if plain.recv(1) != b"S":
                    return None
            with context.wrap_socket(plain, server_hostname=server.host) as secured:
                certificate = secured.getpeercert(binary_form=True)
            return x509.load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None
    except (OSError, ValueError):
        return None
