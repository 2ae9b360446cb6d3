"""What tests of the client share: either client, and a server that fails as told."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from embedded.testing.engine import ShareflowEngine
from shareflow import AsyncClient, Client
from shareflow._wire import no_authorities
from tests.client.both import EitherClient, Maker
from tests.client.faulty_server import FaultyServer, faulty_server
from tests.client.people import Participants


@pytest.fixture(scope="session")
def _faulty() -> Iterator[FaultyServer]:
    with faulty_server() as server:
        yield server


@pytest.fixture
def faulty(_faulty: FaultyServer) -> FaultyServer:
    _faulty.will()
    return _faulty


@pytest.fixture(params=["blocking", "awaiting"])
async def make(request: pytest.FixtureRequest) -> AsyncIterator[Maker]:
    """Makes clients of one kind; they are closed after the test."""
    made: list[EitherClient] = []

    def maker(url: str, token: Any = "a-token", **options: Any) -> EitherClient:
        if request.param == "blocking":
            asking = EitherClient(Client(url, token, transport=httpx.HTTPTransport(verify=no_authorities()), **options))
        else:
            asking = EitherClient(
                AsyncClient(url, token, transport=httpx.AsyncHTTPTransport(verify=no_authorities()), **options)
            )
        made.append(asking)
        return asking

    yield maker
    for asking in made:
        await asking.close()


@pytest.fixture
def people(shareflow_engine: ShareflowEngine, make: Maker) -> Participants:
    return Participants(shareflow_engine, make)
