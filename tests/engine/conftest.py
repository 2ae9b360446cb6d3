"""What tests of the engine share: a client that drives the session's playground."""

from datetime import timedelta

import pytest

from starter.engine_client import ShareflowClient
from starter.simulate.sandbox import Playground


@pytest.fixture
def client(ground: Playground) -> ShareflowClient:
    return ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
