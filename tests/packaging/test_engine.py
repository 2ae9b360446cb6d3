"""``pip install "shareflow[engine]"``: from the wheel alone, far from this repository, cases are played."""

import json
import shutil

import pytest

from tests.packaging.environments import ROOT, Environment

pytestmark = pytest.mark.long
SCENARIO = ROOT / "tests/scenarios/nantong-2020/refused-after-the-limit.yaml"


def test_the_statutes_came_along(with_engine: Environment) -> None:
    done = with_engine.run("shareflow", "statute", "list")
    assert done.returncode == 0, done.stderr
    assert "nantong-2020+809" in done.stdout
    checked = with_engine.run("shareflow", "statute", "check")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_case_is_played(with_engine: Environment) -> None:
    scenario = shutil.copy(SCENARIO, with_engine.folder)
    done = with_engine.run("shareflow", "simulate", scenario, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (played,) = json.loads(done.stdout)
    assert (played["statute"], played["mismatches"]) == ("nantong-2020", [])
