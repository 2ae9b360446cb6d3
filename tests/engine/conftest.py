"""What tests of the engine share: a client that drives the session's sandbox."""

from datetime import timedelta

import pytest

from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient


@pytest.fixture
def client(ground: Sandbox) -> ShareflowClient:
    return ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
