"""What every test may use: a place to play cases."""

from collections.abc import AsyncIterator

import pytest

from starter.simulate.playground import Playground, playground


@pytest.fixture(scope="session")
async def ground() -> AsyncIterator[Playground]:
    """One playground for the whole session: a Temporal server with a skipped clock, a ledger, one worker."""
    async with playground() as place:
        yield place
