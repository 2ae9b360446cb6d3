"""What every test may use: a place to play cases, and the HTTP door to it."""

from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import delete

from api.app import create_app
from api.context import AppContext, open_context
from api.settings import ApiSettings
from domain.words import Role
from embedded.offered import offered
from embedded.simulate.sandbox import Sandbox, sandbox
from ledger.leases import leases
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer, new_issuer
from tests.databases import databases, empty_database, for_a_while, ledger_url
from tests.forms import either
from tests.plays import details, every_play, plays, real_plays

__all__ = ["databases", "details", "empty_database", "every_play", "ledger_url", "plays", "real_plays"]

# How long an example takes says how busy the machine is; speed is measured in bench. The short form tries the same
# examples each time, so that it says the same of the same code; the long form looks for new ones.
settings.register_profile(
    "shareflow",
    deadline=None,
    derandomize=either(True, False),
    suppress_health_check=[HealthCheck.too_slow],
    max_examples=either(25, 100),
)
settings.load_profile("shareflow")


@pytest.fixture(scope="session")
async def ground() -> AsyncIterator[Sandbox]:
    """One sandbox for the whole session: a Temporal server with a skipped clock, a ledger, one worker."""
    async with sandbox(place=for_a_while()) as place:
        yield place


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    """Whose tokens the door believes."""
    return new_issuer()


@pytest.fixture(scope="session")
async def context(
    ground: Sandbox, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[AppContext]:
    """The HTTP door to the session's sandbox."""
    client = ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=30))
    folder: Path = tmp_path_factory.mktemp("door")
    async with open_context(client, ApiSettings(), issuer, folder, offered()) as opened:
        yield opened


@pytest.fixture
def figures_here(ground: Sandbox) -> None:
    """Whoever is scraped next tells the figures of the session's ledger, whichever door told them before."""
    with ground.engine.begin() as connection:
        connection.execute(delete(leases).where(leases.c.name == "figures"))


@pytest.fixture(scope="session")
async def api(context: AppContext) -> AsyncIterator[httpx.AsyncClient]:
    """A caller's HTTP client; give each call its headers with ``bearer``."""
    transport = httpx.ASGITransport(create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://shareflow", timeout=60) as client:
        yield client


@pytest.fixture(scope="session")
def bearer(issuer: Issuer) -> Callable[..., dict[str, str]]:
    """The headers of somebody: ``bearer(Role.PROVIDER, "1132…")``."""

    def headers(
        role: Role | Sequence[Role],
        org: str | None = None,
        places: Sequence[str] | None = None,
        subject: str | None = None,
        **more: str,
    ) -> dict[str, str]:
        roles = [role] if isinstance(role, Role) else list(role)
        token = issuer.token(roles, org, subject, places)
        return {"Authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in more.items()}}

    return headers
