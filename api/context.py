"""What every endpoint stands on: the engine's client, who is who, what is new, and the operator's settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from cachetools import LRUCache

from api.http.limits import Limits
from api.identity.callers import Identity
from api.identity.keys import FixedKeys, IssuerKeys
from api.news import News
from api.settings import ApiSettings
from background.archive.store import HistoryArchive
from background.certificate_figures import CertificateFigures
from background.figures import LedgerFigures
from background.notifying.register import NotificationRegister
from background.webhooks.register import WebhookRegister
from background.work_figures import WorkFigures
from configuration.archive import archive_in
from configuration.departments import departments_in_force
from configuration.log_key import signer_at_hand
from domain.calendar import CHINA, Calendar
from domain.departments import Departments
from domain.log.keys import Signer
from ledger.queries.views import CaseDetail
from ledger.reader import Reader
from ledger.writer import Writer
from starter.attachments import AttachmentStore, store_at
from starter.dossier_checks import DossierChecks
from starter.engine_client import ShareflowClient
from starter.simulations import Simulator
from starter.tokens import AUDIENCE, ISSUER, Issuer

REMEMBERED = 2000
"""Of so many cases it is remembered what they were filed with: the database itself keeps that from changing."""


def now() -> datetime:
    """The instant of receipt at this door."""
    return datetime.now(CHINA)


def unshifted() -> timedelta:
    """Cases live in the time of the world."""
    return timedelta()


@dataclass
class AppContext:
    """``receipt`` tells when something is received (None: the case's own clock says); ``shift`` moves the clock of
    cases that are filed. Both differ only where time is skipped. ``calendar`` is what comes with this version;
    ``calendar_store`` has what is stored in the ledger too. ``archive`` has the histories that Temporal has let go of,
    ``signer`` the log's key, which seals dossiers; ``departments`` reads the operator's list of departments;
    ``simulator`` plays scenarios, where that can be done here."""

    client: ShareflowClient
    identity: Identity
    attachments: AttachmentStore
    archive: HistoryArchive
    settings: ApiSettings = field(default_factory=ApiSettings)
    calendar: Calendar = field(default_factory=Calendar.packaged)
    receipt: Callable[[], datetime | None] = now
    shift: Callable[[], timedelta] = unshifted
    signer: Signer | None = None
    departments: Callable[[], Departments] = departments_in_force
    simulator: Simulator | None = None

    def __post_init__(self) -> None:
        self.filed: LRUCache[str, CaseDetail] = LRUCache(REMEMBERED)
        self.webhooks = WebhookRegister(self.writer)
        self.notifications = NotificationRegister(self.writer, self.settings.robots)
        self.calendar_store = self.reader.calendar_store(self.calendar)
        self.news = News(self.reader)
        self.figures = LedgerFigures(self.reader)
        self.work = WorkFigures(self.client.temporal)
        self.certificates = CertificateFigures(self.settings.certificates)
        self.dossier_checks = DossierChecks()
        self.packing = asyncio.Lock()
        self._ending = False
        self.limits = Limits(self.settings.rate, self.settings.failures, self.settings.verify_page)

    @property
    def reader(self) -> Reader:
        """The ledger, to be read."""
        return self.client.reader

    @property
    def writer(self) -> Writer:
        """The ledger, to be written beside cases."""
        return self.client.writer

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Inside, this door says that it is not ready: it was told to end, and still answers."""
        self._ending = True
        try:
            yield
        finally:
            self._ending = False

    def own_problems(self) -> Sequence[str]:
        """What this door says of itself that keeps it from working, one phrase each."""
        return ["the API is stopping"] if self._ending else []

    def known_on(self) -> datetime:
        """The instant whose knowledge counts at this door."""
        return (datetime.now(UTC) + self.shift()).astimezone(CHINA)

    def received_now(self) -> datetime:
        """When what comes now is received."""
        return self.receipt() or self.known_on()


def embedded_identity(issuer: Issuer, settings: ApiSettings) -> Identity:
    """Tokens of the embedded stack's own issuer."""
    return Identity(FixedKeys(issuer.jwks()), ISSUER, AUDIENCE, settings.claims)


@asynccontextmanager
async def open_context(
    client: ShareflowClient,
    settings: ApiSettings,
    issuer: Issuer | None,
    folder: Path,
    simulator: Simulator | None = None,
) -> AsyncIterator[AppContext]:
    """What the API stands on, with the issuer that the settings name, else the embedded one."""
    async with AsyncExitStack() as stack:
        if settings.issuer and settings.audience:
            outside = await stack.enter_async_context(httpx.AsyncClient(timeout=5.0))
            keys = IssuerKeys(settings.issuer, outside)
            identity = Identity(keys, settings.issuer, settings.audience, settings.claims)
        elif issuer is not None:
            identity = embedded_identity(issuer, settings)
        else:
            raise ValueError("the API needs an issuer")
        papers = store_at(settings.papers, settings.attachments, folder, settings.attachment_limit)
        archive, signer = archive_in(settings.archive, folder), signer_at_hand(settings.log_key, folder)
        context = AppContext(client, identity, papers, archive, settings, signer=signer, simulator=simulator)
        stack.push_async_callback(asyncio.to_thread, context.figures.close)
        yield context
