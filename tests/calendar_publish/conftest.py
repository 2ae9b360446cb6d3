"""An engine apart for all tests of this room: what is published in a ledger stays there."""

from collections.abc import AsyncIterator

import pytest

from tests.calendar_publish.stack import PublishStack, stack_apart
from tests.logs import logging_as_it_was

__all__ = ["logging_as_it_was"]


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[PublishStack]:
    """One for the tests that do not need it to themselves."""
    async with stack_apart() as there:
        yield there


@pytest.fixture
async def apart() -> AsyncIterator[PublishStack]:
    """One of its own."""
    async with stack_apart() as there:
        yield there
