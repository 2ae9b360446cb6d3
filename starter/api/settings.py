"""What an operator sets for the HTTP door, from the environment. A wrong value is refused at the start."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from limits import RateLimitItem, parse

from background.webhooks.addresses import NOTHING, VARIABLE, Allowed, allowed_from
from background.webhooks.payloads import PUBLIC_URL, prefix_of
from starter.stack.errors import StackError

PORT = 8080
PORT_VARIABLE = "SHAREFLOW_API_PORT"


@dataclass(frozen=True)
class Claims:
    """Where a token says who its bearer is; a dot leads into an object (``realm_access.roles``)."""

    org: str = "org"
    roles: str = "roles"
    jurisdiction: str = "jurisdiction"


@dataclass(frozen=True)
class Settings:
    """``issuer`` and ``audience`` are of an outside OIDC issuer; without them the embedded one counts.

    ``body_limit`` is in bytes; ``rate`` is how often one caller may ask, ``failures`` how often one address may
    come with a bad token. ``public_url`` is where people reach the API; printed papers lead there, and its path is
    that below which a proxy has put the API. ``webhooks``
    are the private addresses that webhooks may have all the same.
    """

    issuer: str | None = None
    audience: str | None = None
    claims: Claims = Claims()
    public_url: str = ""
    webhooks: Allowed = NOTHING
    host: str = "127.0.0.1"
    port: int = PORT
    body_limit: int = 1024 * 1024
    rate: RateLimitItem = field(default_factory=lambda: parse("1000/second"))
    failures: RateLimitItem = field(default_factory=lambda: parse("600/minute"))

    @property
    def prefix(self) -> str:
        """The path below which a proxy has put the API, without a slash at its end; empty for none."""
        return prefix_of(self.public_url)


def settings_from(environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings that the environment names. Raises StackError for one that cannot be used."""
    issuer, audience = environ.get("SHAREFLOW_OIDC_ISSUER"), environ.get("SHAREFLOW_OIDC_AUDIENCE")
    if issuer and not audience:
        raise StackError("SHAREFLOW_OIDC_ISSUER needs SHAREFLOW_OIDC_AUDIENCE: a token must be meant for Shareflow.")
    if issuer and not _safe(issuer):
        raise StackError("SHAREFLOW_OIDC_ISSUER must be an https address; http is for the machine itself alone.")
    return Settings(
        issuer=issuer or None,
        audience=audience or None,
        claims=Claims(
            org=environ.get("SHAREFLOW_CLAIM_ORG") or "org",
            roles=environ.get("SHAREFLOW_CLAIM_ROLES") or "roles",
            jurisdiction=environ.get("SHAREFLOW_CLAIM_JURISDICTION") or "jurisdiction",
        ),
        public_url=_public(environ.get(PUBLIC_URL) or ""),
        webhooks=_allowed(environ.get(VARIABLE) or ""),
        host=environ.get("SHAREFLOW_API_HOST") or "127.0.0.1",
        port=port_from(environ),
        body_limit=_number(environ, "SHAREFLOW_BODY_LIMIT", 1024 * 1024),
        rate=_rate(environ, "SHAREFLOW_RATE_LIMIT", "1000/second"),
        failures=_rate(environ, "SHAREFLOW_FAILURE_LIMIT", "600/minute"),
    )


def port_from(environ: Mapping[str, str] = os.environ) -> int:
    """The port of the HTTP API. Raises StackError for what is none."""
    text = environ.get(PORT_VARIABLE) or str(PORT)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise StackError(f"{PORT_VARIABLE} must be a port number from 1 to 65535, not {text!r}.")
    return int(text)


def _public(url: str) -> str:
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise StackError(f"SHAREFLOW_PUBLIC_URL must be an address such as https://share.example.gov.cn, not {url!r}.")
    return url.rstrip("/")


def _allowed(text: str) -> Allowed:
    try:
        return allowed_from(text)
    except ValueError as error:
        raise StackError(str(error)) from error


def _safe(issuer: str) -> bool:
    parts = urlsplit(issuer)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in ("localhost", "127.0.0.1", "::1"))


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise StackError(f"{name} must be a whole number above 0, not {text!r}.")
    return int(text)


def _rate(environ: Mapping[str, str], name: str, default: str) -> RateLimitItem:
    text = environ.get(name) or default
    try:
        return parse(text)
    except ValueError as error:
        raise StackError(f"{name} must be a rate such as {default}, not {text!r}.") from error
