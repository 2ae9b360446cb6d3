"""Which state folders hold a demonstration: new ones where one is begun, and those from then on."""

from dataclasses import replace
from pathlib import Path

import pytest

from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.demo.state import DELETING_SOON, additions_for, demonstration_in
from embedded.running import Additions
from embedded.stack.folder import StateFolder

NONE = Settings({})


def test_a_new_folder_begins_one_and_keeps_it(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    assert demonstration_in(folder, NONE, begin=False) is None
    begun = demonstration_in(folder, NONE, begin=True)
    assert begun is not None
    assert not begun.filled
    folder.postgres.mkdir()
    replace(begun, filled=True).written()
    for begin in (True, False):
        assert demonstration_in(folder, NONE, begin=begin) == replace(begun, filled=True)


def test_a_folder_with_cases_of_its_own_is_left_as_it_is(tmp_path: Path) -> None:
    folder = StateFolder(tmp_path)
    folder.postgres.mkdir()
    assert demonstration_in(folder, NONE, begin=True) is None
    assert additions_for(None, NONE) == Additions()


@pytest.mark.parametrize("variable", ["SHAREFLOW_DATABASE_URL", "TEMPORAL_ADDRESS"])
def test_servers_of_ones_own_are_not_filled(variable: str, tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=variable):
        demonstration_in(StateFolder(tmp_path), Settings({variable: "there"}), begin=True)


def test_the_server_deletes_soon_while_it_is_filled_in(tmp_path: Path) -> None:
    begun = demonstration_in(StateFolder(tmp_path), NONE, begin=True)
    assert begun is not None
    assert {*additions_for(begun, NONE).dynamic_config} - {
        *additions_for(replace(begun, filled=True), NONE).dynamic_config
    } == {*DELETING_SOON}


def test_departments_that_are_named_stay(tmp_path: Path) -> None:
    begun = demonstration_in(StateFolder(tmp_path), NONE, begin=True)
    assert Path(additions_for(begun, NONE).environment["SHAREFLOW_DEPARTMENTS"]).is_file()
    assert begun is not None
    office = f"127.0.0.1:{begun.office_port}"
    mine = Settings({"SHAREFLOW_DEPARTMENTS": "mine.yaml", "SHAREFLOW_WEBHOOK_ALLOW": "10.0.0.0/8"})
    assert additions_for(begun, mine).environment == {"SHAREFLOW_WEBHOOK_ALLOW": f"10.0.0.0/8, {office}"}
    assert additions_for(replace(begun, office_port=None), mine).environment == {}
