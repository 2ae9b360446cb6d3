"""The people of a case, over HTTP."""

from collections.abc import AsyncIterator

import httpx
import pytest
from limits import parse

from api.app import create_app
from api.context import open_context
from api.serving import serving
from api.settings import ApiSettings
from background.webhooks.addresses import allowed_from
from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient
from starter.tokens import Issuer
from tests.api.callers import NOBODY_LISTENS, Bearer, People


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="session")
async def patient_address(
    ground: Sandbox, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The address of the API, served on a real port: nobody is told there to slow down, however often he fails.

    Its webhooks may lead to NOBODY_LISTENS.
    """
    plenty = parse("1000000/second")
    client = ShareflowClient(ground.temporal, ground.engine)
    settings = ApiSettings(rate=plenty, failures=plenty, webhooks=allowed_from(NOBODY_LISTENS))
    async with (
        open_context(client, settings, issuer, tmp_path_factory.mktemp("patient")) as context,
        serving(create_app(context), "127.0.0.1", 0) as address,
    ):
        yield address
