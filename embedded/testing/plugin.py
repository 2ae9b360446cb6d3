"""The pytest plugin: the fixture ``shareflow_engine``. Runs that do not use it pay for nothing but this file."""

from collections.abc import Iterator
from datetime import datetime
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
    begins = _first_instant(request.config.getini(BEGINS))
    # Imported late: all of Temporal and PostgreSQL hang on it.
    from embedded.testing.engine import running_engine

    with running_engine(begins) as engine:
        yield engine


def _first_instant(text: str) -> datetime | None:
    """The instant that the setting names, None where it says nothing. Raises ValueError that names the setting."""
    if not text:
        return None
    try:
        begins = datetime.fromisoformat(text)
    except ValueError:
        begins = None
    if begins is None or begins.tzinfo is None:
        raise ValueError(f"{BEGINS} must be an instant such as 2026-09-18T10:00:00+08:00, not {text!r}.")
    return begins
