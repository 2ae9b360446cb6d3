"""The certificates on which a process rests (证书): what it shows and trusts, from files, and what servers show it."""

import socket
import ssl
import struct
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

from cryptography import x509

from configuration.settings import Settings

PATIENCE: Final = 5.0
"""Seconds for all servers together."""
_BY_TLS: Final = frozenset({"require", "verify-ca", "verify-full"})
_SSL_REQUEST: Final = struct.pack("!ii", 8, 80877103)
"""What PostgreSQL's protocol has a client say who wants TLS; the server answers S."""
_UNREADABLE: Final = (OSError, ValueError, RuntimeError)
"""Of a file that is no certificate, and of the client configuration of Temporal: told by whoever needs it."""


def certificates_of(settings: Settings) -> Mapping[str, datetime]:
    """Until when each is good: of files by what it is for, as in the catalogue, of servers by their address.

    What cannot be read, and a server that does not answer in five seconds, is left out. Of several authorities in one
    file the last to expire counts: the one before it stays there while it is exchanged.
    """
    found = dict[str, datetime]()
    for name, until in _in_files(settings):
        with suppress(*_UNREADABLE):
            found[name] = until()
    return {**found, **_shown_by({*_servers(settings)})}


def _in_files(settings: Settings) -> Iterator[tuple[str, Callable[[], datetime]]]:
    """Temporal's as they were when the process began, for it goes on with those; the database's as they are now."""
    tls = _temporal_tls(settings)
    if certificate := getattr(tls, "client_cert", None):
        yield "temporal_client", partial(_own, certificate)
    if authorities := getattr(tls, "server_root_ca_cert", None):
        yield "temporal_authorities", partial(_last, authorities)
    asked = parse_qs(urlsplit(settings.database_url or "").query)
    for file in asked.get("sslcert", ()):
        yield "database_client", partial(_of_file, Path(file), _own)
    for file in asked.get("sslrootcert", ()):
        yield "database_authorities", partial(_of_file, Path(file), _last)
    if roots := settings.timestamp_roots:
        yield "timestamp_authorities", partial(_of_file, roots, _last)


def _temporal_tls(settings: Settings) -> object:
    with suppress(*_UNREADABLE):
        return settings.temporal.get("tls")
    return None


def _of_file(file: Path, until: Callable[[bytes], datetime]) -> datetime:
    return until(file.read_bytes())


def _own(pem: bytes) -> datetime:
    """Of the first in a file: those behind it lead to its authority."""
    return x509.load_pem_x509_certificates(pem)[0].not_valid_after_utc


def _last(pem: bytes) -> datetime:
    return max(each.not_valid_after_utc for each in x509.load_pem_x509_certificates(pem))


class _Server(NamedTuple):
    """Where a certificate is shown; ``greeted``: as PostgreSQL, once it is asked for TLS in its own words."""

    host: str
    port: int
    greeted: bool = False


def _servers(settings: Settings) -> Iterator[_Server]:
    """Those that show a certificate: the API and the issuer by https, Temporal and the database by TLS."""
    for address in (settings.public_url, settings.oidc_issuer):
        parts = urlsplit(address or "")
        if parts.scheme == "https" and parts.hostname:
            yield _Server(parts.hostname, parts.port or 443)
    if settings.temporal_address and _temporal_tls(settings):
        host, _, port = settings.temporal_address.rpartition(":")
        yield _Server(host, int(port))
    database = urlsplit(settings.database_url or "")
    if database.hostname and not _BY_TLS.isdisjoint(parse_qs(database.query).get("sslmode", ())):
        yield _Server(database.hostname, database.port or 5432, greeted=True)


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
    except OSError:
        return None
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc if certificate else None
