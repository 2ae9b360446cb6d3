"""What an operator sets for the HTTP API, understood. A wrong value is refused at the start."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path

from limits import RateLimitItem, parse

from background.certificate_figures import Certificates
from background.notifying.mail import MailServer
from background.notifying.robots import Robots
from background.webhooks.addresses import NOTHING, Allowed
from configuration.certificates import certificates_of
from configuration.errors import StartupError
from configuration.notifying import mail_server_of, robots_of
from configuration.object_store import ObjectPlace, object_place_of
from configuration.settings import Settings
from configuration.values import prefix_of
from configuration.witnesses import witnesses_in
from domain.log.keys import PublicKey
from starter.attachments import USUAL_LIMIT


@dataclass(frozen=True)
class Claims:
    """Where a token says who its bearer is; a dot leads into an object (``realm_access.roles``)."""

    org: str = "org"
    roles: str = "roles"
    jurisdiction: str = "jurisdiction"


@dataclass(frozen=True)
class ApiSettings:
    """``issuer`` and ``audience`` are of an outside OIDC issuer; without them the embedded one counts.

    ``socket`` is the number of an open socket, for where to listen in the place of ``host`` and ``port`` (None: there).
    ``proxies`` are the networks whose word counts on where a call comes from; ``unready`` is how long the API still
    answers once it is told to end, and ``health_port`` where its health and figures are (None: at the door itself).
    ``body_limit`` is in bytes; ``rate`` is how often one caller may ask, ``failures`` how often one address may
    come with a bad token. ``client_id`` is the console's client at that issuer, ``client_secret`` the file with its
    secret (None: it has none). ``public_url`` is where people reach the API; printed papers lead there, and its path is
    that below which a proxy has put the API. ``webhooks``
    are the private addresses that webhooks may have all the same. ``attachments`` is the folder of papers that come as
    files (None: in the state folder), ``attachment_limit`` the largest of them in bytes. ``archive`` is the folder of
    archived histories (None: in the state folder), ``log_key`` the file with the key that seals dossiers, if any;
    ``witnesses`` are the keys whose cosignatures are kept;
    ``papers`` is the bucket in which papers are kept in the place of that folder (None: none);
    ``mail`` is the server for mail to officers, if any, ``robots`` are those in the groups of departments;
    ``dossier_limit`` is the largest dossier that is taken in to be checked, in bytes; ``verify_page`` is how often one
    address may have one checked on the page for it (None: there is no such page). ``codec_origin`` is where Temporal's
    pages are, which may use the codec server (empty: no page of another address may). ``certificates`` looks up until
    when those are good on which the process rests.
    """

    issuer: str | None = None
    audience: str | None = None
    claims: Claims = Claims()
    client_id: str | None = None
    client_secret: Path | None = None
    public_url: str = ""
    webhooks: Allowed = NOTHING
    host: str = "127.0.0.1"
    port: int = 8080
    socket: int | None = None
    proxies: Sequence[str] = ("127.0.0.1", "::1")
    unready: timedelta = timedelta()
    health_host: str = "127.0.0.1"
    health_port: int | None = None
    body_limit: int = 1024 * 1024
    rate: RateLimitItem = field(default_factory=lambda: parse("1000/second"))
    failures: RateLimitItem = field(default_factory=lambda: parse("600/minute"))
    attachments: Path | None = None
    attachment_limit: int = USUAL_LIMIT
    papers: ObjectPlace | None = None
    archive: Path | None = None
    log_key: Path | None = None
    witnesses: Sequence[PublicKey] = ()
    mail: MailServer | None = None
    robots: Robots = field(default_factory=dict)
    dossier_limit: int = 64 * 1024 * 1024
    verify_page: RateLimitItem | None = None
    certificates: Certificates = field(default=dict, compare=False)
    codec_origin: str = ""

    @property
    def address(self) -> str:
        """Where the API answers, as a URL."""
        return address_of(self.host, self.port)

    @property
    def prefix(self) -> str:
        """The path below which a proxy has put the API, without a slash at its end; empty for none."""
        return prefix_of(self.public_url)


def address_of(host: str, port: int) -> str:
    """A host, by name or number, and a port as a URL."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def api_settings(settings: Settings) -> ApiSettings:
    """What the API goes by. Raises StartupError for a setting that cannot be, and for an issuer without an audience."""
    if settings.text(Settings.oidc_issuer) and not settings.oidc_audience:
        raise StartupError("SHAREFLOW_OIDC_ISSUER needs SHAREFLOW_OIDC_AUDIENCE: a token must be meant for Shareflow.")
    if settings.oidc_client_id and not (settings.oidc_issuer and settings.public_url):
        raise StartupError(
            "SHAREFLOW_OIDC_CLIENT_ID needs SHAREFLOW_OIDC_ISSUER, where people sign in, and SHAREFLOW_PUBLIC_URL, "
            "where they come back."
        )
    return ApiSettings(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        claims=Claims(settings.claim_org, settings.claim_roles, settings.claim_jurisdiction),
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret_file,
        public_url=settings.public_url,
        webhooks=settings.webhook_allow,
        host=settings.api_host,
        port=settings.api_port,
        socket=settings.api_socket,
        proxies=settings.trusted_proxies,
        unready=timedelta(seconds=settings.api_unready),
        health_host=settings.health_host,
        health_port=settings.api_health_port,
        body_limit=settings.body_limit,
        rate=settings.rate_limit,
        failures=settings.failure_limit,
        attachments=settings.attachments,
        attachment_limit=settings.attachment_limit,
        papers=object_place_of(settings),
        archive=settings.archive,
        log_key=settings.log_key,
        witnesses=witnesses_in(settings.witnesses),
        mail=mail_server_of(settings),
        robots=robots_of(settings),
        dossier_limit=settings.dossier_limit,
        verify_page=settings.verify_page,
        codec_origin=settings.codec_origin,
        certificates=partial(certificates_of, settings),
    )
