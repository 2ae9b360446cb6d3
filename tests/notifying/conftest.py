"""The people of a case, over HTTP."""

import httpx
import pytest

from tests.api.callers import Bearer, People


@pytest.fixture(scope="session")
def people(api: httpx.AsyncClient, bearer: Bearer) -> People:
    return People(api, bearer)
