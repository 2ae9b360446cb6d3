"""The pytest plugin: the fixture ``shareflow_engine``. Runs that do not use it pay for nothing but this file."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from configuration.extra import UNUSABLE, why_no_engine

if TYPE_CHECKING:
    from embedded.testing.engine import ShareflowEngine

BEGINS = "shareflow_now"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a project say when its engine's time begins."""
    parser.addini(
        BEGINS,
        "when the time of shareflow_engine begins, such as 2026-09-18T10:00:00+08:00, so that due dates are the same "
        "in every run (default: now)",
    )


@pytest.fixture(scope="session")
def shareflow_engine(request: pytest.FixtureRequest) -> "Iterator[ShareflowEngine]":
    """A running Shareflow engine whose time can be advanced; started once, thrown away after the run."""
    why = why_no_engine("The fixture shareflow_engine")
    if why:
        pytest.exit(why, returncode=UNUSABLE)
    # Imported late: all of Temporal and PostgreSQL hang on it.
    from embedded.testing.engine import first_instant, running_engine

    begins = first_instant(request.config.getini(BEGINS), BEGINS)
    with running_engine(begins) as engine:
        yield engine
