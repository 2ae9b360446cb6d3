"""How a run begins: which tests go where, what all may use (``tests/ground.py``), and when garbage is looked for.

A process loads thousands of modules and tests, which all stay to its end: looking through them for garbage again and
again would take a twentieth of the run.
"""

from collections.abc import Iterator

import pytest
from xdist import is_xdist_controller

from configuration.memory import load_undisturbed, settle_memory
from tests.browser.presence import pytest_terminal_summary
from tests.spread import pytest_collection_modifyitems, pytest_xdist_make_scheduler

__all__ = ["pytest_collection_modifyitems", "pytest_terminal_summary", "pytest_xdist_make_scheduler"]

load_undisturbed()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Load what tests stand on where tests run; the process that only hands them out needs nothing of it."""
    if not is_xdist_controller(session):
        session.config.pluginmanager.import_plugin("tests.ground")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """When everything is loaded, look for garbage again, and only among what comes from now on."""
    collected = yield
    settle_memory()
    return collected
