"""How the tests are spread over the workers of pytest-xdist (``make test``): what shares costly things stays together.

Each worker is a process with fixtures of its own: a sandbox, the plays, the papers. The tests of a file run in one
worker, and so do the files that look at the same plays. What takes long begins first, so that at the end no worker is
left with much to do alone. A run without workers is as pytest does it.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadFileScheduling

TOGETHER: Final[Mapping[str, str]] = {
    "tests/test_every_way.py": "all plays",
    "tests/test_assessment_of_plays.py": "all plays",
    "tests/test_scenarios.py": "all plays",
    "tests/test_scenario_ledgers.py": "all plays",
    "tests/test_scenario_expectations.py": "all plays",
    "tests/audit/test_everything_told.py": "all plays",
    "tests/audit/test_export.py": "all plays",
    "tests/audit/test_looking_back.py": "all plays",
    "tests/browser/": "one browser",
    "tests/calendar_publish/": "an engine whose calendar changes",
    "tests/client/": "the engine of the plugin",
    "tests/documents/": "all plays",
    "tests/procedures/test_chains.py": "an engine of the spring of 2026",
    "tests/procedures/test_correction_and_withdrawal.py": "an engine of the spring of 2026",
    "tests/procedures/test_rectification.py": "an engine of the spring of 2026",
    "tests/procedures/test_suspended_grants.py": "an engine of the spring of 2026",
    "tests/house/": "the house as text",
    "tests/packaging/": "environments with the wheel",
}
"""Files, and folders, whose tests share what takes long to make."""

FIRST: Final[Sequence[str]] = (
    "tests/engine/test_archive_comparison.py",
    "all plays",
    "an engine whose calendar changes",
    "tests/engine/test_crashes.py",
    "environments with the wheel",
    "the house as text",
    "tests/api/test_permissions.py",
)
"""What looks at all that there is, while that is little; then what takes longest, in this order."""


def group_of(nodeid: str) -> str:
    """The tests of a group run in one worker, one after another."""
    path = nodeid.partition("::")[0]
    return next((group for start, group in TOGETHER.items() if path.startswith(start)), path)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> "LoadFileScheduling":
    """Hand out whole groups, in the order in which the tests stand."""
    from xdist.scheduler import LoadFileScheduling

    class Groups(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid)

    config.option.loadscopereorder = False
    return Groups(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Every property has two forms, by the number of its examples. In a worker, put first what takes long."""
    for item in items:
        if getattr(getattr(item, "function", None), "is_hypothesis_test", False):
            item.add_marker("long")
    if hasattr(config, "workerinput"):
        turns = {group: turn for turn, group in enumerate(FIRST)}
        items.sort(key=lambda item: turns.get(group_of(item.nodeid), len(turns)))
