"""Whether the certificates that this installation meets and shows are good, and for how long yet."""

import asyncio
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509

from cli.checks.findings import Check, failed, ok, part, problem, skipped, warning
from configuration.settings import Settings

NAME: Final = "certificates"
SOON: Final = timedelta(days=30)
PATIENCE: Final = 5.0


async def certificates_check(settings: Settings) -> Check:
    """The certificate that ends first, of those that servers show here and of ours before Temporal.

    A server that does not answer is told of by the check of its own.
    """
    try:
        asked = [asyncio.to_thread(_shown, host, port) for host, port in _servers(settings)]
        shown = [each for each in await asyncio.gather(*asked) if each is not None]
        own = _own(settings)
    except Exception as error:
        return failed(NAME, error)
    found = [*shown, *([(part("certificate_before_temporal"), own)] if own is not None else [])]
    if not found:
        return skipped(NAME, "no_certificate")
    whose, ends = min(found, key=lambda each: each[1])
    left = ends - datetime.now(UTC)
    if left <= timedelta():
        return problem(NAME, "certificate_expired", whose=whose, ends=ends)
    if left < SOON:
        return warning(NAME, "certificate_expires", whose=whose, ends=ends, days=left.days)
    return ok(NAME, "certificates_good", whose=whose, ends=ends)


def _servers(settings: Settings) -> Iterator[tuple[str, int]]:
    """Those that show a certificate: the API and the issuer by https, and Temporal by TLS."""
    for address in (settings.public_url, settings.oidc_issuer):
        parts = urlsplit(address or "")
        if parts.scheme == "https" and parts.hostname:
            yield parts.hostname, parts.port or 443
    if settings.temporal_address and settings.temporal.get("tls"):
        host, _, port = settings.temporal_address.rpartition(":")
        yield host, int(port)


def _shown(host: str, port: int) -> tuple[str, datetime] | None:
    """Whose certificate a server shows, and when it ends; whether it may be trusted is the caller's to see."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        plain = socket.create_connection((host, port), PATIENCE)
        with plain, context.wrap_socket(plain, server_hostname=host) as secured:
            certificate = secured.getpeercert(binary_form=True)
    except OSError:
        return None
    if certificate is None:
        return None
    return f"{host}:{port}", x509.load_der_x509_certificate(certificate).not_valid_after_utc


def _own(settings: Settings) -> datetime | None:
    """When the certificate ends that this client shows Temporal."""
    tls = settings.temporal.get("tls")
    certificate = getattr(tls, "client_cert", None)
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc if certificate else None
