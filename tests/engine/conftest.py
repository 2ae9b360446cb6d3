"""What tests of the engine share: a client that drives the session's sandbox."""

from datetime import timedelta
from pathlib import Path

import pytest

from embedded.simulate.sandbox import Sandbox
from starter.engine_client import ShareflowClient


@pytest.fixture
def client(ground: Sandbox) -> ShareflowClient:
    return client_of(ground)


@pytest.fixture
def at_the_ground(ground: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands find the engine of these tests."""
    monkeypatch.setenv("SHAREFLOW_DATABASE_URL", ground.engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("TEMPORAL_ADDRESS", ground.temporal.service_client.config.target_host)
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path))


def client_of(ground: Sandbox) -> ShareflowClient:
    """Another client of the session's sandbox."""
    return ShareflowClient(ground.temporal, ground.engine, patience=timedelta(seconds=20))
