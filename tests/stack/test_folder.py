"""The state folder: one stack at a time, found by others while it runs and only then."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from configuration.errors import StartupError
from configuration.settings import Settings
from embedded.stack.folder import Addresses, StateFolder, running_stack

ADDRESSES = Addresses(pid=os.getpid(), temporal="127.0.0.1:7233", ledger="postgresql://x")


def test_where_the_folder_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert Settings({}).state == tmp_path / ".shareflow"
    assert Settings({"SHAREFLOW_STATE": "/x/y"}).state == Path("/x/y")


def test_a_running_stack_is_found_until_it_stops(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    assert running_stack(path) is None
    with StateFolder(path) as folder:
        assert running_stack(path) is None
        folder.announce(ADDRESSES)
        assert running_stack(path) == ADDRESSES
    assert running_stack(path) is None
    assert not (path / "stack.json").exists()


def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with StateFolder(tmp_path), pytest.raises(StartupError, match="SHAREFLOW_STATE"), StateFolder(tmp_path):
        pass
    with StateFolder(tmp_path):
        pass


def test_what_a_killed_stack_left_is_not_believed(tmp_path: Path) -> None:
    program = (
        "import os, signal; from pathlib import Path; from embedded.stack.folder import *\n"
        f"f = StateFolder(Path({str(tmp_path)!r})).__enter__()\n"
        "f.announce(Addresses(pid=1, temporal='x', ledger='y')); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", program], check=False)
    assert json.loads((tmp_path / "stack.json").read_text())["temporal"] == "x"
    assert running_stack(tmp_path) is None
    with StateFolder(tmp_path):
        pass


def test_an_unusable_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartupError, match=r"state folder .*file cannot be used.*SHAREFLOW_STATE"):
        StateFolder(tmp_path / "file")
    with pytest.raises(StartupError, match="cannot be used"):
        StateFolder(Path("/proc/nowhere"))
