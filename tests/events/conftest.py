"""Readers of the feed and senders of events, over HTTP."""

import httpx
import pytest

from tests.api.callers import Bearer, People
from tests.events.senders import Senders


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)


@pytest.fixture(scope="session")
def senders(api: httpx.AsyncClient, bearer: Bearer) -> Senders:
    return Senders(api, bearer)
