"""The command as a whole: help, version, and how it fails."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from cli import calendar
from cli.errors import EXIT_CODES, exit_code
from cli.program import GROUPS, app
from embedded.demo import demo_cases
from starter.errors import InvalidInput, NotFound, RequestRefused, Unavailable
from tests.cli.conftest import Run

PROGRAM = Path(sys.executable).with_name("shareflow")


def test_alone_it_prints_help(program: Run) -> None:
    said = program()
    assert (said.code, said.err) == (0, "")
    assert all(word in said.out for word in ("calendar", "statute", "simulate", "doctor"))


@pytest.mark.parametrize("group", ["calendar", "statute"])
def test_a_group_alone_prints_its_help(shareflow: Run, group: str) -> None:
    said = shareflow(group)
    assert (said.code, said.err) == (0, "")
    assert "list" in said.out


def test_version(program: Run) -> None:
    said = program("--version")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("shareflow 0.")


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["--nonsense"], ["statute", "show"], ["calendar", "due", "--from"]]
)
def test_a_wrong_command_line_says_where_to_read(program: Run, arguments: list[str]) -> None:
    sentence = program(*arguments).plainly_refused()
    assert "--help." in sentence


def test_the_help_of_the_demonstration_says_how_many_cases_it_plays(shareflow: Run) -> None:
    number = len(demo_cases())
    assert f"Play {number} real cases" in " ".join(shareflow("demo", "--help").out.split())
    for page in ("README.md", "README.zh-CN.md"):
        text = (Path(__file__).parents[2] / page).read_text(encoding="utf-8")
        assert f"`{number} of {number} cases went as the regulations say`" in text


def test_every_group_can_be_assembled() -> None:
    assert len({group.__name__ for group in GROUPS}) == len(GROUPS)
    assert app.registered_groups


@pytest.mark.parametrize("name", EXIT_CODES)
def test_every_named_error_exists(name: str) -> None:
    module, _, kind = name.rpartition(".")
    assert issubclass(getattr(importlib.import_module(module), kind), Exception)


def test_exit_codes_of_the_doors() -> None:
    assert exit_code(RequestRefused("case_closed")) == 1
    assert exit_code(NotFound("no")) == 1
    assert exit_code(InvalidInput("no")) == 2
    assert exit_code(Unavailable("no")) == 2
    assert exit_code(KeyError("no")) is None


class Bug:
    """Stands for a bug."""

    def __call__(self) -> None:
        raise ZeroDivisionError("a\nbug")


def test_a_bug_is_one_sentence_and_a_kept_traceback(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(calendar, "known_calendar", Bug())
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path))
    sentence = shareflow("calendar", "list").plainly_refused()
    assert "ZeroDivisionError: a bug" in sentence
    assert str(tmp_path / "errors.log") in sentence
    assert "Traceback" in (tmp_path / "errors.log").read_text("utf-8")


def test_a_bug_without_a_state_folder_makes_none(
    shareflow: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(calendar, "known_calendar", Bug())
    monkeypatch.setenv("SHAREFLOW_STATE", str(tmp_path / "none"))
    assert "SHAREFLOW_LOG=debug" in shareflow("calendar", "list").plainly_refused()
    assert not (tmp_path / "none").exists()
    monkeypatch.setenv("SHAREFLOW_LOG", "debug")
    assert "Traceback" in shareflow("calendar", "list").err


def test_ctrl_c_is_one_sentence(shareflow: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(calendar, "known_calendar", interrupted)
    assert shareflow("calendar", "list").plainly_refused(130) == "Interrupted."


def test_a_reader_that_goes_away_is_met_quietly() -> None:
    line = f"{PROGRAM} calendar explain --from 2020-01-01 --working-days 9000 | head -1"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_a_terminal_without_chinese_gets_no_traceback() -> None:
    done = subprocess.run(
        [PROGRAM, "statute", "list"],
        env={"PYTHONIOENCODING": "ascii", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
