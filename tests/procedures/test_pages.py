"""The pages of the procedures keep their word: each holds a whole scenario, and it passes as it stands there."""

import re
from pathlib import Path

import pytest

from embedded.simulate.player import Player
from embedded.simulate.report import mismatches
from embedded.simulate.sandbox import Sandbox
from starter.scenarios import scenario_from

FOLDER = Path(__file__).parents[2] / "docs/procedures"
PAGES = sorted(page for page in FOLDER.glob("*.md") if not page.name.startswith("README"))


def scenario_of(page: Path) -> str:
    """The scenario file that stands on a page."""
    found = re.findall(r"```yaml\n(name: .*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    assert len(found) == 1, page.name
    return str(found[0])


@pytest.mark.parametrize("page", [page for page in PAGES if ".zh-CN" not in page.name], ids=lambda page: page.name)
async def test_the_scenario_of_a_page_passes(page: Path, ground: Sandbox) -> None:
    assert mismatches(await Player(ground, scenario_from(scenario_of(page), page.name)).play()) == []


def test_both_languages_show_the_same() -> None:
    for page in PAGES:
        if ".zh-CN" not in page.name:
            assert scenario_of(page) == scenario_of(page.with_suffix("").with_suffix(".zh-CN.md")), page.name
