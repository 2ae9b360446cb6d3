"""Logging, as a command within this process must leave it."""

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Commands configure logging for their whole process, which here is pytest."""
    root, ours = logging.getLogger(), logging.getLogger("shareflow")
    levels, handlers = (root.level, ours.level), list(root.handlers)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
    logging.captureWarnings(False)
