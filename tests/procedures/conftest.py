"""What tests of cases that follow from one another share: an engine whose time is advanced."""

from collections.abc import Iterator
from datetime import datetime

import pytest

from embedded.testing.engine import ShareflowEngine, running_engine

BEGINS = datetime.fromisoformat("2026-03-02T10:00:00+08:00")


@pytest.fixture(scope="session")
def engine() -> Iterator[ShareflowEngine]:
    """An engine of the spring of 2026; its time goes on from test to test."""
    with running_engine(BEGINS) as running:
        yield running
