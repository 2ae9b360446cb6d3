"""What tests of the engine share: a client that drives the session's sandbox."""

from datetime import timedelta

import pytest

from starter.engine_client import ShareflowClient
from starter.simulate.sandbox import Sandbox


@pytest.fixture
def client(ground: Sandbox) -> ShareflowClient:
    return ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
