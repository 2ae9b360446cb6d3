"""What tests of the engine share: a client that drives the session's sandbox."""

from datetime import timedelta

import pytest

from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient


@pytest.fixture
def client(ground: Sandbox) -> ShareflowClient:
    return client_of(ground)


def client_of(ground: Sandbox) -> ShareflowClient:
    """Another client of the session's sandbox."""
    return ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
