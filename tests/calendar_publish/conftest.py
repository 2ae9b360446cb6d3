"""An engine apart for all tests of this room: what is published in a ledger stays there."""

from collections.abc import AsyncIterator

import pytest

from tests.calendar_publish.stack import PublishStack, stack_apart
from tests.logs import logging_as_it_was

__all__ = ["logging_as_it_was"]


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[PublishStack]:
    """One for all tests: each looks at the cases that it filed, and at what its own edition did."""
    async with stack_apart() as there:
        yield there
